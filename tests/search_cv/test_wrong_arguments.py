"""Wrong arguments of SearchCV are refused by fit in one line."""

import pytest
from sklearn.svm import SVC

from hpsearch import Choice, Float, Int, SearchCV, UsageError
from tests.search_cv.in_turn import X, Y


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space": {}}, "space must name at least one parameter, got none"),
        (
            {"space": {"gama": Float(0, 1)}},
            r"space: unknown parameter 'gama' \(did you mean 'gamma'\?\): choose from C, ",
        ),
        ({"space": {"C": {"low": 2.0, "high": 1.0}}}, "space: C: low must be below high, got low = 2.0, high = 1.0"),
        ({"space": {"C": 3}}, "space: C: must be a table such as"),
        ({"space": {"C": []}}, "space: C: choices must be a list of at least one value"),
        (
            {"space": {"C": Float(0, 1, when={"kernel": "rbf"})}},
            "space: C: when: unknown searched parameter 'kernel'",
        ),
        (
            {"space": {"C": Float(0, 1, when={"kernel": "rbf"}), "kernel": ["linear"]}},
            "space: C: when kernel = 'rbf' never holds: it is 'linear'",
        ),
        (
            {"space": {"C": Float(0, 1, when={"gamma": 1}), "gamma": Float(0, 1)}},
            "space: C: when can depend on choices and integers, and gamma is a range of numbers",
        ),
        (
            {"space": {"kernel": Choice(["a"], when={"degree": 1}), "degree": Int(0, 3, when={"kernel": "a"})}},
            "space: kernel: when makes a circle of kernel, degree",
        ),
        ({"strategy": "narowing"}, r"unknown strategy 'narowing' \(did you mean 'narrowing'\?\)"),
        ({"strategy": "tpe", "options": {"gama": 1}}, "unknown option of strategy 'tpe' 'gama'"),
        ({"trials": 0}, "The 'trials' parameter of SearchCV must be an int in the range"),
        ({"scoring": ["accuracy", "f1_macro"], "refit": False}, "refit must name one of the scorers"),
        ({"scoring": lambda *_: {"a": 1.0, "b": 2.0}}, "unknown metric to refit by True: choose from a, b"),
        ({"refit": 5}, "The 'refit' parameter of SearchCV must be"),
        ({"refit": lambda results: 0, "scoring": ["accuracy", "f1_macro"]}, "refit must name one of the scorers"),
        ({"space": {1: Float(0, 1)}}, "space: names of parameters must be text, got 1"),
        ({"cv": iter([([0], [1])])}, "cv must be a list of folds, not an iterator"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:30],
)
def test_wrong_arguments(changes, message):
    search = SearchCV(SVC(), {"C": Float(0.1, 10)}, trials=2, cv=2).set_params(**changes)
    with pytest.raises((UsageError, ValueError), match=message):
        search.fit(X, Y)
