"""Sizes of weights, on planted ones."""

import numpy as np
import pytest

from hpsearch.nn import Training, weight_sizes
from tests.nn.gradients import network_for, problem


def network_with_weights(weights, **settings):
    """Return a network of one dense layer with these weights, and biases of 100, which do not count."""
    network = network_for("squared_error", 1, len(weights), hidden_layer_sizes=(), **settings)
    network.parameters[...] = 100.0
    network.dense_layers[0].weight[0] = weights
    return network


def test_shares_are_taken_from_the_largest_size():
    sizes = weight_sizes(network_with_weights([-2.0, 1.5, 1.0, 0.002, -0.001, 0.0021]))
    assert sizes.near_zero == pytest.approx(2 / 6)
    assert sizes.large == pytest.approx(2 / 6)
    assert sizes.rms == pytest.approx(np.sqrt((4 + 2.25 + 1) / 6), rel=1e-5)


def test_weights_of_0_are_all_near_0():
    assert weight_sizes(network_with_weights([0.0, 0.0])) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_have_no_sizes(value):
    assert np.isnan(weight_sizes(network_with_weights([1.0, value]))).all()


def test_l1_leaves_more_weights_near_0_than_l2():
    x, y = problem("squared_error", rows=40, n_outputs=1)
    shares = {}
    for name in ("l1", "weight_decay"):
        settings = {"hidden_layer_sizes": (30,), "optimizer": "sgd", "learning_rate": 0.01, "epochs": 400, name: 0.05}
        network = network_for("squared_error", 4, 1, **settings)
        list(Training(network, network.hyperparameters, x, y, rng=np.random.default_rng(0)))
        shares[name] = weight_sizes(network).near_zero
    assert shares["l1"] > shares["weight_decay"] + 0.1
