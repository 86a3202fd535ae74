"""Values against textbook formulas, and properties of all activations."""

import math

import numpy as np
import pytest

from hpsearch.nn import ACTIVATIONS, Hyperparameters, Network, Training

SETTINGS = Hyperparameters(negative_slope=0.1, initial_slope=0.3)

# Scalar formulas with functions of the standard library. maxout: the larger of x and the second piece, 1 - x here.
FORMULAS = {
    "identity": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "tanh": lambda x: (math.exp(2 * x) - 1) / (math.exp(2 * x) + 1),
    "relu": lambda x: x if x > 0 else 0.0,
    "leaky_relu": lambda x: x if x > 0 else 0.1 * x,
    "prelu": lambda x: x if x > 0 else 0.3 * x,
    "maxout": lambda x: x if x > 1 - x else 1 - x,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "gelu": lambda x: x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
}


def layer_for(name, units, dtype="float64"):
    """Return the activation with its parameters bound, and the number of inputs."""
    kind = ACTIVATIONS[name]
    layer = kind(units, np.dtype(dtype), **SETTINGS.select(kind.hyperparameters))
    values = {key: np.zeros(parameter.shape) for key, parameter in layer.parameters.items()}
    layer.bind(values, {key: np.zeros_like(value) for key, value in values.items()})
    layer.initialize(np.random.default_rng(0))
    return layer


def inputs_for(layer, x):
    """Return `x` as the layer's inputs; further pieces are 1 - x."""
    return np.hstack([x] + [1 - x] * (layer.n_inputs // layer.n_outputs - 1))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values(name, training):
    x = np.linspace(-4, 4, 33).reshape(11, 3)
    layer = layer_for(name, 3)
    expected = [[FORMULAS[name](value) for value in row] for row in x.tolist()]
    np.testing.assert_allclose(layer.forward(inputs_for(layer, x), training), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_huge_inputs_give_no_nan(name):
    layer = layer_for(name, 2, "float32")
    x = inputs_for(layer, np.array([[-1e30, 1e30], [-1e4, 1e4]], np.float32))
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.isnan(layer.forward(x, False)).any()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_rows_do_not_meet(name):
    layer = layer_for(name, 3)
    inputs = inputs_for(layer, np.random.default_rng(0).standard_normal((7, 3)))
    together = layer.forward(inputs.copy(), False).copy()
    alone = [layer.forward(inputs[i : i + 1], False)[0].copy() for i in range(7)]
    np.testing.assert_allclose(together, alone, rtol=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_pass_does_not_depend_on_the_arrays_of_those_before(name):
    layer, rng = layer_for(name, 3), np.random.default_rng(0)
    inputs, gradients = np.empty((2, 5, layer.n_inputs)), np.empty((2, 5, 3))
    xs, gs = list(inputs), list(gradients)
    for i, j in [(0, 0), (0, 1), (1, 1), (1, 0), (1, 0), (0, 0)]:  # same arrays with new values, in new pairs
        fresh = layer_for(name, 3)
        rng.standard_normal(out=inputs)
        rng.standard_normal(out=gradients)
        expected = fresh.forward(xs[i].copy(), True).copy(), fresh.backward(gs[j].copy())
        np.testing.assert_array_equal(layer.forward(xs[i], True), expected[0])
        np.testing.assert_array_equal(layer.backward(gs[j]), expected[1])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_learns_a_function_that_is_not_linear_unless_it_is_linear_itself(name):
    # |x| has no linear part on a symmetric interval: the best linear model has R² = 0.
    x = np.linspace(-1, 1, 64)[:, None]
    settings = Hyperparameters(hidden_layer_sizes=(20,), activation=name, learning_rate=0.05, epochs=400)
    rng = np.random.default_rng(0)
    network = Network(1, 1, settings, loss="squared_error", rng=rng)
    for _ in Training(network, settings, x, np.abs(x), rng=rng):
        pass
    _, r2 = network.evaluate(x, np.abs(x))
    assert (r2 > 0.9) == (ACTIVATIONS[name].negative_slope != 1.0), r2


def test_maxout_gives_ties_to_the_first_piece():
    layer = layer_for("maxout", 2)
    layer.forward(np.array([[1.0, 5.0, 1.0, 7.0]]), True)
    np.testing.assert_array_equal(layer.backward(np.array([[2.0, 3.0]])), [[2.0, 0.0, 0.0, 3.0]])


def test_prelu_has_a_slope_for_each_unit():
    layer = layer_for("prelu", 2)
    layer.slope[...] = [0.5, 2.0]
    np.testing.assert_allclose(layer.forward(np.array([[-1.0, -1.0], [3.0, 3.0]]), False), [[-0.5, -2.0], [3.0, 3.0]])
