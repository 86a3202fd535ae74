import math

import numpy as np
import pandas as pd
import pytest

from hpsearch.errors import DataError
from hpsearch.nn.arrays import as_inputs, is_finite

FLOAT32 = np.dtype("float32")


@pytest.mark.parametrize(
    ("x", "says"),
    [
        ([[1.0, 2.0, 3.0]], r"shape \(rows, 2\), got \(1, 3\)"),
        ([1.0, 2.0], r"shape \(rows, 2\), got \(2,\)"),
        (5.0, r"shape \(rows, 2\), got \(\)"),
        (np.empty((0, 2)), "at least one row"),
        ([[1.0, 2.0], [3.0, math.nan]], "got nan in row 1, column 1"),
        ([[math.inf, 2.0]], "got inf in row 0, column 0"),
        ([[1e300, 2.0]], "fit float32, got inf in row 0, column 0"),
        ([["a", "b"]], "must hold numbers"),
        ([[1.0, "b"]], "must hold numbers"),
        (np.array([[1.0, "b"]], object), "array of numbers"),
        ([[1.0, 2.0], [3.0]], "array of numbers"),
        ([[1j, 2.0]], "must hold numbers, got complex128"),
        (np.array([["2020-01-01", "2020-01-02"]], "datetime64[D]"), "must hold numbers"),
        (None, "array of numbers|shape"),
        (np.array([[None, 1.0]]), "array of numbers|got nan"),
    ],
)
def test_refuses_in_one_line(x, says):
    with pytest.raises(DataError, match=says) as error:
        as_inputs(x, 2, FLOAT32, "x")
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("x must")


@pytest.mark.parametrize(
    "x",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]], np.uint8),
        np.array([[1.0, 2.0], [3.0, 4.0]], order="F"),
        np.array([[1, 9, 2, 9], [3, 9, 4, 9]])[:, ::2],
        np.array([[1, 2], [3, 4]], object),
        pd.DataFrame({"a": [1, 3], "b": [2.0, 4.0]}),
    ],
    ids=str,
)
def test_takes_anything_numeric(x):
    array = as_inputs(x, 2, FLOAT32)
    assert array.dtype == FLOAT32
    assert array.flags.c_contiguous
    np.testing.assert_array_equal(array, [[1, 2], [3, 4]])


def test_what_is_right_already_is_not_copied():
    x = np.ones((3, 2), np.float32)
    assert np.shares_memory(as_inputs(x, 2, FLOAT32), x)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_is_finite(value):
    array = np.ones((3, 3))
    assert is_finite(array)
    array[1, 2] = value
    assert not is_finite(array)


def test_entries_whose_squares_overflow_are_finite():
    array = np.full((3, 3), 1e30, np.float32)
    assert is_finite(array)
    array[2, 0] = math.inf
    assert not is_finite(array)
    assert is_finite(np.empty((0, 3)))
