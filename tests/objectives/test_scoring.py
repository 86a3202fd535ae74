"""Metrics by the names of scikit-learn's scorers, for estimators, networks and baselines."""

import json
import pickle

import numpy as np
import pytest
from optuna.trial import FixedTrial
from sklearn import metrics
from sklearn.metrics import get_scorer_names

from hpsearch.analysis.metrics import METRICS
from hpsearch.errors import UsageError
from hpsearch.objectives import EstimatorObjective, MLPObjective
from hpsearch.objectives.scoring import SCORERS, Scorer

RATE = {"learning_rate": 0.1, "weight_decay": 1e-6}


def network(source, metric, **model):
    return MLPObjective({"source": source, "metric": metric}, model={"hidden_layer_sizes": [5], "epochs": 2, **model})


def test_scorers_are_those_of_scikit_learn():
    assert set(SCORERS) - {"d2_absolute_error_score"} <= set(get_scorer_names())


@pytest.mark.parametrize("name", SCORERS)
def test_every_metric_has_traits_that_hold_its_worst_value(name):
    scorer = Scorer(name)
    traits = METRICS[scorer.name]
    assert scorer.worst == (traits.least if scorer.direction == "maximize" else np.inf)
    assert scorer.name.startswith("neg_") is False


def test_a_network_is_judged_by_its_probabilities():
    made = network("breast_cancer", "roc_auc")
    rows = made.data
    training = made.retrain(RATE, made.seeds(0))
    positive = training.network.predict(rows.x_validation)[:, 1]
    assert training.validation == pytest.approx(metrics.roc_auc_score(rows.y_validation, positive))
    positive = training.network.predict(rows.x_test)[:, 1]
    outcome = training.outcome()
    assert outcome.value == pytest.approx(metrics.roc_auc_score(rows.y_test, positive))
    assert outcome.right is None, "it is not a mean over rows"
    assert (made.metric, made.direction) == ("roc_auc", "maximize")


def test_curves_of_a_network_are_of_the_metric():
    made = network("wine", "neg_log_loss")
    trial = FixedTrial(RATE)
    value = made(trial)
    rows = made.data
    training = made.retrain(RATE, made.seeds(0))
    probabilities = training.network.predict(rows.x_train).astype(float)
    expected = metrics.log_loss(rows.y_train, probabilities / probabilities.sum(axis=1, keepdims=True))
    assert trial.user_attrs["history"]["train_score"][-1] == pytest.approx(expected, rel=1e-5)
    assert [step.value for step in made.train(RATE, made.seeds(0))][-1] == value
    assert (made.metric, made.direction, made.worst) == ("log_loss", "minimize", np.inf)


def test_early_stopping_ends_with_the_metric_of_the_best_weights():
    made = network("breast_cancer", "roc_auc", epochs=6, early_stopping=True, patience=2)
    training = made.train(RATE, made.seeds(0))
    steps = {step.number: step.value for step in training}
    assert training.validation == steps[training._training.best_epoch]
    rows = made.data
    positive = training.network.predict(rows.x_validation)[:, 1]
    assert training.validation == pytest.approx(metrics.roc_auc_score(rows.y_validation, positive))


def test_numbers_are_judged_in_the_units_of_the_target():
    made = network("diabetes", "neg_mean_absolute_error")
    rows = made.data
    training = made.retrain(RATE, made.seeds(0))
    errors = (training.network.predict(rows.x_test)[:, 0].astype(float) - rows.y_test) * rows.y_scale
    assert training.outcome().value == pytest.approx(np.abs(errors).mean())
    constant = made.baseline("simple").test
    whole = rows.y_test.astype(float) * rows.y_scale
    assert constant == pytest.approx(np.abs(whole - np.mean(rows.y_train) * rows.y_scale).mean(), rel=1e-3)
    assert 20 < constant < 100, "disease progression, not standard deviations"


def test_a_diverged_network_has_the_worst_value():
    made = network("diabetes", "neg_mean_absolute_error", epochs=5)
    training = made.retrain({"learning_rate": 1e30, "weight_decay": 0.0}, made.seeds(0))
    assert training.attributes()["diverged"]
    assert training.validation == training.outcome().value == np.inf


def test_an_estimator_and_its_baselines_are_judged_by_the_metric():
    data = {"source": "breast_cancer", "metric": "neg_log_loss"}
    made = EstimatorObjective(data, model={"estimator": "logistic_regression", "C": 1.0}, space={})
    rows = made.data
    training = made.retrain({}, made.seeds(0))
    expected = metrics.log_loss(rows.y_test, training.model().predict_proba(rows.x_test))
    assert training.outcome().value == pytest.approx(expected)
    assert made.baseline("linear").test == pytest.approx(expected, rel=0.01), "the same model"
    shares = np.bincount(rows.y_train) / len(rows.y_train)
    expected = metrics.log_loss(rows.y_test, np.tile(shares, (len(rows.y_test), 1)))
    assert made.baseline("simple").test == pytest.approx(expected, rel=1e-6)


def test_the_metric_is_part_of_the_content_unless_it_is_the_own_one():
    made = network("breast_cancer", "roc_auc")
    assert made.content["data"]["metric"] == "roc_auc"
    rebuilt = MLPObjective.from_content(json.loads(json.dumps(made.content)))
    sent = pickle.loads(pickle.dumps(made))
    values = [each.retrain(RATE, made.seeds(0)).validation for each in (made, rebuilt, sent)]
    assert values[0] == values[1] == values[2]
    assert network("iris", "accuracy").content == network("iris", None).content


REFUSED = [
    ("wine", "nonsense", "[data] metric: unknown metric 'nonsense': choose from accuracy, "),
    ("wine", "roc_auc", "[data] metric: 'roc_auc' does not suit the 3 class(es): "),
    ("wine", "f1", "[data] metric: 'f1' does not suit the 3 class(es): "),
    ("wine", "r2", "[data] metric: 'r2' is for regression, and the data is for classification: choose from acc"),
    ("diabetes", "f1", "[data] metric: 'f1' is for classification, and the data is for regression: choose from d2"),
    ("wine", 3, "[data] metric must be text; received 3"),
]


@pytest.mark.parametrize(("source", "metric", "message"), REFUSED)
def test_metrics_that_are_refused(source, metric, message):
    with pytest.raises(UsageError) as caught:
        network(source, metric)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_metric_needs_what_the_estimator_gives():
    data = {"source": "wine", "metric": "neg_log_loss"}
    with pytest.raises(UsageError, match="'neg_log_loss' needs predict_proba, which the estimator 'svm' lacks"):
        EstimatorObjective(data, model={"estimator": "svm"})
    assert EstimatorObjective(data, model={"estimator": "k_neighbors"}).metric == "log_loss"


def test_records_of_test_rows_keep_to_the_own_metric():
    with pytest.raises(UsageError, match=r"\[record\] test needs the metric 'accuracy', got \[data\] metric = 'roc_au"):
        MLPObjective({"source": "breast_cancer", "metric": "roc_auc"}, space={}, record={"test": True})
