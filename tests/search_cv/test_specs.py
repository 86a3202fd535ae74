"""Float, Int and Choice are tables of a space, checked when they are written."""

import copy
import pickle

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch import Choice, Float, Int, UsageError
from hpsearch.search_cv.candidates import CandidateSpace
from hpsearch.space import distribution


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (Float(0, 1), FloatDistribution(0.0, 1.0)),
        (Float(1, 1000, log=True), FloatDistribution(1.0, 1000.0, log=True)),
        (Float(0, 1, step=0.25), FloatDistribution(0.0, 1.0, step=0.25)),
        (Int(-3, 9, step=2), IntDistribution(-3, 9, step=2)),
        (Int(1, 100, log=True), IntDistribution(1, 100, log=True)),
        (Choice(("a", 1)), CategoricalDistribution(["a", 1])),
    ],
    ids=str,
)
def test_as_distributions(spec, expected):
    assert distribution(spec) == expected
    for duplicate in (copy.deepcopy(spec), pickle.loads(pickle.dumps(spec))):
        assert (duplicate, type(duplicate)) == (spec, type(spec))


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (Float, (1, 0), "low must be below high"),
        (Float, ("a", 1), "low must be a finite number"),
        (Int, (0.5, 1), "low must be a whole number"),
        (Choice, ("abc",), "choices must be a list of at least one value, got 'abc'"),
        (Choice, ([],), "choices must be a list of at least one value"),
    ],
)
def test_wrong_arguments(kind, arguments, message):
    with pytest.raises(UsageError, match=message):
        kind(*arguments)


def test_every_choice_has_a_label_of_its_own():
    values = [None, True, 1, 1.0, "(1,)", (1,), (1,), float("inf"), len, object]
    space = CandidateSpace.of({"x": Choice(values)}, {"x": None})
    choices = space.distributions["x"].choices
    assert choices == (None, True, 1, 1.0, "(1,)", "(1,) #2", "(1,) #3", "inf", "len", "object")
    assert list(space.objects["x"].values()) == values
