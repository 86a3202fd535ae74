import numpy as np
import pytest

from hpsearch.data.sources.float32 import first_blurred

FINE = {
    "numbers around 0": np.array([-1.0, 0.0, 1e-9]),
    "a constant that float32 rounds": np.full(5, 0.1),
    "a constant but for float64's rounding": 1 + np.array([0.0, 2e-16, 4e-16]),
    "whole numbers that float32 holds": np.arange(16_777_000, 16_777_200),
    "times that are days apart": 1_700_000_000 + 86_400 * np.arange(30),
    "float32 itself": np.float32([1e10, 1e10 + 1024]),
    "infinite": np.array([1.0, np.inf]),
    "truth values": np.array([True, False]),
}
BLURRED = {
    "times that are seconds apart": 1_700_000_000 + np.arange(100),
    "the same as float64": 1_700_000_000.5 + np.arange(100),
    "64 bits, unsigned": np.uint64(2**63) + np.arange(100, dtype=np.uint64)[::-1],
    "64 bits, which float64 does not tell apart either": 2**62 + np.arange(100),
    "numbers that float32 takes for 0": 1e-50 * np.arange(1, 9),
    "a small difference": 1.0 + 1e-9 * np.arange(100),
}


@pytest.mark.parametrize("blurred", [True, False])
def test_a_column_that_float32_tells_too_little_of_is_found(blurred):
    for case, values in (BLURRED if blurred else FINE).items():
        exact = np.stack([np.linspace(0, 1, len(values)).astype(values.dtype), values], axis=1)
        with np.errstate(all="ignore"):
            rounded = exact.astype(np.float32)
        assert first_blurred(exact, rounded) == (1 if blurred else None), case
