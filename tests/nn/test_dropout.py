import numpy as np
import pytest

from hpsearch.nn.dropout import Dropout


def layer_for(share, dtype="float32", seed=0, **options):
    return Dropout(200, np.dtype(dtype), share=share, rng=np.random.default_rng(seed), **options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("share", [1e-9, 0.1, 0.5, 0.9])
def test_drops_the_share_and_scales_the_rest(share, dtype):
    y = layer_for(share, dtype).forward(np.ones((500, 200), dtype), True)
    kept = y != 0
    np.testing.assert_allclose(y[kept], 1 / (1 - share), rtol=1e-6)
    # 100,000 draws: five standard deviations.
    assert abs(kept.mean() - (1 - share)) <= 5 * np.sqrt(share * (1 - share) / kept.size) + 1e-12
    assert y.mean(dtype=float) == pytest.approx(1, abs=5 * np.sqrt(share / (1 - share) / kept.size) + 1e-6)


def test_evaluation_hands_through():
    x = np.random.default_rng(0).standard_normal((5, 200)).astype(np.float32)
    np.testing.assert_array_equal(layer_for(0.5).forward(x, False), x)


def test_scaled_in_evaluation_training_leaves_what_it_does_not_drop():
    x = np.random.default_rng(0).standard_normal((50, 200)).astype(np.float32)
    layer, inverted = layer_for(0.2, scaling="evaluation"), layer_for(0.2)
    y = layer.forward(x, True).copy()
    np.testing.assert_array_equal(y, x * (y != 0))
    np.testing.assert_array_equal(y != 0, inverted.forward(x, True) != 0)
    np.testing.assert_array_equal(layer.backward(np.ones_like(x)), (y != 0).astype(np.float32))
    assert set(layer.draw_units(np.random.default_rng(0))) == {0.0, 1.0}


def test_scaled_in_evaluation_the_output_is_the_mean_of_training_s():
    x = np.random.default_rng(0).standard_normal((5, 200)).astype(np.float32)
    kept = x.copy()
    np.testing.assert_allclose(layer_for(0.2, scaling="evaluation").forward(x, False), 0.8 * x, rtol=1e-6)
    np.testing.assert_array_equal(x, kept)


def test_the_gradient_passes_where_the_unit_did():
    layer = layer_for(0.5)
    y = layer.forward(np.ones((20, 200), np.float32), True).copy()
    np.testing.assert_array_equal(layer.backward(np.ones((20, 200), np.float32)), y)


def test_draws_anew_each_time_from_its_generator():
    x = np.ones((20, 200), np.float32)
    one, other = layer_for(0.5), layer_for(0.5)
    first = one.forward(x, True).copy()
    np.testing.assert_array_equal(other.forward(x, True), first)
    assert (one.forward(x, True) != first).any()
