"""No combination is lost, and the default run tests each value."""

from itertools import product

import pytest

from tests.combinations import combinations, more, some

AXES = ("abc", [1, 2], [None, {}, [], ()])


def is_long(parameter):
    return any(mark.name == "long" for mark in getattr(parameter, "marks", ()))


def test_all_combinations_are_there_and_those_of_the_default_run_have_each_value():
    parameters = combinations(*AXES)
    assert [parameter.values for parameter in parameters] == list(product(*AXES))
    chosen = [parameter.values for parameter in parameters if not is_long(parameter)]
    assert len(chosen) == max(map(len, AXES))
    for axis, values in zip(AXES, zip(*chosen, strict=True), strict=True):
        assert all(value in values for value in axis)


def test_marks_are_kept():
    skipped = pytest.param("b", marks=pytest.mark.skip)
    names = {
        parameter.values: [mark.name for mark in parameter.marks] for parameter in combinations(["a", skipped], [1, 2])
    }
    assert names == {("a", 1): [], ("a", 2): ["long"], ("b", 1): ["skip", "long"], ("b", 2): ["skip"]}
    assert [mark.name for mark in more(skipped).marks] == ["skip", "long"]


def test_some_are_chosen_and_all_are_there():
    skipped = pytest.param("b", marks=pytest.mark.skip)
    parameters = some(["a", skipped, "c"], "b", "c")
    assert [is_long(parameter) for parameter in parameters] == [True, False, False]
    assert parameters[1:] == [skipped, "c"]
    with pytest.raises(AssertionError, match="d"):
        some(["a"], "d")
