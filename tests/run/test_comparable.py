import pytest

from hpsearch.errors import UsageError
from hpsearch.run.comparable import check_comparable, content_hash

CONTENT = {
    "title": "Digits",
    "question": "?",
    "data": {"name": "digits", "split": {"seed": 1, "test": 0.2}},
    "search": {"seed": 7, "trials": 10, "repeats": 3, "strategies": ["tpe"], "retrain": 2, "confirm": 1},
    "strategies": {"tpe": {"n_startup_trials": 3}},
    "report": {"margin": 0.1},
    "strategy": {"strategy": "tpe"},
}
FREE = [
    {"title": "Others"},
    {"question": ""},
    {"report": {}},
    {"strategies": {}},
    {"search": {"seed": 7, "trials": 99, "repeats": 1, "strategies": ["gp"], "retrain": 0, "confirm": 0}},
    {"search": {"seed": 7}},
    {"search": {"seed": 7, "trial_seconds": 60.0}},
    {"data": CONTENT["data"] | {"ignore": ["id"], "missing": ["?"]}},
]
BOUND = {
    "data.split.seed": {"data": {"name": "digits", "split": {"seed": 2, "test": 0.2}}},
    "data.split.test": {"data": {"name": "digits", "split": {"seed": 1}}},
    "search.seed": {"search": CONTENT["search"] | {"seed": 8}},
    "strategy.strategy": {"strategy": {"strategy": "gp"}},
    "model.epochs": {"model": {"epochs": 5}},
}


@pytest.mark.parametrize("change", FREE)
def test_what_may_change_leaves_trials_comparable(change):
    check_comparable("s", CONTENT, CONTENT | change)
    assert content_hash(CONTENT | change) == content_hash(CONTENT)


@pytest.mark.parametrize("key", BOUND)
def test_any_other_change_is_refused_by_its_name(key):
    for stored, now in ((CONTENT, CONTENT | BOUND[key]), (CONTENT | BOUND[key], CONTENT)):
        with pytest.raises(UsageError, match=rf"trials of 's' with another {key}: .* there, .* now; they can't be"):
            check_comparable("s", stored, now)
        assert content_hash(stored) != content_hash(now)


def test_the_first_of_several_changes_is_named_with_both_values_and_the_others_are_counted():
    with pytest.raises(UsageError, match=r"another a: 1 there, None now \(and 2 more\); they"):
        check_comparable("s", {"c": 1, "a": 1, "b": 1}, {"b": 2})
    with pytest.raises(UsageError, match=r"another b: None there, 3 now \(and 1 more\); they"):
        check_comparable("s", {"a": 1}, {"b": 3, "c": 0, "a": 1})


def test_neither_the_order_of_keys_nor_tables_within_tables_change_the_hash():
    turned = {key: CONTENT[key] for key in reversed(CONTENT)}
    assert content_hash(turned) == content_hash(CONTENT)
    assert content_hash({"data.split.seed": 1}) == content_hash({"data": {"split": {"seed": 1}}})
    assert content_hash({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"  # SHA-256 of "{}"


@pytest.mark.parametrize(("source", "says"), [("csv", True), ("npz", False)])
def test_a_file_that_an_earlier_version_read_otherwise_says_what_to_write(source, says):
    stored, now = ({"data": {"source": source, "fingerprint": each}} for each in "ab")
    with pytest.raises(UsageError) as raised:
        check_comparable("mine", stored, now)
    assert ("numbers = [...]" in str(raised.value)) == says
