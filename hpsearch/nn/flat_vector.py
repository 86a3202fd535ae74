"""Layout of the flat parameter vector, and the layers' views into it."""

from collections.abc import Sequence

import numpy as np

from hpsearch.nn.arrays import Array
from hpsearch.nn.layers import Layer, Parameter


def count_parameters(layers: Sequence[Layer]) -> tuple[int, int]:
    """Return the number of entries with weight decay, and the number of all entries."""
    parameters = [parameter for layer in layers for parameter in layer.parameters.values()]
    return sum(_size(p) for p in parameters if p.decays), sum(_size(p) for p in parameters)


def bind_layers(layers: Sequence[Layer], values: Array, gradients: Array) -> None:
    """Bind every layer to its views into `values` and `gradients`.

    Layout: first the parameters with weight decay, layer by layer, then the others. Weight decay then applies to the
    slice ``[:n_decaying]`` and needs no mask.
    """
    n_decaying, _ = count_parameters(layers)
    position = {True: 0, False: n_decaying}
    for layer in layers:
        slots = {}
        for name, parameter in layer.parameters.items():
            start = position[parameter.decays]
            position[parameter.decays] = start + _size(parameter)
            slots[name] = (slice(start, position[parameter.decays]), parameter.shape)
        layer.bind(
            {name: values[slot].reshape(shape) for name, (slot, shape) in slots.items()},
            {name: gradients[slot].reshape(shape) for name, (slot, shape) in slots.items()},
        )


def _size(parameter: Parameter) -> int:
    return int(np.prod(parameter.shape))
