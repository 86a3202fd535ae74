"""Float, Int and Choice are tables of a space, checked when they are written."""

import copy
import pickle

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from sklearn.svm import SVC

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


@pytest.mark.parametrize(
    ("spec", "stored"),
    [
        (Float(1e-3, 10, log=True, likely=1), 1.0),
        (Int(1, 9, likely=4), 4),
        (Int(1, 512, log=True, likely=64), 64),
        (Choice(["l1", "l2"], likely="l2"), "l2"),
        (Choice([(10,), (10, 10)], likely=(10, 10)), "(10, 10)"),
        (Choice([1, True], likely=True), True),
        (Choice([SVC(C=1), None], likely=None), None),
        (Choice([SVC(C=2), None], likely=SVC(C=2)), "SVC(C=2)"),
        ({"low": 0.0, "high": 1.0, "likely": 0.5}, 0.5),
        ({"choices": ["a", "b"], "likely": "b"}, "b"),
    ],
)
def test_a_likely_value_is_stored_as_optuna_stores_it(spec, stored):
    space = CandidateSpace.of({"x": spec}, {"x": None})
    assert space.likely == {"x": stored}
    assert type(space.likely["x"]) is type(stored)
    assert not CandidateSpace.of({"x": [1, 2]}, {"x": None}).likely


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Float(0, 1, likely=2), "likely must be from 0.0 to 1.0, got 2"),
        (lambda: Int(1, 9, step=2, likely=4), "likely must be a multiple of step = 2 above low, got 4"),
        (lambda: Int(1, 9, likely=2.5), "likely must be a whole number, got 2.5"),
        (lambda: Choice(["l1", "l2"], likely="l3"), "likely must be one of the choices 'l1', 'l2', got 'l3'"),
        (
            lambda: CandidateSpace.of({"x": {"low": 0, "high": 3, "likely": 9}}, {"x": None}),
            "space: x: likely must be from 0 to 3, got 9",
        ),
        (
            lambda: CandidateSpace.of({"x": {"choices": [1, 2], "likely": 3}}, {"x": None}),
            "space: x: likely must be one of the choices 1, 2, got 3",
        ),
    ],
)
def test_another_likely_value_is_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()
