"""Base class of layers, and the dense layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hpsearch.nn.arrays import Array, Buffer


@dataclass(frozen=True)
class Parameter:
    """Shape of a layer's parameter in the flat vector, and whether it decays."""

    shape: tuple[int, ...]
    decays: bool = False
    """Whether weight decay applies: true for weights, false for biases, batch-norm and PReLU parameters."""


class Layer:
    """Base class of layers: maps (rows, n_inputs) to (rows, n_outputs).

    Contract
    --------
    forward(x, training)
        Return the outputs, valid until the layer's next `forward` or `backward`: a buffer of the layer, or `x` itself.
        `x` is not modified.
    backward(gradient)
        Take the gradient of the loss with respect to the last outputs; return the one with respect to the last inputs.
        The result is a buffer of the layer or `gradient` itself, which may be modified in place. Call it once, after a
        `forward` with ``training=True``. Gradients of parameters are written to their views.

    `parameters` declares the layer's parameters. `bind` passes a view of each into the network's flat parameter and
    gradient vectors. Learned arrays that are not parameters (running statistics) are listed in `statistics`.
    """

    role: ClassVar[str]
    """Kind of layer in records of a training."""

    def __init__(self, n_inputs: int, n_outputs: int, dtype: np.dtype[Any]) -> None:
        self.n_inputs = n_inputs
        self.n_outputs = n_outputs
        self.dtype = dtype
        self._output = Buffer(n_outputs, dtype)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """Mapping from name to shape of each parameter."""
        return {}

    @property
    def statistics(self) -> Mapping[str, Array]:
        """Arrays other than parameters that training changes; read them or write to them in place."""
        return {}

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Store the views of this layer's `parameters`."""

    def initialize(self, rng: np.random.Generator) -> None:
        """Set the parameters to their initial values."""

    def forward(self, x: Array, training: bool) -> Array:
        """Return the outputs (rows, n_outputs) for inputs (rows, n_inputs)."""
        raise NotImplementedError

    def backward(self, gradient: Array) -> Array:
        """Return the gradient with respect to the inputs, given the one with respect to the outputs."""
        raise NotImplementedError


class Dense(Layer):
    """y = x W + b.

    Parameters
    ----------
    n_inputs, n_outputs
        W has the shape (n_inputs, n_outputs) and decays; b has the shape (n_outputs,) and does not.
    std
        Standard deviation of the normal distribution of the initial W; b starts at 0.
    bias
        Whether to add b. Batch normalisation directly after this layer would subtract it and has its own offset.
    drawn
        Number of leading outputs whose weights are drawn; the other weights start at 0. None: all.
    first
        Whether this is the first layer, so the gradient with respect to the inputs is not needed. `backward` then skips
        that matrix product, often the largest of all, and returns an empty array.

    Attributes
    ----------
    input_gradient
        Buffer for the result of `backward`. Layers may share it if their gradients are not needed at the same time.

    Source: Deep Learning from Scratch, section 5.6 (Affine).
    """

    role = "dense"

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
        drawn: int | None = None,
        first: bool = False,
    ) -> None:
        super().__init__(n_inputs, n_outputs, dtype)
        self.std = std
        self.has_bias = bias
        self.drawn = n_outputs if drawn is None else drawn
        self.first = first
        self.input_gradient = Buffer(n_inputs, dtype)
        self._ones = Buffer(1, dtype, fill=1)
        self._cache_views(np.empty((0, n_inputs), dtype))

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """`weight`, and `bias` if the layer has one."""
        weight = {"weight": Parameter((self.n_inputs, self.n_outputs), decays=True)}
        return weight | {"bias": Parameter((self.n_outputs,))} if self.has_bias else weight

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Store the views of weight and bias."""
        self.weight, self.weight_gradient = values["weight"], gradients["weight"]
        self._weight_transposed = self.weight.T
        if self.has_bias:
            self.bias, self.bias_gradient = values["bias"], gradients["bias"]

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw W from N(0, std²) in float64, so both dtypes get the same weights; set b = 0."""
        draws = rng.standard_normal((self.n_inputs, self.drawn))
        with np.errstate(over="ignore"):  # an infinite weight is reported as a diverged training
            self.weight[:, : self.drawn] = np.multiply(draws, self.std, out=draws)
        self.weight[:, self.drawn :] = 0.0
        if self.has_bias:
            self.bias[...] = 0.0

    def forward(self, x: Array, training: bool) -> Array:
        """Return x W + b."""
        if training and x is not self._input:
            self._cache_views(x)
        output = self._output.rows(len(x))
        x.dot(self.weight, out=output)  # same product as np.matmul, a microsecond faster
        if self.has_bias:
            np.add(output, self.bias, out=output)
        return output

    def backward(self, gradient: Array) -> Array:
        """Return g Wᵀ with g = `gradient`; write the gradients of W, xᵀ g, and b, the sum of g over the rows."""
        self._input_transposed.dot(gradient, out=self.weight_gradient)
        if self.has_bias:
            # A product with ones takes a third of the time of a sum over the rows.
            self._ones.vector.dot(gradient, out=self.bias_gradient)
        if not self.first:
            gradient.dot(self._weight_transposed, out=self._input_gradient)
        return self._input_gradient

    def _cache_views(self, x: Array) -> None:
        """Cache views of these inputs for `backward`: most steps use the same few arrays."""
        self._input, self._input_transposed = x, x.T
        self._input_gradient = self.input_gradient.rows(0 if self.first else len(x))
        self._ones.rows(len(x))
