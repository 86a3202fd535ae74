import math

import numpy as np
import pytest

from hpsearch.errors import DataError
from hpsearch.nn import LOSSES, SCORES
from hpsearch.nn.losses import CrossEntropy, SquaredError

FLOAT64 = np.dtype("float64")


def test_cross_entropy_by_hand():
    loss = CrossEntropy(3, FLOAT64)
    outputs = np.log([[1.0, 2.0, 1.0], [3.0, 3.0, 6.0]])  # probabilities 1/4 1/2 1/4 and 1/4 1/4 1/2
    loss.forward(outputs, np.array([1, 0]))
    assert loss.value() == pytest.approx((math.log(2) + math.log(4)) / 2)
    np.testing.assert_allclose(loss.backward(), [[0.125, -0.25, 0.125], [-0.375, 0.125, 0.25]])
    np.testing.assert_allclose(loss.predict(outputs.copy()), [[0.25, 0.5, 0.25], [0.25, 0.25, 0.5]])


def test_squared_error_by_hand():
    loss = SquaredError(2, FLOAT64)
    outputs, targets = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [0.0, 4.0]])
    loss.forward(outputs, targets)
    assert loss.value() == pytest.approx((4 + 9) / 8)
    np.testing.assert_allclose(loss.backward(), [[0, 0.5], [0.75, 0]])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1e3, 1e30])
def test_cross_entropy_of_huge_outputs_is_finite(size, dtype):
    loss = CrossEntropy(3, np.dtype(dtype))
    outputs = np.array([[size, 0, -size]], dtype)
    loss.forward(outputs, np.array([2]))
    assert loss.value() == pytest.approx(2 * size, rel=1e-6)
    np.testing.assert_allclose(loss.backward(), [[1, 0, -1]])
    np.testing.assert_allclose(loss.predict(outputs), [[1, 0, 0]])


def test_cross_entropy_with_one_class_is_0():
    loss = CrossEntropy(1, FLOAT64)
    loss.forward(np.array([[5.0], [-3.0]]), np.array([0, 0]))
    assert loss.value() == 0.0
    np.testing.assert_array_equal(loss.backward(), 0)


@pytest.mark.parametrize("loss", LOSSES.values())
def test_names_its_score(loss):
    assert SCORES[loss.score_name] is loss.score
    assert loss.worst_score == loss.score.worst


@pytest.mark.parametrize(
    ("y", "says"),
    [
        ([0, 1, 3], "class numbers from 0 to 2, got 0 to 3"),
        ([0, 1, -1], "class numbers from 0 to 2, got -1 to 1"),
        ([0.0, 1.0, 2.0], "whole numbers"),
        (["a", "b", "c"], "whole numbers"),
        ([0, 1], r"shape \(3,\)"),
        ([[0], [1], [2]], r"shape \(3,\)"),
    ],
)
def test_cross_entropy_refuses(y, says):
    with pytest.raises(DataError, match=says):
        CrossEntropy(3, FLOAT64).check(y, 3)


@pytest.mark.parametrize(
    ("y", "says"),
    [
        ([[0.0, 1.0]] * 2, r"shape \(3, 2\)"),
        ([0.0, 1.0, 2.0], r"shape \(3, 2\)"),
        ([["a", "b"]] * 3, "must hold numbers"),
        ([[0.0, math.nan]] * 3, "got nan in row 0, column 1"),
        ([[0.0, 1.0], [math.inf, 0.0], [0.0, 0.0]], "got inf in row 1, column 0"),
    ],
)
def test_squared_error_refuses(y, says):
    with pytest.raises(DataError, match=says):
        SquaredError(2, FLOAT64).check(y, 3)


def test_squared_error_refuses_what_float32_can_not_hold():
    with pytest.raises(DataError, match="fit float32"):
        SquaredError(1, np.dtype("float32")).check([1.0, 1e300], 2)
