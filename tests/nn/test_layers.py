"""Dense, and the layout of the flat vectors."""

import numpy as np
import pytest

from hpsearch.nn import ACTIVATIONS, Hyperparameters, Network
from hpsearch.nn.arrays import Buffer
from hpsearch.nn.layers import Dense


def dense(**options):
    layer = Dense(2, 3, np.dtype("float64"), std=1.0, **options)
    shapes = {name: parameter.shape for name, parameter in layer.parameters.items()}
    layer.bind(*({name: np.zeros(shape) for name, shape in shapes.items()} for _ in range(2)))
    return layer


def test_dense_by_hand():
    layer = dense()
    layer.weight[...], layer.bias[...] = [[1, 2, 3], [4, 5, 6]], [10, 20, 30]
    np.testing.assert_array_equal(layer.forward(np.array([[1.0, 0.0], [1.0, 1.0]]), True), [[11, 22, 33], [15, 27, 39]])
    gradient = layer.backward(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 2.0]]))
    np.testing.assert_array_equal(gradient, [[1, 4], [8, 17]])
    np.testing.assert_array_equal(layer.weight_gradient, [[1, 1, 2], [0, 1, 2]])
    np.testing.assert_array_equal(layer.bias_gradient, [1, 1, 2])


def test_first_layer_spares_the_gradient_of_its_inputs():
    layer = dense(first=True)
    layer.forward(np.ones((4, 2)), True)
    assert layer.backward(np.ones((4, 3))).size == 0
    np.testing.assert_array_equal(layer.weight_gradient, 4)


def test_without_bias():
    layer = dense(bias=False)
    assert list(layer.parameters) == ["weight"]
    np.testing.assert_array_equal(layer.forward(np.ones((4, 2)), True), 0)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_parameter_has_a_place_of_its_own_and_weights_alone_decay(activation, batch_norm):
    settings = Hyperparameters(hidden_layer_sizes=(5, 4), activation=activation, batch_norm=batch_norm)
    network = Network(3, 2, settings, loss="cross_entropy", rng=np.random.default_rng(0))
    network.parameters[...] = 0
    network.gradient[...] = 0
    names = []
    for number, layer in enumerate(network.layers):
        for name, parameter in layer.parameters.items():
            for view, flat in (
                (getattr(layer, name), network.parameters),
                (getattr(layer, f"{name}_gradient"), network.gradient),
            ):
                assert view.shape == parameter.shape
                before = flat.copy()
                view += 1
                changed = flat != before
                assert changed.sum() == view.size
                np.testing.assert_array_equal(network.decay_mask[changed], name == "weight")
            names.append((number, name))
    np.testing.assert_array_equal(network.parameters, 1)
    np.testing.assert_array_equal(network.gradient, 1)
    assert len(names) >= 5 if batch_norm else 6


def test_buffer_grows_and_lends():
    buffer = Buffer(2, np.float32)
    three = buffer.rows(3)
    three[...] = 1
    assert buffer.rows(3) is three
    assert buffer.rows(2).base is three.base
    assert buffer.rows(2).shape == (2, 2)
    assert buffer.rows(5).shape == (5, 2)
    assert buffer.rows(3).dtype == np.float32
