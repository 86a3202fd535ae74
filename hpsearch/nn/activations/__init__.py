"""Activation functions as layers; some have parameters (PReLU), some change the width (maxout).

Each class implements its formula and the derivative. In formulas, x is the input and y the output.
"""

from hpsearch.nn.activations.base import Activation
from hpsearch.nn.activations.maxout import Maxout
from hpsearch.nn.activations.rectifiers import ELU, GELU, LeakyReLU, PReLU, ReLU
from hpsearch.nn.activations.sigmoidal import Identity, Sigmoid, Tanh

ACTIVATIONS: dict[str, type[Activation]] = {
    "identity": Identity,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "prelu": PReLU,
    "maxout": Maxout,
    "elu": ELU,
    "gelu": GELU,
}

__all__ = [
    "ACTIVATIONS",
    "ELU",
    "GELU",
    "Activation",
    "Identity",
    "LeakyReLU",
    "Maxout",
    "PReLU",
    "ReLU",
    "Sigmoid",
    "Tanh",
]
