"""Weights of rows in losses, scores and trainings of the network."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score

from hpsearch.errors import DataError
from hpsearch.nn import SCORES, Hyperparameters, Network, Training

SETTINGS = Hyperparameters(hidden_layer_sizes=(5,), optimizer="sgd", dtype="float64", batch_size=1000, epochs=3)
LOSSES = ("cross_entropy", "squared_error")


def example(loss, seed=0):
    rng = np.random.default_rng(seed)
    x, weights = rng.normal(size=(40, 3)), rng.integers(0, 4, 40)
    y = rng.integers(0, 3, 40) if loss == "cross_entropy" else rng.normal(size=(40, 3))
    return x, y, weights


def repeated(x, y, weights):
    return np.repeat(x, weights, axis=0), np.repeat(y, weights, axis=0)


def network(loss, settings=SETTINGS):
    return Network(3, 3, settings, loss=loss, rng=np.random.default_rng(1))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_weight_counts_as_so_many_rows(loss):
    x, y, weights = example(loss)
    expected = network(loss).evaluate(*repeated(x, y, weights))
    assert network(loss).evaluate(x, y, weights) == pytest.approx(expected, rel=1e-12)
    in_parts = network(loss)
    in_parts.chunk = 7
    assert in_parts.evaluate(x, y, 5 * weights) == pytest.approx(expected, rel=1e-12)
    assert in_parts.evaluate(x, y) != pytest.approx(expected)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("metrics", ["running", "exact"])
def test_a_training_with_weights_is_that_on_repeated_rows(loss, metrics):
    """The batch has all rows, so that the order does not matter."""
    x, y, weights = example(loss)
    settings = replace(SETTINGS, train_metrics=metrics)
    histories = []
    for rows in ((x, y, 3 * weights), repeated(x, y, weights), (x, y)):
        training = Training(
            network(loss, settings), settings, *rows, validation=(x, y, weights), rng=np.random.default_rng(0)
        )
        histories.append(
            [(each.train_loss, each.train_score, each.validation_loss, each.validation_score) for each in training]
        )
    assert np.array(histories[0]) == pytest.approx(np.array(histories[1]), rel=1e-9)
    assert np.array(histories[0]) != pytest.approx(np.array(histories[2]), rel=1e-3)


def test_batches_add_up_to_the_weighted_mean_loss():
    """The mean gradient over batches of equal size is the gradient of the weighted mean over all rows."""
    x, y, weights = example("cross_entropy")
    all_rows, rows = network("cross_entropy"), network("cross_entropy").check(x, y, weights)
    all_rows.find_gradient(rows[0], rows[1], None, rows[2])
    parts = []
    for start in range(0, 40, 10):
        part = network("cross_entropy")
        x_part, y_part, weight_part = (each[start : start + 10] for each in rows)
        part.find_gradient(x_part, y_part, None, weight_part)
        parts.append(part.gradient)
    assert np.mean(parts, axis=0) == pytest.approx(all_rows.gradient, abs=1e-12)


@pytest.mark.parametrize(("name", "judge"), [("accuracy", accuracy_score), ("r2", r2_score)])
def test_scores_are_those_of_scikit_learn(name, judge):
    rng = np.random.default_rng(3)
    targets, predictions = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    weights = rng.exponential(size=50) * (np.arange(50) > 9)
    score = SCORES[name]()
    for start in range(0, 50, 10):  # the first batch has weights of 0 only
        part = slice(start, start + 10)
        score.add(predictions[part], targets[part], weights[part])
    assert score.value() == pytest.approx(judge(targets, predictions, sample_weight=weights), rel=1e-12)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(39), r"sample_weight must have the shape \(40,\)"),
        (np.zeros(40), "finite numbers of at least 0, and some above"),
        (-np.ones(40), "got -1.0 as the least"),
        (np.full(40, np.nan), "finite numbers"),
        (["a"] * 40, "sample_weight must hold numbers"),
    ],
)
def test_invalid_weights(weights, message):
    x, y, _ = example("cross_entropy")
    with pytest.raises(DataError, match=message):
        network("cross_entropy").evaluate(x, y, weights)
