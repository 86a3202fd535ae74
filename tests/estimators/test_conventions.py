"""Scikit-learn's estimator checks, and use in pipelines and meta-estimators."""

import copy
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from hpsearch.estimators import MLPClassifier, MLPRegressor
from tests.estimators.tables import ESTIMATORS, RICH, one_epoch, outputs, problem

every_estimator = pytest.mark.parametrize("kind", ESTIMATORS)

OTHERS = [
    RICH | {"epochs": 20, "dtype": "float64", "train_metrics": "exact"},
    {"early_stopping": True, "validation_fraction": 0.3, "activation": "tanh", "l1": 1e-4},
]


@parametrize_with_checks([MLPClassifier(), MLPRegressor()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.long
@parametrize_with_checks([estimator(**given) for given in OTHERS for estimator in ESTIMATORS.values()])
def test_scikit_learns_checks_with_other_settings(estimator, check):
    check(estimator)


@pytest.mark.parametrize("sizes", [(), (100,), (50, 50), (37, 3)], ids=str)
@every_estimator
def test_a_row_is_predicted_alone_as_it_is_among_others(kind, sizes):
    x, y = problem(kind)
    estimator = ESTIMATORS[kind](sizes, epochs=2, random_state=0).fit(x, y)
    for _ in range(2):  # also after more training
        together = outputs(kind, estimator, x)
        alone = np.concatenate([outputs(kind, estimator, row[np.newaxis]) for row in x])
        np.testing.assert_allclose(alone, together, rtol=1e-12)
        one_epoch(kind, estimator, x, y)


DUPLICATES = {
    "pickle": lambda estimator, folder: pickle.loads(pickle.dumps(estimator)),
    "deepcopy": lambda estimator, folder: copy.deepcopy(estimator),
    "joblib": lambda estimator, folder: joblib.load(joblib.dump(estimator, folder / "it")[0]),
    "read-only memory map": lambda estimator, folder: joblib.load(joblib.dump(estimator, folder / "it")[0], "r"),
}


@pytest.mark.parametrize("duplicate", DUPLICATES)
@every_estimator
def test_a_duplicate_predicts_and_trains_on_like_the_original(kind, duplicate, tmp_path):
    x, y = problem(kind)
    original = ESTIMATORS[kind](**RICH, epochs=3, random_state=0).fit(x, y)
    other = DUPLICATES[duplicate](original, tmp_path)
    np.testing.assert_array_equal(outputs(kind, other, x), outputs(kind, original, x))
    for estimator in (original, other):
        one_epoch(kind, estimator, x, y)
    assert other.loss_curve_ == original.loss_curve_
    np.testing.assert_array_equal(outputs(kind, other, x), outputs(kind, original, x))


@every_estimator
def test_a_duplicate_goes_its_own_way(kind):
    x, y = problem(kind)
    original = ESTIMATORS[kind](epochs=2, random_state=0).fit(x, y)
    before = outputs(kind, original, x).copy()
    one_epoch(kind, copy.deepcopy(original), x, y)
    np.testing.assert_array_equal(outputs(kind, original, x), before)


@every_estimator
def test_a_pickle_holds_no_rows_and_its_vectors_once(kind):
    x, y = problem(kind, rows=5000)
    estimator = ESTIMATORS[kind]((300,), epochs=1, optimizer="sgd").fit(x, y)
    parameters = 4 * (4 * 300 + 300 + 300 * 3 + 3)
    assert len(pickle.dumps(estimator)) < parameters + 5000 < x.nbytes


@every_estimator
def test_a_clone_has_the_arguments_alone(kind):
    estimator = ESTIMATORS[kind](**RICH, epochs=1).fit(*problem(kind))
    other = clone(estimator)
    assert other.get_params() == estimator.get_params()
    assert not hasattr(other, "loss_curve_")
    assert not other.__sklearn_is_fitted__()


@every_estimator
def test_in_a_pipeline_in_a_grid_search(kind):
    x, y = problem(kind)
    pipeline = make_pipeline(StandardScaler(), ESTIMATORS[kind](epochs=40, random_state=0))
    name = f"{pipeline.steps[-1][0]}__learning_rate"
    search = GridSearchCV(pipeline, {name: np.logspace(-6, -2, 3)}, cv=3).fit(x * 1000 + 5000, y)
    assert search.best_params_ == {name: 0.01}
    assert search.best_score_ > 0.8
    assert search.predict(x[:7] * 1000 + 5000).shape == (7,)


@every_estimator
def test_pandas_frames(kind):
    x, y = problem(kind)
    frame, target = pd.DataFrame(x, columns=list("abcd")), pd.Series(y)
    estimator = ESTIMATORS[kind](epochs=2, random_state=0).fit(frame, target)
    assert estimator.feature_names_in_.tolist() == list("abcd")
    assert estimator.n_features_in_ == 4
    np.testing.assert_array_equal(
        estimator.predict(frame), ESTIMATORS[kind](epochs=2, random_state=0).fit(x, y).predict(x)
    )
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(frame[list("dcba")])


@every_estimator
def test_with_scikit_learns_tools(kind):
    x, y = problem(kind)
    estimator = ESTIMATORS[kind](epochs=30, learning_rate=0.01, random_state=0)
    assert cross_val_score(estimator, x, y, cv=3).mean() > 0.8
    importances = permutation_importance(estimator.fit(x, y), x, y, random_state=0).importances_mean
    assert importances[:2].min() > importances[2:].max()  # the targets depend on two columns
    assert ESTIMATORS[kind].__name__ in estimator._repr_html_()


def test_probabilities_can_be_calibrated():
    x, y = problem("classifier")
    calibrated = CalibratedClassifierCV(MLPClassifier(epochs=20, learning_rate=0.01, random_state=0), cv=3).fit(x, y)
    assert calibrated.score(x, y) > 0.8
