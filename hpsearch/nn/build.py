"""Construction of a network's layers from its hyperparameters."""

from collections.abc import Sequence

import numpy as np

from hpsearch.nn.activations import ACTIVATIONS, Activation, Identity
from hpsearch.nn.arrays import Buffer
from hpsearch.nn.batch_norm import BatchNorm
from hpsearch.nn.dropout import Dropout
from hpsearch.nn.hyperparameters import Hyperparameters
from hpsearch.nn.initializers import INITIALIZERS
from hpsearch.nn.layers import Dense, Layer


def build_layers(n_inputs: int, n_outputs: int, settings: Hyperparameters, rng: np.random.Generator) -> list[Layer]:
    """Return the network's layers in order.

    Each hidden layer is dense, batch norm (optional), activation, dropout (optional); the last layer is dense.
    """
    layers: list[Layer] = []
    width = n_inputs
    for units in settings.hidden_layer_sizes:
        layers += _hidden_layer(width, units, settings, rng, first=not layers)
        width = units
    std = _initial_std(width, n_outputs, Identity, settings)
    layers.append(Dense(width, n_outputs, np.dtype(settings.dtype), std=std, first=not layers))
    _share_gradients([layer for layer in layers if isinstance(layer, Dense)])
    return layers


def _share_gradients(layers: Sequence[Dense]) -> None:
    """Share gradient buffers between alternate layers: a backward pass needs only two, which stay in the cache."""
    shared: dict[tuple[int, int], Buffer] = {}
    for number, layer in enumerate(layers):
        layer.input_gradient = shared.setdefault((layer.n_inputs, number % 2), layer.input_gradient)


def _hidden_layer(
    width: int, units: int, settings: Hyperparameters, rng: np.random.Generator, *, first: bool
) -> list[Layer]:
    dtype = np.dtype(settings.dtype)
    kind = ACTIVATIONS[settings.activation]
    activation = kind(units, dtype, **settings.select(kind.hyperparameters))
    inputs = activation.n_inputs
    std = _initial_std(width, inputs, activation, settings)
    layers: list[Layer] = [Dense(width, inputs, dtype, std=std, bias=not settings.batch_norm, first=first)]
    if settings.batch_norm:
        layers.append(BatchNorm(inputs, dtype))
    layers.append(activation)
    if settings.dropout:
        layers.append(Dropout(units, dtype, share=settings.dropout, rng=rng))
    return layers


def _initial_std(
    fan_in: int, fan_out: int, activation: Activation | type[Activation], settings: Hyperparameters
) -> float:
    """Return the standard deviation of the initial weights of the dense layer before `activation`."""
    name = activation.initializer if settings.initializer == "auto" else settings.initializer
    return INITIALIZERS[name](fan_in, fan_out, activation.negative_slope, settings.initializer_std)
