"""The chapter's experiment: distribution of the activations in five layers of 100 units, by initializer."""

from itertools import pairwise

import numpy as np
import pytest

from hpsearch.nn import ACTIVATIONS, INITIALIZERS, Hyperparameters, Network, Training
from hpsearch.nn.layers import Dense


def activations(activation, initializer, std=1.0):
    """Return the outputs of each of five layers of 100 units for 1,000 normal inputs."""
    settings = Hyperparameters(
        hidden_layer_sizes=(100,) * 5, activation=activation, initializer=initializer, initializer_std=std
    )
    network = Network(100, 2, settings, loss="cross_entropy", rng=np.random.default_rng(0))
    x = np.random.default_rng(1).standard_normal((1000, 100)).astype(np.float32)
    outputs = []
    for layer in network.layers[:-1]:
        x = layer.forward(x, False).copy()
        if isinstance(layer, ACTIVATIONS[activation]):
            outputs.append(x)
    assert len(outputs) == 5
    return outputs


def test_sigmoid_with_deviation_1_piles_up_at_0_and_1():
    for y in activations("sigmoid", "normal", std=1.0):
        assert np.mean((y < 0.1) | (y > 0.9)) > 0.6
        assert np.mean((y > 0.4) & (y < 0.6)) < 0.1


def test_sigmoid_with_deviation_001_piles_up_at_one_half():
    *_, last = activations("sigmoid", "normal", std=0.01)
    assert last.std() < 0.05
    assert abs(last.mean() - 0.5) < 0.05
    assert np.std(last, axis=0).max() < 1e-3  # each unit is nearly constant over the rows


def test_sigmoid_with_xavier_keeps_a_spread():
    *_, last = activations("sigmoid", "xavier")
    assert 0.05 < last.std() < 0.35
    assert np.mean((last < 0.01) | (last > 0.99)) < 0.01


def test_relu_with_deviation_001_dies_out():
    first, *_, last = activations("relu", "normal", std=0.01)
    assert last.std() < 1e-4
    assert first.std() > 100 * last.std()


def test_relu_with_xavier_shrinks_with_depth():
    spreads = [y.std() for y in activations("relu", "xavier")]
    assert all(later < 0.9 * earlier for earlier, later in pairwise(spreads))
    assert spreads[-1] < 0.5 * spreads[0]


def test_relu_with_he_keeps_its_spread():
    spreads = [y.std() for y in activations("relu", "he")]
    assert all(0.6 < spread / spreads[0] < 1.6 for spread in spreads)


def test_zeros_make_every_unit_alike():
    for y in activations("sigmoid", "zeros"):
        assert np.ptp(y) == 0.0


def trained_from_zeros(activation):
    """Return a network after a training, and its rows: two classes of 30 and 10 rows that are easy to separate."""
    settings = Hyperparameters(
        hidden_layer_sizes=(6, 5), activation=activation, initializer="zeros", learning_rate=0.1, epochs=60
    )
    network = Network(2, 2, settings, loss="cross_entropy", rng=np.random.default_rng(0))
    y = np.repeat([0, 1], [30, 10])
    x = np.random.default_rng(1).standard_normal((40, 2)) + 8 * y[:, np.newaxis]
    list(Training(network, settings, x, y, rng=np.random.default_rng(2)))
    return network, x.astype(np.float32), y


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_units_that_start_at_zero_stay_equal(activation):
    network, x, _ = trained_from_zeros(activation)
    for layer in network.layers[:-1]:
        x = layer.forward(x, False).copy()
        if isinstance(layer, ACTIVATIONS[activation]):
            assert (x == x[:, :1]).all()


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_zeros_learn_only_how_frequent_the_classes_are(activation):
    network, x, y = trained_from_zeros(activation)
    assert not any(dense.weight.any() for dense in network.dense_layers)
    np.testing.assert_allclose(network.predict(x).mean(axis=0), [0.75, 0.25], atol=0.05)
    assert network.evaluate(x, y)[1] == 0.75


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_auto_neither_dies_out_nor_explodes(activation):
    first, *_, last = activations(activation, "auto")
    assert 0.1 < last.std() / first.std() < 3.0


FORMULAS = {
    "zeros": lambda fan_in, fan_out: 0.0,
    "normal": lambda fan_in, fan_out: 0.05,
    "xavier": lambda fan_in, fan_out: np.sqrt(2 / (fan_in + fan_out)),
    "he": lambda fan_in, fan_out: np.sqrt(2 / fan_in),
    "he_relu": lambda fan_in, fan_out: np.sqrt(2 / fan_in),
    "lecun": lambda fan_in, fan_out: np.sqrt(1 / fan_in),
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_deviation_of_the_weights_that_are_drawn(name):
    settings = Hyperparameters(hidden_layer_sizes=(400,), initializer=name, initializer_std=0.05)
    network = Network(300, 2, settings, loss="cross_entropy", rng=np.random.default_rng(0))
    dense = network.layers[0]
    assert isinstance(dense, Dense)
    np.testing.assert_allclose(dense.weight.std(), FORMULAS[name](300, 400), rtol=0.02)
    assert abs(dense.weight.mean()) <= 0.01 * dense.weight.std()
    np.testing.assert_array_equal(dense.bias, 0)


def test_he_takes_the_slope_into_account():
    assert INITIALIZERS["he"].std(50, 10, 0.5) == pytest.approx(np.sqrt(2 / (1.25 * 50)))


@pytest.mark.parametrize(("name", "gain"), [("he", 1), ("he_relu", 2)])
def test_the_output_layer_has_the_gain_of_its_own_activation_or_that_of_relu(name, gain):
    settings = Hyperparameters(hidden_layer_sizes=(400,), initializer=name)
    network = Network(30, 100, settings, loss="cross_entropy", rng=np.random.default_rng(0))
    output = network.layers[-1]
    assert isinstance(output, Dense)
    np.testing.assert_allclose(output.weight.std(), np.sqrt(gain / 400), rtol=0.02)
