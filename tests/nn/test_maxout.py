"""Maxout contains ReLU: two pieces, of which the second is 0, compute the same and learn on from there."""

import numpy as np
import pytest

from hpsearch.nn import INITIALIZERS, Hyperparameters, Network, Streams, Training
from tests.nn.gradients import problem

SEED = np.random.SeedSequence(3)


def network_of(activation, loss="cross_entropy", **settings):
    settings = {"hidden_layer_sizes": (5, 4), "dtype": "float64", "initial_pieces": "relu"} | settings
    return Network(4, 3, Hyperparameters(activation=activation, **settings), loss=loss, rng=Streams(SEED))


def assert_close(one, other):
    np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("pieces", [2, 3])
@pytest.mark.parametrize("initializer", ["auto", *INITIALIZERS])
def test_with_one_piece_drawn_as_for_relu_it_is_relu(initializer, pieces):
    settings = {"initializer": initializer, "initializer_std": 0.5}
    relu, maxout = network_of("relu", **settings), network_of("maxout", pieces=pieces, **settings)
    x, _ = problem("cross_entropy", rows=40)
    outputs = relu.forward(x, training=False).copy()
    assert_close(maxout.forward(x, training=False), outputs)
    assert bool(outputs.any()) == (initializer != "zeros")
    for one, two in zip(relu.dense_layers, maxout.dense_layers, strict=True):
        np.testing.assert_array_equal(two.weight[:, : one.n_outputs], one.weight)
        assert not two.weight[:, one.n_outputs :].any()


@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_biases_keep_the_two_alike(loss):
    relu, maxout = network_of("relu", loss), network_of("maxout", loss)
    for one, two in zip(relu.dense_layers, maxout.dense_layers, strict=True):
        one.bias[...] = two.bias[: one.n_outputs] = np.linspace(-1, 1, one.n_outputs)
    x, _ = problem(loss, rows=40)
    outputs = relu.forward(x, training=False).copy()
    assert_close(maxout.forward(x, training=False), outputs)
    hidden = relu.layers[1].forward(relu.layers[0].forward(x, False), False)
    assert 0.2 < np.mean(hidden == 0) < 0.8  # both pieces win


def test_its_first_piece_has_relus_gradient_and_the_second_one_of_its_own():
    relu, maxout = network_of("relu"), network_of("maxout")
    x, y = problem("cross_entropy", rows=40)
    for network in (relu, maxout):
        network.find_gradient(x, y)
    for one, two in zip(relu.dense_layers, maxout.dense_layers, strict=True):
        assert_close(two.weight_gradient[:, : one.n_outputs], one.weight_gradient)
        if two.n_outputs > one.n_outputs:
            assert np.abs(two.weight_gradient[:, one.n_outputs :]).max() > 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_from_there_it_learns_the_shape_that_relu_lacks(seed):
    """One unit that counts positively fits |x|: ReLU is 0 on one side, two pieces make both."""
    x = np.linspace(-1, 1, 41)[:, np.newaxis]
    scores = {}
    for activation in ("relu", "maxout"):
        chosen = Hyperparameters(
            activation=activation, hidden_layer_sizes=1, initial_pieces="relu", learning_rate=0.02, epochs=200
        )
        streams = Streams(np.random.SeedSequence(seed))
        network = Network(1, 1, chosen, loss="squared_error", rng=streams)
        network.dense_layers[-1].weight[...] = 1.0
        list(Training(network, chosen, x, np.abs(x), rng=streams))
        scores[activation] = network.evaluate(x, np.abs(x))[1]
    assert scores["maxout"] > 0.99 > 0.6 > scores["relu"]
