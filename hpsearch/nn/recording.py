"""Recording: each layer's activations and gradients, so that vanishing gradients and dead units can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hpsearch.checks import whole
from hpsearch.nn.activations import Activation
from hpsearch.nn.arrays import Array, as_inputs
from hpsearch.nn.layers import Dense, Layer
from hpsearch.nn.network import Network

NEAR_LIMIT = 0.01
"""An output counts as saturated if it lies within this share of the activation's range from one of its limits."""

_FAR = 0.25 * np.finfo(np.float64).max  # the difference of two numbers within it is a number


@dataclass(frozen=True)
class LayerRecord:
    """A layer's outputs and gradients for a sample of rows."""

    layer: int
    """Its place in `Network.layers`."""
    kind: str
    """Name of its class."""
    mean: float
    """Of all outputs, over rows and units."""
    std: float
    """Standard deviation of all outputs, over rows and units."""
    counts: Array
    """Histogram of all outputs: how many lie in each interval."""
    edges: Array
    """Bounds of the intervals, one more than `counts`."""
    saturated: float | None
    """Share of outputs near the activation's limits; None if it has no two."""
    dead: float | None
    """Share of units that give 0 on every row; None if the activation's units can't die so."""
    output_gradient_norm: float
    """Euclidean norm of the loss' gradient with respect to the outputs."""
    weight_gradient_norm: float | None
    """Euclidean norm of the loss' gradient, with penalty, with respect to the weights of a dense layer, else None."""


def record(network: Network, x: ArrayLike, y: ArrayLike, *, bins: int = 30) -> list[LayerRecord]:
    """Send rows through the network and back, as in a step of training, and describe what comes by each layer.

    To follow a training, call it after each epoch, with the same rows::

        records = [record(network, x[:1000], y[:1000]) for _ in training]

    Nothing is learned, and the training goes on as if nothing had happened: dropout's generator and the running
    statistics of batch norm are put back; only `Network.gradient` is overwritten.

    Parameters
    ----------
    x, y
        A sample of the training rows; all their activations are in memory at once.
    bins
        Number of intervals of the histograms, of equal width between the least and the largest output; where these are
        too near each other for that many, from below the least to above the largest. Outputs that are not finite, or
        beyond 4e307, are in none.

    Raises
    ------
    UsageError
        If `bins` is no whole number, or less than 1.
    DataError
        If `x` or `y` don't fit the network.
    """
    bins = whole("bins", bins, 1)
    inputs = as_inputs(x, network.n_inputs, network.dtype)
    targets = network.loss.check(y, len(inputs))
    random_state, learned = network.rng.bit_generator.state, network.state()
    try:
        with np.errstate(all="ignore"):
            outputs = _forward(network, inputs)
            gradient_norms = _backward(network, outputs[-1], targets)
            return [
                _describe(number, layer, outputs[number], gradient_norms[number], bins)
                for number, layer in enumerate(network.layers)
            ]
    finally:
        network.rng.bit_generator.state = random_state
        network.load_state(learned)


def _forward(network: Network, x: Array) -> list[Array]:
    """A copy of every layer's outputs."""
    outputs = []
    for layer in network.layers:
        x = layer.forward(x, training=True)
        outputs.append(x.copy())
    return outputs


def _backward(network: Network, outputs: Array, targets: Array) -> list[float]:
    """The norm of the gradient with respect to every layer's outputs; fills the network's gradient."""
    network.loss.forward(outputs, targets)
    gradient = network.loss.backward()
    norms = []
    for layer in reversed(network.layers):
        norms.append(_norm(gradient))
        gradient = layer.backward(gradient)
    network.penalty.add_gradient()
    return norms[::-1]


def _describe(number: int, layer: Layer, outputs: Array, gradient_norm: float, bins: int) -> LayerRecord:
    counts, edges = _histogram(outputs.astype(np.float64), bins)
    return LayerRecord(
        layer=number,
        kind=type(layer).__name__,
        mean=float(outputs.mean(dtype=np.float64)),
        std=float(outputs.std(dtype=np.float64)),
        counts=counts,
        edges=edges,
        saturated=_saturated(layer, outputs),
        dead=float(np.mean(~outputs.any(axis=0))) if isinstance(layer, Activation) and layer.dies else None,
        output_gradient_norm=gradient_norm,
        weight_gradient_norm=_norm(layer.weight_gradient) if isinstance(layer, Dense) else None,
    )


def _histogram(outputs: Array, bins: int) -> tuple[Array, Array]:
    values = outputs[np.abs(outputs) <= _FAR]
    try:
        return np.histogram(values, bins)
    except ValueError:  # too near each other
        room = max(0.5, bins * float(np.spacing(np.abs(values).max())))
        return np.histogram(values, bins, (values.min() - room, values.max() + room))


def _saturated(layer: Layer, outputs: Array) -> float | None:
    if not (isinstance(layer, Activation) and layer.limits):
        return None
    low, high = layer.limits
    margin = NEAR_LIMIT * (high - low)
    return float(np.mean((outputs <= low + margin) | (outputs >= high - margin)))


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array.astype(np.float64)))
