import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

from hpsearch.data.scaling import BLOCK_ROWS, SCALINGS, rescale

PEERS = {"standard": StandardScaler(), "minmax": MinMaxScaler(), "none": FunctionTransformer()}


@pytest.mark.parametrize("name", SCALINGS)
def test_agrees_with_scikit_learn(name):
    rng = np.random.default_rng(3)
    # More rows than a block, and an offset too large for float32 arithmetic.
    x = (rng.normal(size=(2 * BLOCK_ROWS + 7, 3)) * [1, 50, 1e-3] + [0, 1e4, 5]).astype(np.float32)
    expected = PEERS[name].fit_transform(x.astype(np.float64))
    rescale(x, *SCALINGS[name](x))
    np.testing.assert_allclose(x, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in SCALINGS if name != "none"])
@settings(deadline=None)
@given(value=st.floats(width=32, allow_nan=False, allow_infinity=False), rows=st.integers(1, 60))
def test_a_constant_column_gives_0_in_every_row(name, value, rows):
    fitted = SCALINGS[name](np.full((rows, 1), value, dtype=np.float32))
    other = np.array([[value], [1e30], [-7]], dtype=np.float32)
    rescale(other, *fitted)
    assert np.array_equal(np.abs(other), np.zeros((3, 1)))


@settings(deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=st.floats(-1e6, 1e6, width=32)))
def test_minmax_fills_0_to_1(x):
    varies = x.min(axis=0) < x.max(axis=0)
    rescale(x, *SCALINGS["minmax"](x.copy()))
    np.testing.assert_array_equal(x.min(axis=0), 0)
    np.testing.assert_allclose(x.max(axis=0), varies.astype(float), rtol=1e-6)


@pytest.mark.parametrize("name", SCALINGS)
@settings(deadline=None)
@given(x=arrays(np.float32, (5, 2), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_whatever_is_finite_stays_finite_on_the_rows_it_was_fitted_on(name, x):
    rescale(x, *SCALINGS[name](x.copy()))
    assert np.isfinite(x).all()
