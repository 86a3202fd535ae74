"""Maxout contains ReLU: two pieces, of which the second is 0, compute the same and learn on from there."""

import numpy as np
import pytest

from tests.nn.gradients import network_for, problem


def as_relu(loss="cross_entropy", **settings):
    """Return a network with ReLU, and one with maxout whose second pieces are 0 and whose first are ReLU's."""
    relu = network_for(loss, activation="relu", **settings)
    maxout = network_for(loss, activation="maxout", pieces=2, **settings)
    for one, two in zip(relu.dense_layers, maxout.dense_layers, strict=True):
        two.weight[...], two.bias[...] = 0.0, 0.0
        two.weight[:, : one.n_outputs], two.bias[: one.n_outputs] = one.weight, one.bias
    return relu, maxout


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_a_second_piece_of_0_makes_relu(loss):
    relu, maxout = as_relu(loss)
    x, _ = problem(loss, rows=40)
    outputs = relu.forward(x, training=False).copy()
    np.testing.assert_allclose(maxout.forward(x, training=False), outputs, rtol=1e-12, atol=1e-12)
    hidden = relu.layers[1].forward(relu.layers[0].forward(x, False), False)
    assert 0.2 < np.mean(hidden == 0) < 0.8  # both pieces win


def test_its_first_piece_has_relus_gradient_and_the_second_learns_another_shape():
    relu, maxout = as_relu()
    x, y = problem("cross_entropy", rows=40)
    for network in (relu, maxout):
        network.find_gradient(x, y)
    for one, two in zip(relu.dense_layers, maxout.dense_layers, strict=True):
        np.testing.assert_allclose(two.weight_gradient[:, : one.n_outputs], one.weight_gradient, atol=1e-12)
        if two.n_outputs > one.n_outputs:
            assert np.abs(two.weight_gradient[:, one.n_outputs :]).max() > 1e-3
