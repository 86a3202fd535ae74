"""Gradient checks by finite differences, in float64."""

import numpy as np

from hpsearch.nn import LOSSES, Hyperparameters, Network


def problem(loss, rows, n_inputs=4, n_outputs=3, seed=0):
    """Return inputs and targets for a loss: class numbers for classification, else real numbers."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, n_inputs))
    targets = {"Accuracy": rng.integers(0, n_outputs, rows), "R2": rng.standard_normal((rows, n_outputs))}
    return x, targets[LOSSES[loss].score.__name__]


def network_for(loss, n_inputs=4, n_outputs=3, seed=1, **settings):
    settings = {"hidden_layer_sizes": (5, 4), "dtype": "float64"} | settings
    network = Network(n_inputs, n_outputs, Hyperparameters(**settings), loss=loss, rng=np.random.default_rng(seed))
    # Perturb the initial values: zero biases and equal slopes would hide errors.
    network.parameters += 0.1 * np.random.default_rng(seed + 1).standard_normal(network.parameters.size)
    return network


def relative_error(network, x, y, step=1e-6):
    """Return ‖numeric - analytic‖ / (‖numeric‖ + ‖analytic‖) over all parameters, and the numeric gradient."""
    draws = network.rng.bit_generator.state

    def loss():
        network.rng.bit_generator.state = draws  # the same units are dropped each time
        network.loss.forward(network.forward(x, training=True), y)
        return network.loss.value() + network.penalty.value()

    network.rng.bit_generator.state = draws
    network.find_gradient(x, y)
    analytic, numeric = network.gradient.copy(), np.empty_like(network.gradient)
    for index, value in enumerate(network.parameters.copy()):
        network.parameters[index] = value + step
        above = loss()
        network.parameters[index] = value - step
        numeric[index] = (above - loss()) / (2 * step)
        network.parameters[index] = value
    return np.linalg.norm(numeric - analytic) / (np.linalg.norm(numeric) + np.linalg.norm(analytic)), numeric
