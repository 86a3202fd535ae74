import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris, load_wine
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hpsearch.errors import UsageError
from hpsearch.estimators import MLPClassifier
from tests.estimators.tables import labels, problem


def new(**given):
    return MLPClassifier(**({"epochs": 30, "learning_rate": 0.01, "random_state": 0} | given))


@pytest.mark.parametrize(("load", "reached"), [(load_iris, 0.9), (load_wine, 0.95)])
def test_the_defaults_serve(load, reached):
    x, y = load(return_X_y=True)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = cross_val_score(make_pipeline(StandardScaler(), MLPClassifier(random_state=0)), x, y, cv=folds)
    assert scores.mean() > reached


LABELS = {
    "text": lambda y: y,
    "objects": lambda y: y.astype(object),
    "pandas text": pd.Series,
    "pandas categories": lambda y: pd.Series(y, dtype="category"),
    "list": lambda y: y.tolist(),
    "numbers": lambda y: np.unique(y, return_inverse=True)[1] * 10 - 7,
    "whole floats": lambda y: np.unique(y, return_inverse=True)[1] * 2.0,
    "truth values": lambda y: y == "low",
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_kind_come_back_as_they_are(kind):
    x, y = problem("classifier")
    given = LABELS[kind](y)
    estimator = new().fit(x, given)
    assert estimator.classes_.tolist() == sorted(set(np.asarray(given).tolist()))
    assert np.mean(estimator.predict(x) == np.asarray(given)) > 0.9
    assert estimator.score(x, given) > 0.9


def test_probabilities_are_of_the_classes_in_their_order():
    x, y = problem("classifier")
    estimator = new().fit(x, y)
    probabilities = estimator.predict_proba(x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)
    np.testing.assert_array_equal(estimator.classes_[probabilities.argmax(axis=1)], estimator.predict(x))
    clear = np.array([[-3.0, 3.0, 0.0, 0.0], [3.0, -3.0, 0.0, 0.0]])  # far below and far above both limits
    low, high = estimator.classes_.tolist().index("low"), estimator.classes_.tolist().index("high")
    assert estimator.predict_proba(clear).argmax(axis=1).tolist() == [low, high]


def test_one_class_is_a_sound_result():
    x, _ = problem("classifier")
    estimator = new(epochs=2).fit(x, ["only"] * len(x))
    assert set(estimator.predict(x)) == {"only"}
    np.testing.assert_array_equal(estimator.predict_proba(x), np.ones((len(x), 1)))


def test_the_rows_set_aside_are_stratified():
    # With constant inputs, all predictions are one class. A stratified tenth has 9 rows of one class, 1 of the other.
    x, y = np.zeros((100, 4)), np.repeat(["common", "rare"], [90, 10])
    for random_state in range(10):
        estimator = new(early_stopping=True, epochs=1, random_state=random_state).fit(x, y)
        assert estimator.validation_scores_[0] in (0.9, 0.1)


# --- partial_fit's classes --------------------------------------------------------------------------------------------


def test_the_first_partial_fit_needs_classes():
    with pytest.raises(UsageError, match="first partial_fit needs classes"):
        new().partial_fit(*problem("classifier"))


def test_classes_need_not_be_in_the_first_rows():
    x, y = problem("classifier", rows=400)
    estimator = new().partial_fit(x[y == "low"], y[y == "low"], classes=["middle", "low", "high"])
    assert estimator.predict_proba(x).shape == (400, 3)
    for _ in range(20):
        estimator.partial_fit(x, y)
    assert estimator.score(x, y) > 0.9


@pytest.mark.parametrize("label", ["higher", "lo", "a", "z", 1])
def test_a_label_that_is_no_class_is_refused(label):
    x, y = problem("classifier")
    estimator = new(epochs=1).fit(x, y)
    with pytest.raises(UsageError, match=rf"labels must be among classes \['high', 'low', 'middle'\], got {label!r}"):
        estimator.partial_fit(x[:1], [label])


def test_labels_that_are_text_and_numbers_are_refused_in_partial_fit_too():
    x, y = problem("classifier")
    estimator = new(epochs=1).fit(x, y)
    with pytest.raises(UsageError, match="labels must be all numbers or all text"):
        estimator.partial_fit(x[:2], np.array(["low", 1], dtype=object))


def test_classes_can_not_change():
    x, y = problem("classifier")
    estimator = new().partial_fit(x, y, classes=["low", "middle", "high"])
    estimator.partial_fit(x, y, classes=["high", "low", "middle"])
    with pytest.raises(UsageError, match=r"classes must stay those of the first call, .*, got \['high', 'low'\]"):
        estimator.partial_fit(x, y, classes=["high", "low"])


# --- Invalid labels ---------------------------------------------------------------------------------------------------

BAD_LABELS = {
    "mixed": (np.array(["a", 1] * 60, dtype=object), "labels must be all numbers or all text"),
    "mixed, a number first": (np.array([1, "a"] * 60, dtype=object), "Unknown label type"),
    "missing": (np.array(["a", None] * 60, dtype=object), "."),
    "continuous": (np.linspace(0, 1, 120), "continuous"),
    "too few": (np.zeros(119), r"inconsistent numbers of samples: \[120, 119\]"),
    "several columns": (np.zeros((120, 2)), "y should be a 1d array"),
}


@pytest.mark.parametrize("bad", BAD_LABELS)
def test_what_are_no_labels_is_refused(bad):
    y, says = BAD_LABELS[bad]
    with pytest.raises(ValueError, match=says):
        new().fit(problem("classifier")[0], y)


def test_labels_are_of_rows():
    x, y = problem("classifier")
    np.testing.assert_array_equal(labels(x), y)


def test_many_classes_and_few_rows_come_without_a_warning():
    x, y = np.random.default_rng(0).normal(size=(500, 3)), np.arange(500) % 26
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator = new().partial_fit(x, y, classes=np.arange(26))
        estimator.partial_fit(x[:25], y[:25])
        new().fit(x[:30], y[:30])


def test_no_classes_at_all():
    x, y = problem("classifier")
    with pytest.raises(UsageError, match="classes must hold a label, got none"):
        new().partial_fit(x, y, classes=[])
