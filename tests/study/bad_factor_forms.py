"""Wrong names, labels, ranges and sizes of factors, as in `tests.study.bad_factors`."""

from tests.factor_files import levels, over

SGD = {"model": {"optimizer": "sgd"}}
ADAM = {"model": {"optimizer": "adam"}}


def cut(**table):
    return {"factors": {"it": {"key": "model.l1"} | table}}


FORMS = {
    # names
    "a factor named strategy": (
        levels("strategy", a=SGD, b=ADAM),
        ["[factors.strategy] the strategies are in [search] strategies"],
    ),
    "a factor with a slash": (levels("a/b", a=SGD, b=ADAM), ["[factors] a/b: must be letters, digits"]),
    "a factor without a name": (levels("", a=SGD, b=ADAM), ["must be letters, digits"]),
    "a long factor": (
        levels("f" * 10_000, a=SGD, b=ADAM),
        ["must be letters, digits, '.', '_' and '-', at most 100, got 'fff"],
    ),
    "a key without a dot": (
        over("optimizer", "sgd", "adam"),
        ["[factors.it] key must name a table and a key in it, such as \"model.optimizer\", got 'optimizer'"],
    ),
    "a key of three parts": (over("model.optimizer.x", "sgd", "adam"), ["[factors.it] key must name"]),
    "a label with a comma": (levels(**{"a, b": SGD, "c": ADAM}), ["[factors.optimizer] the label", "got 'a, b'"]),
    "a label with an equals sign": (levels(**{"a=b": SGD, "c": ADAM}), ["[factors.optimizer] the label", "got 'a=b'"]),
    "a label with NUL": (levels(**{"a\0b": SGD, "c": ADAM}), ["[factors.optimizer] the label", "got 'a\\x00b'"]),
    "a label with a line break": (levels(**{"a\nb": SGD, "c": ADAM}), ["[factors.optimizer] the label", "got 'a\\nb'"]),
    "an empty label": (levels(**{"": SGD, "c": ADAM}), ["[factors.optimizer] the label", "got ''"]),
    "a label of a space": (levels(**{" ": SGD, "c": ADAM}), ["[factors.optimizer] the label", "got ' '"]),
    "a long label": (
        levels(**{"a" * 10_000: SGD, "c": ADAM}),
        ["[factors.optimizer] the label", "… (10,002 characters)"],
    ),
    "an empty list as a value": (over("model.hidden_layer_sizes", [], [5]), ["[factors.it] the label", "got ''"]),
    "a long value": (over("model.optimizer", "sgd", "a" * 10_000), ["[factors.it] the label", "… (10,002 characters)"]),
    # ranges
    "a range without points": (
        cut(low=0.0, high=1.0),
        ["[factors.it] points must be a whole number from 2 to", "got None"],
    ),
    "a range without an end": (cut(low=0.0, points=3), ["[factors.it] high is missing"]),
    "a range of one point": (
        cut(low=0.0, high=1.0, points=1),
        ["[factors.it] points must be a whole number from 2", "got 1"],
    ),
    "points that round to one number": (cut(low=1, high=10, log=True, points=8), ["[factors.it]", "points"]),
    "a key that is a number": (over(3, "sgd", "adam"), ["[factors.it] key must name", "got 3"]),
    "a label with a slash": (
        levels(**{"a/b": SGD, "c": ADAM}),
        ["[factors.optimizer] the label of a level must be 1 to 60 printable characters", "got 'a/b'"],
    ),
    "points that are a fraction": (cut(low=0.0, high=1.0, points=2.5), ["[factors.it] points must be", "got 2.5"]),
    "too many points": (
        cut(low=0.0, high=1.0, points=10**12),
        ["[factors.it] points must be a whole number from 2 to 1,000, got 1000000000000"],
    ),
    "more points than levels": (cut(low=0.0, high=1.0, points=1_001), ["[factors.it] points must be", "got 1001"]),
    "more points than whole numbers": (
        cut(low=1, high=3, points=4),
        ["[factors.it] has 4 points, and from 1 to 3 are fewer whole numbers"],
    ),
    "a log range from 0": (cut(low=0.0, high=1.0, log=True, points=3), ["[factors.it] a log range must start above 0"]),
    "an endless range": (
        cut(low=0.0, high=float("inf"), points=3),
        ["[factors.it] high must be a finite number, got inf"],
    ),
    "a log that is no boolean": (
        cut(low=0.1, high=1.0, log="yes", points=3),
        ["[factors.it] log must be true or false, got 'yes'"],
    ),
    "a step": (
        cut(low=0.1, high=1.0, step=0.1, points=3),
        ["[factors.it] unknown key 'step': choose from high, key, log, low, points"],
    ),
    # sizes
    "too many variants": (
        {"factors": {f"f{n}": {"levels": {str(i): {"model": {f"k{n}": i}} for i in range(10)}} for n in range(100)}},
        ["a study must have at most 100,000 runs, got 1 tasks × 100000000"],
    ),
    "too many runs": (
        {"search": {"repeats": 99_999}} | over("model.l1", 0.1, 0.2),
        ["at most 100,000 runs, got 1 tasks × 2 variants × 99999 repeats"],
    ),
    "too many values": (
        over("model.l1", *(i / 1e6 for i in range(20_000))),
        ["[factors.it]", "at most", "levels, got 20,000"],
    ),
    "factors without end": (
        {"factors": {f"f{n}": {"key": f"model.k{n}", "values": [1, 2]} for n in range(15_000)}},
        ["a study must have at most 100,000 runs, got 1 tasks × int too large to show variants"],
    ),
    "a label of many factors": (
        {"factors": {f"f{n}": {"levels": {"a" * 60: {}, "b": {"model": {f"k{n}": 1}}}} for n in range(6)}},
        ["[factors]", "at most 200 characters"],
    ),
    "tables in tables": (
        levels(a=SGD, b={"model": {"l1": {"a": {"b": {"c": [[[{"d": 1}]]]}}}}}),
        ["[factors.optimizer] 'b'", "l1 must be a finite number >= 0"],
    ),
    "a long list as a value": (
        levels(a=SGD, b={"model": {"l1": list(range(10_000))}}),
        ["[factors.optimizer] 'b'", "l1 must be a finite number >= 0, got [0, 1, 2"],
    ),
}
