"""The contract of layers, and the dense layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hpsearch.nn.arrays import Array, Buffer


@dataclass(frozen=True)
class Parameter:
    """What a layer wants a place for in the flat parameter vector."""

    shape: tuple[int, ...]
    decays: bool = False
    """Whether weight decay touches it: true for weights, not for biases, batch-norm or PReLU parameters."""


class Layer:
    """A step of the network: (rows, n_inputs) in, (rows, n_outputs) out.

    Contract
    --------
    forward(x, training)
        The outputs, valid until the layer's next `forward` or `backward`: they lie in a buffer of its own, or are `x`
        itself. `x` is only read.
    backward(gradient)
        From the loss' gradient with respect to the last outputs to the one with respect to the last inputs, which is
        returned, in a buffer of the layer's own or in `gradient` itself: `backward` may overwrite what it is given. It
        is called after a `forward` with ``training=True``, once; gradients of parameters are written to their views.

    A layer that has parameters names them in `parameters`; `bind` hands it a view for each into the network's flat
    vector and into the gradient vector. What is learned but is no parameter (running statistics) stands in
    `statistics`.
    """

    def __init__(self, n_inputs: int, n_outputs: int, dtype: np.dtype[Any]) -> None:
        self.n_inputs = n_inputs
        self.n_outputs = n_outputs
        self.dtype = dtype
        self._output = Buffer(n_outputs, dtype)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Name and shape of each parameter."""
        return {}

    @property
    def statistics(self) -> Mapping[str, Array]:
        """Arrays that training changes apart from the parameters; to be read, or written in place."""
        return {}

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Take over the views for this layer's `parameters`."""

    def initialize(self, rng: np.random.Generator) -> None:
        """Write the initial values of the parameters."""

    def forward(self, x: Array, training: bool) -> Array:
        """Outputs (rows, n_outputs) for inputs (rows, n_inputs)."""
        raise NotImplementedError

    def backward(self, gradient: Array) -> Array:
        """Gradient with respect to the inputs, from the one with respect to the outputs."""
        raise NotImplementedError


class Dense(Layer):
    """y = x W + b.

    Parameters
    ----------
    n_inputs, n_outputs
        W has the shape (n_inputs, n_outputs) and decays, b the shape (n_outputs,) and does not.
    std
        Standard deviation of the normal distribution that the initial W is drawn from; b starts at 0.
    bias
        Without it y = x W: batch normalisation, which follows, would subtract b again and has an offset of its own.
    first
        Whether nobody needs the gradient with respect to the inputs: `backward` then skips that matrix product, often
        the largest of all, and returns an empty array.

    Attributes
    ----------
    input_gradient
        The buffer that `backward` returns rows of; layers whose gradients are not needed at the same time may share it.

    Source: Deep Learning from Scratch, section 5.6 (Affine).
    """

    weight: Array
    bias: Array
    weight_gradient: Array
    bias_gradient: Array

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        dtype: np.dtype[Any],
        *,
        std: float,
        bias: bool = True,
        first: bool = False,
    ) -> None:
        super().__init__(n_inputs, n_outputs, dtype)
        self.std = std
        self.has_bias = bias
        self.first = first
        self.input_gradient = Buffer(n_inputs, dtype)
        self._ones = Buffer(1, dtype, fill=1)
        self._take(np.empty((0, n_inputs), dtype))

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """`weight`, and `bias` if there is one."""
        weight = {"weight": Parameter((self.n_inputs, self.n_outputs), decays=True)}
        return weight | {"bias": Parameter((self.n_outputs,))} if self.has_bias else weight

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Take over the views for weight and bias."""
        self.weight, self.weight_gradient = values["weight"], gradients["weight"]
        self._weight_transposed = self.weight.T
        if self.has_bias:
            self.bias, self.bias_gradient = values["bias"], gradients["bias"]

    def initialize(self, rng: np.random.Generator) -> None:
        """W from N(0, std²), b = 0; drawn in float64, so that networks of either dtype get the same weights."""
        draws = rng.standard_normal(self.weight.shape)
        with np.errstate(over="ignore"):  # an infinite weight is told of as a training that diverges
            self.weight[...] = np.multiply(draws, self.std, out=draws)
        if self.has_bias:
            self.bias[...] = 0.0

    def forward(self, x: Array, training: bool) -> Array:
        """X W + b."""
        if training and x is not self._input:
            self._take(x)
        output = self._output.rows(len(x))
        x.dot(self.weight, out=output)  # the same product as np.matmul, a microsecond sooner
        if self.has_bias:
            np.add(output, self.bias, out=output)
        return output

    def backward(self, gradient: Array) -> Array:
        """With g = `gradient`: g Wᵀ; for W it is xᵀ g, for b the sum of g over the rows."""
        self._input_transposed.dot(gradient, out=self.weight_gradient)
        if self.has_bias:
            # A product with ones: a third of the time that a sum over the rows takes.
            self._ones.vector.dot(gradient, out=self.bias_gradient)
        if not self.first:
            gradient.dot(self._weight_transposed, out=self._input_gradient)
        return self._input_gradient

    def _take(self, x: Array) -> None:
        """Lay ready what `backward` needs for these inputs, until others come: steps mostly use the same few arrays."""
        self._input, self._input_transposed = x, x.T
        self._input_gradient = self.input_gradient.rows(0 if self.first else len(x))
        self._ones.rows(len(x))
