"""Construction of a network's layers from its hyperparameters."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from hpsearch.checks import MOST_PARAMETERS
from hpsearch.errors import UsageError, quoted
from hpsearch.nn.activations import ACTIVATIONS, Activation, Identity
from hpsearch.nn.arrays import Buffer
from hpsearch.nn.batch_norm import BatchNorm
from hpsearch.nn.dropout import Dropout
from hpsearch.nn.hyperparameters import Hyperparameters
from hpsearch.nn.initializers import INITIALIZERS
from hpsearch.nn.layers import Dense, Layer

SIZE = ("hidden_layer_sizes", "activation", "pieces")
"""Hyperparameters that the number of parameters depends on."""

OUTPUT_ACTIVATION = Identity
"""Activation that the output layer counts as at its initialization."""


def most_parameters(n_inputs: int, n_outputs: int, settings: Hyperparameters) -> int:
    """Return the number of parameters, or a bound that is at most three times as large, without a network."""
    pieces = settings.pieces if "pieces" in ACTIVATIONS[settings.activation].hyperparameters else 1
    widths = [n_inputs, *settings.hidden_layer_sizes]
    # Each unit has a bias for each piece, or a scale and an offset; with batch norm after the activation, all of them.
    own = 2 if settings.batch_norm and settings.batch_norm_place == "after" else 0
    hidden = sum(((width + 2) * pieces + own) * units for width, units in pairwise(widths))
    return hidden + (widths[-1] + 1) * n_outputs


def check_size(n_inputs: int, n_outputs: int, settings: Hyperparameters) -> None:
    """Refuse a network that would take gigabytes, before anything is allocated.

    Raises
    ------
    UsageError
        If it has more than `MOST_PARAMETERS` parameters.
    """
    if most_parameters(n_inputs, n_outputs, settings) > MOST_PARAMETERS:
        raise UsageError(
            f"a network must fit in memory, got {quoted(n_inputs)} inputs, hidden_layer_sizes "
            f"{quoted(settings.hidden_layer_sizes)}, {quoted(n_outputs)} outputs: more than {MOST_PARAMETERS:,} "
            "parameters"
        )


def build_layers(
    n_inputs: int, n_outputs: int, settings: Hyperparameters, dropout_rng: Callable[[int], np.random.Generator]
) -> list[Layer]:
    """Return the network's layers in order.

    Each hidden layer is dense, activation, dropout (optional), with batch norm (optional) before or after the
    activation; the last layer is dense.
    `dropout_rng` returns the generator of a hidden layer's dropout, by the layer's number from 0.
    """
    layers: list[Layer] = []
    width = n_inputs
    for number, units in enumerate(settings.hidden_layer_sizes):
        layers += _hidden_layer(width, units, settings, first=not layers)
        if settings.dropout:
            layers.append(
                Dropout(
                    units,
                    layers[-1].dtype,
                    share=settings.dropout,
                    rng=dropout_rng(number),
                    scaling=settings.dropout_scaling,
                )
            )
        width = units
    std = _initial_std(width, n_outputs, OUTPUT_ACTIVATION, settings)
    layers.append(Dense(width, n_outputs, np.dtype(settings.dtype), std=std, first=not layers))
    _share_gradients([layer for layer in layers if isinstance(layer, Dense)])
    return layers


def _share_gradients(layers: Sequence[Dense]) -> None:
    """Share gradient buffers between alternate layers: a backward pass needs only two, which stay in the cache."""
    shared: dict[tuple[int, int], Buffer] = {}
    for number, layer in enumerate(layers):
        layer.input_gradient = shared.setdefault((layer.n_inputs, number % 2), layer.input_gradient)


def _hidden_layer(width: int, units: int, settings: Hyperparameters, *, first: bool) -> list[Layer]:
    """Return a hidden layer without dropout."""
    dtype = np.dtype(settings.dtype)
    kind = ACTIVATIONS[settings.activation]
    activation = kind(units, dtype, **settings.select(kind.hyperparameters))
    inputs = activation.n_inputs
    drawn = activation.drawn_inputs
    std = _initial_std(width, drawn, activation, settings)
    place = settings.batch_norm_place if settings.batch_norm else None
    dense = Dense(width, inputs, dtype, std=std, bias=place != "before", drawn=drawn, first=first)
    match place:
        case "before":
            return [dense, BatchNorm(inputs, dtype), activation]
        case "after":
            return [dense, activation, BatchNorm(units, dtype)]
    return [dense, activation]


def _initial_std(
    fan_in: int, fan_out: int, activation: Activation | type[Activation], settings: Hyperparameters
) -> float:
    """Return the standard deviation of the initial weights of the dense layer before `activation`."""
    std, names = INITIALIZERS[_initializer_of(activation, settings)]
    return std(fan_in, fan_out, activation.negative_slope, **settings.select(names))


def _initializer_of(activation: Activation | type[Activation], settings: Hyperparameters) -> str:
    """Return the key of the initializer of the dense layer before `activation`."""
    return activation.initializer if settings.initializer == "auto" else settings.initializer


def initializers_in_use(settings: Hyperparameters) -> set[str]:
    """Return the keys of the initializers of all dense layers."""
    hidden = [ACTIVATIONS[settings.activation]] if settings.hidden_layer_sizes else []
    return {_initializer_of(activation, settings) for activation in [*hidden, OUTPUT_ACTIVATION]}
