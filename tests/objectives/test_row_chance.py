"""The chance of the rows that a scorer judges."""

import math

import numpy as np
import pytest

from hpsearch.objectives import EstimatorObjective, MLPObjective
from hpsearch.objectives.row_chance import DRAWS
from hpsearch.objectives.scoring import Scorer
from hpsearch.run.judged_rows import stored_rows

RNG = np.random.default_rng(3)
TENTHS = 3 / math.sqrt(2 * (DRAWS - 1))  # three standard errors of a standard deviation from so many draws


class Ranking:
    """Classifier whose score is its input."""

    classes_ = np.array([0, 1])
    _estimator_type = "classifier"
    asked = 0

    def predict_proba(self, x):
        type(self).asked += 1
        return np.column_stack([1 - x[:, 0], x[:, 0]])

    def predict(self, x):
        return (x[:, 0] > 0.5).astype(int)


def test_it_is_that_of_the_area_under_the_curve():
    """Source: Hanley and McNeil, Radiology 143, 1982: the variance of the area for exponential scores."""
    positive, negative = 60, 200
    y = np.repeat([1, 0], [positive, negative])
    x = np.clip(RNG.normal(np.where(y == 1, 0.6, 0.4), 0.15), 0, 1)[:, np.newaxis]
    scorer = Scorer("roc_auc")
    area = np.mean(x[y == 1] > x[y == 0].T)
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (positive - 1) * (first - area**2) + (negative - 1) * (second - area**2)
    expected = math.sqrt(variance / (positive * negative))
    asked = Ranking.asked
    assert scorer.row_error(Ranking(), x, y) == pytest.approx(expected, rel=TENTHS)
    assert Ranking.asked == asked + 1


class Same:
    """Regressor that predicts its input."""

    def predict(self, x):
        return x[:, 0]


def test_it_is_in_the_units_of_the_target():
    x = RNG.normal(size=(300, 1))
    y = x[:, 0] + RNG.normal(size=300)
    errors = np.abs(y - x[:, 0]) * 10
    scorer = Scorer("neg_mean_absolute_error", y_shift=5.0, y_scale=10.0)
    assert scorer.row_error(Same(), x, y) == pytest.approx(errors.std(ddof=1) / math.sqrt(300), rel=TENTHS)


@pytest.mark.parametrize(
    "made",
    [
        lambda data: EstimatorObjective(data, model={"estimator": "logistic_regression", "C": 1.0}, space={}),
        lambda data: MLPObjective(data, model={"hidden_layer_sizes": [5], "epochs": 2, "learning_rate": 0.1}, space={}),
    ],
)
def test_an_outcome_has_it_for_another_metric_than_the_own_one(made):
    outcomes = []
    for metric in ("roc_auc", "accuracy"):
        objective = made({"source": "breast_cancer", "metric": metric})
        training = objective.retrain({}, objective.seeds(0))
        list(training)
        outcomes.append(training.outcome())
    assert 0 < outcomes[0].error < 0.1
    assert outcomes[1].error is None
    assert stored_rows(outcomes[:1]) == {"rows": 0, "errors": [outcomes[0].error]}
    assert "errors" not in stored_rows(outcomes[1:])


def test_rows_with_weights_have_none():
    x, y = RNG.normal(size=(60, 2)), np.tile([0, 1], 30)
    frame = {"a": x[:, 0], "b": x[:, 1], "w": np.ones(60), "y": y}
    data = {"frame": frame, "target": "y", "weight": "w", "metric": "roc_auc"}
    objective = EstimatorObjective(data, model={"estimator": "logistic_regression", "C": 1.0}, space={})
    training = objective.retrain({}, objective.seeds(0))
    assert training.outcome().error is None
