"""Recording of each layer's activations and gradients, to diagnose vanishing gradients and dead units."""

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
"""An output is saturated if its distance from a limit is at most this share of the activation's range."""

NEAR_ZERO = 0.01
"""An output is near zero if its size is at most this share of the largest one's."""

SAME = 1e-4
"""Outputs of two units are the same if they differ by at most this share of the layer's largest output."""

_LARGEST = 0.25 * np.finfo(np.float64).max  # differences of numbers up to this size are finite


@dataclass(frozen=True)
class LayerRecord:
    """Statistics of a layer's outputs and gradients for a sample of rows."""

    layer: int
    """Index in `Network.layers`."""
    kind: str
    """Name of the layer's class."""
    role: str
    """Kind of layer, `Layer.role`: "dense", "activation", "batch_norm" or "dropout"."""
    mean: float
    """Mean of all outputs, over rows and units."""
    std: float
    """Standard deviation of all outputs, over rows and units."""
    counts: Array
    """Histogram of all outputs: count per interval."""
    edges: Array
    """Interval bounds, one more than `counts`."""
    saturated: float | None
    """Share of outputs near the activation's limits; None unless it has two."""
    dead: float | None
    """Share of units with output 0 on every row; None if the activation's units cannot die."""
    near_zero: float
    """Share of outputs whose size is at most 1 % of the largest one's; 1 if all are 0."""
    distinct_units: int
    """Number of units with different outputs; units whose outputs differ by less than rounding count as one."""
    output_gradient_norm: float
    """Euclidean norm of the gradient of the loss with respect to the outputs."""
    weight_gradient_norm: float | None
    """Euclidean norm of the gradient of the loss, with penalty, with respect to a dense layer's weights, else None."""


def record(network: Network, x: ArrayLike, y: ArrayLike, *, bins: int = 30) -> list[LayerRecord]:
    """Run a forward and backward pass as in training, and return statistics of each layer.

    To follow a training, call it after each epoch, with the same rows::

        records = [record(network, x[:1000], y[:1000]) for _ in training]

    The training is not affected: parameters, dropout's generators and the running statistics of batch norm are
    restored. Only `Network.gradient` is overwritten.

    Parameters
    ----------
    x, y
        Sample of the training rows; all their activations are in memory at once.
    bins
        Number of histogram intervals, of equal width between the smallest and largest output. If these are too close
        for that many intervals, the range is widened on both sides. Outputs that are not finite or exceed 4e307 in size
        are not counted.

    Raises
    ------
    UsageError
        If `bins` is not a whole number >= 1.
    DataError
        If `x` or `y` don't fit the network.
    """
    bins = whole("bins", bins, 1)
    inputs = as_inputs(x, network.n_inputs, network.dtype)
    targets = network.loss.check(y, len(inputs))
    generators, state = network.dropout_generators, network.state()
    random_states = [generator.bit_generator.state for generator in generators]
    try:
        with np.errstate(all="ignore"):
            outputs = _forward(network, inputs)
            gradient_norms = _backward(network, outputs[-1], targets)
            return [
                _describe(number, layer, outputs[number], gradient_norms[number], bins)
                for number, layer in enumerate(network.layers)
            ]
    finally:
        for generator, random_state in zip(generators, random_states, strict=True):
            generator.bit_generator.state = random_state
        network.load_state(state)


def _forward(network: Network, x: Array) -> list[Array]:
    """Return a copy of every layer's outputs."""
    outputs = []
    for layer in network.layers:
        x = layer.forward(x, training=True)
        outputs.append(x.copy())
    return outputs


def _backward(network: Network, outputs: Array, targets: Array) -> list[float]:
    """Return the gradient's norm at every layer's outputs; fills the network's gradient."""
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
        role=layer.role,
        mean=float(outputs.mean(dtype=np.float64)),
        std=float(outputs.std(dtype=np.float64)),
        counts=counts,
        edges=edges,
        saturated=_saturated(layer, outputs),
        dead=float(np.mean(~outputs.any(axis=0))) if isinstance(layer, Activation) and layer.dies else None,
        near_zero=float(np.mean(np.abs(outputs) <= NEAR_ZERO * np.abs(outputs).max())),
        distinct_units=_distinct_units(outputs),
        output_gradient_norm=gradient_norm,
        weight_gradient_norm=_norm(layer.weight_gradient) if isinstance(layer, Dense) else None,
    )


def _histogram(outputs: Array, bins: int) -> tuple[Array, Array]:
    values = outputs[np.abs(outputs) <= _LARGEST]
    try:
        return np.histogram(values, bins)
    except ValueError:  # too close to each other
        room = max(0.5, bins * float(np.spacing(np.abs(values).max())))
        return np.histogram(values, bins, (values.min() - room, values.max() + room))


def _saturated(layer: Layer, outputs: Array) -> float | None:
    if not (isinstance(layer, Activation) and layer.limits):
        return None
    low, high = layer.limits
    margin = NEAR_LIMIT * (high - low)
    return float(np.mean((outputs <= low + margin) | (outputs >= high - margin)))


def _distinct_units(outputs: Array) -> int:
    """Return the number of different columns.

    Matrix products may round equal columns differently. Sorted by the product with fixed weights, equal columns are
    neighbours, so comparing neighbours suffices.
    """
    columns = outputs.T.astype(np.float64)
    weights = np.random.default_rng(0).random(len(outputs))
    columns = columns[np.argsort(columns @ weights)]
    differences = np.abs(np.diff(columns, axis=0)).max(axis=1)
    return 1 + int(np.count_nonzero(~(differences <= SAME * np.abs(columns).max())))


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array.astype(np.float64)))
