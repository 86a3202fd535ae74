"""Estimators judged by cross-validation."""

import json
import pickle

import numpy as np
import pytest
from optuna.trial import FixedTrial
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mean_absolute_error

from hpsearch.errors import UsageError
from hpsearch.objectives import EstimatorObjective, MLPObjective

FIXED = {"estimator": "logistic_regression", "C": 0.5}


def objective(validation="4-fold", model=FIXED, source="iris", **data):
    return EstimatorObjective({"source": source, "validation": validation, **data}, model=model, space={})


def test_the_value_is_the_mean_of_the_folds_and_each_is_kept():
    made = objective()
    trial = FixedTrial({})
    value = made(trial)
    expected = {
        f"fold_{number}": LogisticRegression(C=0.5)
        .fit(fold.x_train, fold.y_train)
        .score(fold.x_validation, fold.y_validation)
        for number, fold in enumerate(made.data.folds, 1)
    }
    assert trial.user_attrs["measures"] == pytest.approx(expected)
    assert len(set(expected.values())) > 1
    assert value == pytest.approx(np.mean(list(expected.values())))


def test_the_test_is_of_a_training_on_all_other_rows():
    made = objective()
    whole = made.data.whole
    own = LogisticRegression(C=0.5).fit(whole.x_train, whole.y_train)
    outcome = made.retrain({}, made.seeds(0)).judgement()
    assert len(whole.x_train) == 120
    assert outcome.value == own.score(whole.x_test, whole.y_test)
    assert np.array_equal(outcome.right, own.predict(whole.x_test) == whole.y_test)
    assert outcome.validation == made(FixedTrial({}))
    assert made.retrain({}, made.seeds(0)).model().coef_ == pytest.approx(own.coef_)


def test_each_fold_has_seeds_of_its_own():
    made = objective(model={"estimator": "random_forest", "n_estimators": 2})
    training = made.train({}, made.seeds(0))
    assert len({fold.model().random_state for fold in [*training._folds, training._whole]}) == 5


def test_errors_are_in_the_units_of_each_fold():
    made = objective("3-fold", {"estimator": "ridge"}, "diabetes", metric="neg_mean_absolute_error")
    errors = []
    for fold in made.data.folds:
        predictions = Ridge().fit(fold.x_train, fold.y_train).predict(fold.x_validation)
        targets = fold.y_validation.astype(float)
        errors.append(mean_absolute_error(targets * fold.y_scale, predictions * fold.y_scale))
    assert made(FixedTrial({})) == pytest.approx(np.mean(errors), rel=1e-6)
    assert 20 < np.mean(errors) < 100


def test_it_is_rebuilt_and_sent():
    made = objective("2 x 3-fold").for_repeat(1)
    value = made(FixedTrial({}))
    rebuilt = EstimatorObjective.from_content(json.loads(json.dumps(made.content)), repeat=1)
    for other in (rebuilt, pickle.loads(pickle.dumps(made))):
        assert other(FixedTrial({})) == value
        assert other.fingerprints() == made.fingerprints()
    assert made.for_repeat(0).fingerprints() != made.fingerprints()


@pytest.mark.usefixtures("with_baselines")
def test_baselines_are_judged_on_the_same_folds():
    made = objective(model={"estimator": "logistic_regression"})
    baseline = made.baseline("linear")
    assert baseline.validation == pytest.approx(made(FixedTrial({})))
    assert baseline.test == made.retrain({}, made.seeds(0)).outcome().value
    assert (baseline.train_rows, baseline.train_rows_of) == (120, 120)


def test_networks_have_none():
    with pytest.raises(UsageError, match=r"\[data\] validation: the family 'mlp' has no cross-validation"):
        MLPObjective({"source": "iris", "validation": "5-fold"})
