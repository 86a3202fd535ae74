"""Objectives on rows with weights, groups or an order."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, log_loss, r2_score

from hpsearch.data import Dataset, split
from hpsearch.errors import UsageError
from hpsearch.estimators import MLPClassifier
from hpsearch.objectives import EstimatorObjective, MLPObjective
from tests.objectives.families.svc import SVCObjective


def weighted(task="classification", **fields) -> Dataset:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3)).astype(np.float32)
    noisy = x[:, 0] + rng.normal(size=200)
    y = (noisy > 0).astype(np.int64) if task == "classification" else noisy.astype(np.float32)
    names = ("no", "yes") if task == "classification" else ()
    fields = fields or {"weights": rng.exponential(size=200) * rng.integers(0, 2, 200)}
    return Dataset("weighted", x, y, task, ("a", "b", "c"), names, **fields)


def test_an_estimator_is_fitted_and_scored_with_weights():
    dataset = weighted()
    objective = EstimatorObjective(dataset, model={"estimator": "logistic_regression", "C": 0.1}, space={})
    rows = split(dataset, seed=0)
    by_hand = LogisticRegression(C=0.1).fit(rows.x_train, rows.y_train, sample_weight=rows.w_train)
    trained = objective.retrain({}, objective.seeds(0))
    expected = accuracy_score(rows.y_validation, by_hand.predict(rows.x_validation), sample_weight=rows.w_validation)
    assert trained.validation == pytest.approx(expected)
    tested = accuracy_score(rows.y_test, by_hand.predict(rows.x_test), sample_weight=rows.w_test)
    assert trained.outcome().value == pytest.approx(tested)
    assert trained.outcome().right is None, "the chance of weighted rows is not known"
    assert trained.model().coef_ != pytest.approx(LogisticRegression(C=0.1).fit(rows.x_train, rows.y_train).coef_)


def test_a_network_is_scored_with_weights():
    dataset = weighted()
    objective = MLPObjective(dataset, model={"epochs": 3}, space={})
    rows = split(dataset, seed=0)
    trained = objective.retrain({}, objective.seeds(0))
    for part, value in (("validation", trained.validation), ("test", trained.outcome().value)):
        predictions = trained.model().predict(getattr(rows, f"x_{part}")).argmax(axis=1)
        targets, weights = getattr(rows, f"y_{part}"), getattr(rows, f"w_{part}")
        assert value == pytest.approx(accuracy_score(targets, predictions, sample_weight=weights), rel=1e-6)


def test_equal_weights_change_no_value_by_more_than_rounding():
    plain, same = weighted(order=None), weighted(weights=np.full(200, 3.0))
    values = []
    for dataset in (plain, same):
        objective = MLPObjective(dataset, model={"epochs": 3}, space={})
        values.append(objective.retrain({}, objective.seeds(0)).attributes()["history"]["train_loss"])
    assert values[0] == pytest.approx(values[1], rel=1e-5)


def test_another_metric_takes_the_weights(tmp_path):
    dataset, path = weighted(), tmp_path / "weighted.csv"
    table = np.column_stack([dataset.x.astype(float), dataset.weights, dataset.y])
    np.savetxt(path, table, delimiter=",", header="a,b,c,w,y", comments="")
    data = {"source": "csv", "path": str(path), "target": "y", "weight": "w", "metric": "neg_log_loss"}
    objective = EstimatorObjective(data, model={"estimator": "logistic_regression"}, space={})
    rows, trained = objective.data, objective.retrain({}, objective.seeds(0))
    probabilities = trained.model().predict_proba(rows.x_validation)
    expected = log_loss(rows.y_validation, probabilities, sample_weight=rows.w_validation)
    assert trained.validation == pytest.approx(expected)


def test_baselines_are_fitted_and_scored_with_weights():
    dataset = weighted("regression")
    objective = EstimatorObjective(dataset, model={"estimator": "ridge"}, space={})
    rows = split(dataset, seed=0)
    by_hand = Ridge().fit(rows.x_train, rows.y_train, sample_weight=rows.w_train)
    expected = r2_score(rows.y_test, by_hand.predict(rows.x_test), sample_weight=rows.w_test)
    assert objective.baseline("linear").test == pytest.approx(expected, rel=1e-5)
    assert np.isfinite(objective.baseline("forest").test)


def test_a_model_for_use_is_fitted_with_weights():
    dataset = weighted()
    objective = EstimatorObjective(dataset, model={"estimator": "logistic_regression"}, space={})
    model = objective.final_model({}, all_rows=True)
    x = (dataset.x - dataset.x.mean(axis=0)) / dataset.x.std(axis=0)
    by_hand = LogisticRegression().fit(x, dataset.y, sample_weight=dataset.weights)
    assert model.estimator.coef_ == pytest.approx(by_hand.coef_, rel=1e-3)
    network = MLPObjective(dataset, model={"epochs": 2}, space={}).final_model({})
    plain = MLPObjective(weighted(order=None), model={"epochs": 2}, space={}).final_model({})
    assert not np.array_equal(network.predict_proba(dataset.x), plain.predict_proba(dataset.x))


def test_early_stopping_of_an_estimator_holds_out_rows_with_their_weights():
    dataset = weighted()
    estimator = MLPClassifier(epochs=2, early_stopping=True, random_state=0)
    with_weights = estimator.fit_weighted(dataset.x, dataset.y, dataset.weights).validation_scores_
    assert len(with_weights) == 2
    assert with_weights != estimator.fit(dataset.x, dataset.y).validation_scores_


@pytest.mark.parametrize("fields", [{"groups": np.arange(200) // 4}, {"order": np.arange(200.0)}])
def test_the_chance_of_rows_that_belong_together_is_not_that_of_single_rows(fields):
    objective = EstimatorObjective(weighted(**fields), model={"estimator": "logistic_regression"}, space={})
    outcome = objective.retrain({}, objective.seeds(0)).outcome()
    assert 0 < outcome.value <= 1
    assert outcome.right is None


def test_repeats_by_time_have_the_same_rows_and_other_seeds():
    objective = EstimatorObjective(weighted(order=np.arange(200.0)), model={"estimator": "random_forest"}, space={})
    other = objective.for_repeat(1)
    assert other.fingerprints() == objective.fingerprints()
    assert other.seeds(0).generate_state(1) != objective.seeds(0).generate_state(1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda data: EstimatorObjective(data, model={"estimator": "k_neighbors"}),
            "the estimator 'k_neighbors' takes no weights",
        ),
        (lambda data: SVCObjective(data), r"\[data\] weight: the family 'svc' takes no weights"),
        (lambda data: MLPObjective(data, record={"layers": True}), r"\[record\] layers needs rows without weights"),
        (
            lambda data: MLPObjective(data, space={}, record={"test": True}),
            r"\[record\] test needs rows without weights",
        ),
    ],
)
def test_weights_that_can_not_be_taken_are_refused_before_a_training(make, message):
    with pytest.raises(UsageError, match=message):
        make(weighted())


def test_a_metric_without_weights_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    rng = np.random.default_rng(0)
    np.savetxt(path, rng.random((60, 3)), delimiter=",", header="a,w,y", comments="")
    data = {"source": "csv", "path": str(path), "target": "y", "weight": "w", "metric": "neg_max_error"}
    with pytest.raises(UsageError, match="'neg_max_error' takes no weights: leave out"):
        EstimatorObjective(data, model={"estimator": "ridge"})
