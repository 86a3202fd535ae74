"""The flat vector that holds every parameter of a network, and the layers' views into it."""

from collections.abc import Sequence

import numpy as np

from hpsearch.nn.arrays import Array
from hpsearch.nn.layers import Layer, Parameter


def count_parameters(layers: Sequence[Layer]) -> tuple[int, int]:
    """How many entries decay, and how many there are."""
    wanted = [parameter for layer in layers for parameter in layer.parameters.values()]
    return sum(_size(p) for p in wanted if p.decays), sum(_size(p) for p in wanted)


def bind_layers(layers: Sequence[Layer], values: Array, gradients: Array) -> None:
    """Give every layer its views into `values` and `gradients`.

    Layout: first what decays, layer by layer, then what does not. So weight decay is a formula over the one slice
    ``[:n_decaying]`` and needs no multiplication by a mask.
    """
    n_decaying, _ = count_parameters(layers)
    position = {True: 0, False: n_decaying}
    for layer in layers:
        places = {}
        for name, parameter in layer.parameters.items():
            start = position[parameter.decays]
            position[parameter.decays] = start + _size(parameter)
            places[name] = (slice(start, position[parameter.decays]), parameter.shape)
        layer.bind(
            {name: values[place].reshape(shape) for name, (place, shape) in places.items()},
            {name: gradients[place].reshape(shape) for name, (place, shape) in places.items()},
        )


def _size(parameter: Parameter) -> int:
    return int(np.prod(parameter.shape))
