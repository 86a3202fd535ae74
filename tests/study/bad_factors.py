"""Wrong factors: changes of a small study file, and the words of the error."""

from tests.factor_files import RATE, levels, over
from tests.study.bad_factor_forms import ADAM, FORMS, SGD, cut


def two(one: dict, other: dict) -> dict:
    """Return two factors, each with a level that changes nothing, and another."""
    return {"factors": {"one": {"levels": {"a": {}, "b": one}}, "two": {"levels": {"u": {}, "v": other}}}}


def search(**settings: object) -> dict:
    return levels(a={}, b={"search": settings})


BAD = {
    # keys and values
    "an unknown key": (
        levels(a=SGD, b={"model": {"optimiser": "adam"}}),
        [
            "[factors.optimizer] 'b'",
            "[model] optimiser: unknown key 'optimiser' (did you mean 'optimizer'?): choose from",
        ],
    ),
    "an unknown value": (
        over("model.optimizer", "sgd", "adm"),
        ["[factors.it] 'adm'", "[model] unknown optimizer 'adm' (did you mean 'adam'?): choose from"],
    ),
    "a value out of range": (
        over("model.epochs", 1, 0),
        ["[factors.it] '0'", "[model] epochs must be a whole number >= 1, got 0"],
    ),
    "a value of another type": (
        over("model.learning_rate", 0.1, "fast"),
        ["[factors.it] 'fast'", "learning_rate must be a finite number > 0, got 'fast'"],
    ),
    "a date": (
        over("model.learning_rate", 0.1, {"a": 1}),
        ["[factors.it]", "learning_rate must be a finite number > 0, got {'a': 1}"],
    ),
    "an unknown searched key": (
        levels(a=SGD, b={"space": {"rate": RATE}}),
        ["[factors.optimizer] 'b'", "[space] rate: unknown key 'rate'"],
    ),
    "a searched key that is no table": (
        levels(a=SGD, b={"space": {"l1": 3}}),
        ["[factors.optimizer] 'b'", "[space] l1: must be a table such as"],
    ),
    "a range upside down": (
        levels(a=SGD, b={"space": {"l1": {"low": 1, "high": 0}}}),
        ["[factors.optimizer] 'b'", "[space] l1: low must be below high"],
    ),
    "an unknown family": (
        over("model.family", "mlp", "mlpp"),
        ["[factors.it] 'mlpp'", "[model] family: unknown family 'mlpp' (did you mean 'mlp'?): choose from"],
    ),
    "a family that is no text": (
        over("model.family", "mlp", 3),
        ["[factors.it] '3'", "[model] family: unknown family 3"],
    ),
    "a family that needs other data": (over("model.family", "mlp", "table"), ["[factors.it] 'table'", "[data] source"]),
    "an unknown scaling": (
        over("data.scaling", "none", "standart"),
        ["[factors.it] 'standart'", "[data] unknown scaling 'standart' (did you mean 'standard'?)"],
    ),
    "too many rows": (
        over("data.train", 20, 0),
        ["[factors.it] '0'", "[data] train must be a whole number >= 1, got 0"],
    ),
    "an unknown pruner": (
        over("search.pruner", "none", "medain"),
        ["[factors.it] 'medain'", "[search] pruner: unknown pruner 'medain' (did you mean 'median'?)"],
    ),
    "an unknown first trial": (
        over("search.first", "drawn", "default"),
        ["[factors.it] 'default'", "[search] first: unknown first trial 'default' (did you mean 'defaults'?)"],
    ),
    "a negative confirmation": (
        over("search.confirm", 0, -1),
        ["[factors.it] '-1'", "[search] confirm: must be greater than or equal to 0, got -1"],
    ),
    "a confirmation beyond the budget": (
        over("search.confirm", 0, 1),
        [
            "[factors.it] '1'",
            "[search] confirm: confirm = 1 takes 3 × 1 = 3 trials, which must be fewer than the 3 trials",
        ],
    ),
    "defaults outside a range": (
        levels(a={}, b={"search": {"first": "defaults"}, "space": {"learning_rate": {"low": 0.5, "high": 1.0}}}),
        ["[factors.optimizer] 'b'", "[search] first", "learning_rate is 0.001 by default"],
    ),
    "a number that is none": (
        over("model.learning_rate", 0.1, float("nan")),
        ["[factors.it] 'nan'", "learning_rate must be a finite number > 0, got nan"],
    ),
    # keys without effect
    "a spread that the initializer does not use": (
        over("model.initializer_std", 0.01, 0.1),
        ["[factors.it] '0.01'", "model.initializer_std has no effect: initializer 'auto' does not use it"],
    ),
    "a momentum of adam": (
        levels(a=ADAM, b={"model": {"optimizer": "sgd", "momentum": 0.5}}),
        ["[factors.optimizer] 'b'", "model.momentum has no effect: optimizer 'sgd' does not use it"],
    ),
    "a searched key without effect": (
        levels(a=ADAM, b={"model": {"optimizer": "sgd"}, "space": {"beta_1": {"low": 0.1, "high": 0.9}}}),
        ["[factors.optimizer] 'b'", "space.beta_1 has no effect"],
    ),
    "a pruner where nothing is searched": (
        levels(a={"space": {}}, b={"space": {}, "search": {"pruner": "median"}}),
        ["[factors.optimizer] 'b'", "search.pruner has no effect: there is nothing to search"],
    ),
    "a confirmation where nothing is searched": (
        {"space": {}, "search": {"trials": 9}} | over("search.confirm", 0, 1),
        ["[factors.it]", "search.confirm has no effect: there is nothing to search"],
    ),
    # keys of two factors
    "one key of two factors": (two(SGD, ADAM), ["[factors.two] sets model.optimizer, which [factors.one] sets too"]),
    "fixed by one and searched by the other": (
        two({"model": {"l1": 0.1}}, {"space": {"l1": {"low": 0.0, "high": 0.1}}}),
        ["[factors.two] sets model.l1, which [factors.one] sets too"],
    ),
    "searched by one and emptied by the other": (
        two({"space": {}}, {"space": {"l1": {"low": 0.0, "high": 0.1}}}),
        ["[factors.two] searches l1, and [factors.one] empties the space"],
    ),
    "a confirmation that a strategy sets too": (
        {
            "search": {"strategies": ["random", "mine"], "trials": 9},
            "strategies": {"mine": {"strategy": "tpe", "confirm": 2}},
        }
        | over("search.confirm", 0, 1),
        ["[factors.it] sets search.confirm, and [strategies.mine] sets confirm too"],
    ),
    "emptied by both": (two({"space": {}}, {"space": {}}), ["[factors.two] sets space, which [factors.one] sets too"]),
    # levels
    "equal levels": (levels(a=SGD, b=SGD), ["[factors.optimizer] the levels 'a' and 'b' are equal"]),
    "levels that are equal with the defaults": (levels(a={}, b=ADAM), ["[factors", "'a'", "'b'", "the same settings"]),
    "equal values": (over("model.l1", 0.1, 0.2, 0.1), ["[factors.it] the values 0.1 and 0.1 are equal"]),
    "equal numbers": (over("model.l1", 1, 1.0), ["[factors.it] the values 1 and 1 are equal"]),
    "values with one label": (over("model.optimizer", "0.5", 0.5), ["[factors.it] two levels have the label '0.5'"]),
    "one level": (levels(a=SGD), ["[factors.optimizer] must have at least two levels, got 1"]),
    "no level": (levels(), ["[factors.optimizer] must have at least two levels, got 0"]),
    "one value": (over("model.l1", 0.1), ["[factors.it] must have at least two levels, got 1"]),
    "no value": (over("model.l1"), ["[factors.it] must have at least two levels, got 0"]),
    "a level that fixes and searches": (
        levels(a={}, b={"model": {"l1": 0.1}, "space": {"l1": {"low": 0.1, "high": 1.0}}}),
        ["[factors.optimizer] the level 'b' both fixes and searches l1"],
    ),
    "an unknown table of a level": (
        levels(a=SGD, b={"modle": {"optimizer": "adam"}}),
        [
            "[factors.optimizer] the level 'b': unknown table 'modle' (did you mean 'model'?): choose from ",
            "data, model, search, space",
        ],
    ),
    "a table of a level that is a number": (
        levels(a=SGD, b={"model": 3}),
        ["[factors.optimizer] the level 'b': model must be a table, got 3"],
    ),
    "levels that are a list": (
        {"factors": {"it": {"levels": [SGD, ADAM]}}},
        ["[factors.it] levels must be a table of labels"],
    ),
    "values that are a table": (
        {"factors": {"it": {"key": "model.l1", "values": {"a": 0.1}}}},
        ["[factors.it] values must be a list, got {'a': 0.1}"],
    ),
    "a factor that is a list": (
        {"factors": {"it": [0.1, 0.2]}},
        ["[factors] it: must be a valid dictionary, got [0.1, 0.2]"],
    ),
    "factors that are a list": ({"factors": [1, 2]}, ["factors: must be a valid dictionary, got [1, 2]"]),
    "an empty factor": (
        {"factors": {"it": {}}},
        ["[factors.it] has neither levels, nor key and values, nor key, low, high and points"],
    ),
    "a key alone": ({"factors": {"it": {"key": "model.l1"}}}, ["[factors.it] has neither levels, nor"]),
    "values alone": (
        {"factors": {"it": {"values": [1, 2]}}},
        ["[factors.it] key must name a table and a key in it", "got None"],
    ),
    "two forms": (
        {"factors": {"it": {"key": "model.l1", "levels": {"a": {}, "b": SGD}}}},
        ["[factors.it] unknown key 'key'"],
    ),
    "values and a range": (
        cut(values=[0.1, 0.2], low=0.1),
        ["[factors.it] unknown key 'low': choose from key, values"],
    ),
    # what must be equal for all
    "a seed": (
        over("search.seed", 1, 2),
        [
            "[factors.it] the level '1' sets search.seed, which must be equal for all variants",
            "of [search] levels can set pruner, confirm and first",
        ],
    ),
    "repeats": (search(repeats=3), ["[factors.optimizer] the level 'b' sets search.repeats, which must be equal"]),
    "trials": (search(trials=3), ["[factors.optimizer] the level 'b' sets search.trials, which must be equal"]),
    "strategies": (
        search(strategies=["tpe"]),
        ["[factors.optimizer] the level 'b' sets search.strategies, which must be equal"],
    ),
    "a data set": (
        over("data.source", "iris", "wine"),
        ["[factors.it] the level 'iris' sets data.source, which must be equal"],
    ),
    "test rows": (
        over("data.test", 0.1, 0.2),
        [
            "sets data.test, which must be equal",
            "of [data] levels can set scaling, imputation, max_categories and train",
        ],
    ),
    "a preparation both fixed and searched": (
        levels(a={}, b={"data": {"scaling": "none"}, "space": {"data.scaling": {"choices": ["none", "minmax"]}}}),
        ["[factors.optimizer] the level 'b' both fixes and searches data.scaling"],
    ),
    "a preparation in two factors": (
        two({"data": {"scaling": "none"}}, {"space": {"data.scaling": {"choices": ["none", "minmax"]}}}),
        ["[factors.two] sets data.scaling, which [factors.one] sets too"],
    ),
    "a preparation without effect": (
        levels(a={}, b={"space": {"data.imputation": {"choices": ["mean", "median"]}}}),
        ["[factors.optimizer] 'b'", "data.imputation has no effect: iris misses no number"],
    ),
    "a fixed preparation without effect": (
        over("data.max_categories", 100, 10),
        ["[factors.it]", "data.max_categories has no effect: iris has no column of categories"],
    ),
    "validation rows": (over("data.validation", 0.1, 0.2), ["sets data.validation, which must be equal"]),
} | FORMS
