import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, r2_score

from hpsearch.nn import SCORES, Hyperparameters, Network
from hpsearch.nn.scores import R2, Accuracy


def gathered(score, outputs, targets, sizes):
    instance, start = score(), 0
    for size in sizes:
        instance.add(outputs[start : start + size], targets[start : start + size])
        start += size
    assert start == len(outputs)
    return instance.value()


BATCHES = [(60,), (1, 59), (20, 20, 20), (1,) * 60]


@pytest.mark.parametrize("sizes", BATCHES, ids=len)
def test_accuracy_is_scikit_learns(sizes):
    rng = np.random.default_rng(0)
    outputs, targets = rng.integers(0, 4, 60), rng.integers(0, 4, 60)
    assert gathered(Accuracy, outputs, targets, sizes) == accuracy_score(targets, outputs)


@pytest.mark.parametrize("shift", [0.0, 1e4])
@pytest.mark.parametrize("sizes", BATCHES, ids=len)
def test_r2_is_scikit_learns(sizes, shift):
    rng = np.random.default_rng(0)
    targets = (rng.standard_normal((60, 3)) * [1, 10, 0] + shift).astype(np.float32)
    outputs = (targets + rng.standard_normal((60, 3))).astype(np.float32)
    # scikit-learn subtracts in the input's dtype, R2 in float64.
    expected = r2_score(targets.astype(float), outputs.astype(float))
    assert gathered(R2, outputs, targets, sizes) == pytest.approx(expected, rel=1e-9)


def test_equal_outputs_are_not_all_right():
    settings = Hyperparameters(initializer="zeros")
    network = Network(2, 3, settings, loss="cross_entropy", rng=np.random.default_rng(0))
    assert network.evaluate(np.ones((6, 2)), [0, 1, 2] * 2)[1] == pytest.approx(1 / 3)


def test_r2_of_a_constant_target():
    assert gathered(R2, np.ones((3, 1)), np.ones((3, 1)), [3]) == 1.0
    assert gathered(R2, np.zeros((3, 1)), np.ones((3, 1)), [3]) == 0.0
    assert gathered(R2, np.zeros((1, 1)), np.ones((1, 1)), [1]) == 0.0


def test_r2_of_the_mean_is_0():
    targets = np.array([[1.0], [2.0], [6.0]])
    assert gathered(R2, np.full((3, 1), 3.0), targets, [1, 2]) == pytest.approx(0.0)


@pytest.mark.parametrize(("name", "score"), SCORES.items())
def test_worst_is_worse_than_nonsense(name, score):
    assert score.name == name
    sign = {"maximize": 1, "minimize": -1}[score.direction]
    assert sign * score.worst <= 0.0
    assert not math.isnan(score.worst)
