"""Multilayer perceptron."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hpsearch.checks import whole
from hpsearch.errors import DataError, UsageError, choose_from
from hpsearch.nn.arrays import Array, as_inputs, as_sample_weight, is_finite
from hpsearch.nn.build import build_layers, check_size
from hpsearch.nn.dropout import Dropout
from hpsearch.nn.flat_vector import bind_layers, count_parameters
from hpsearch.nn.hyperparameters import Hyperparameters
from hpsearch.nn.layers import Dense, Layer
from hpsearch.nn.losses import LOSSES, Metrics
from hpsearch.nn.optimizers import OPTIMIZERS
from hpsearch.nn.penalty import Penalty
from hpsearch.nn.streams import SharedStream, Streams, streams_of

Rows = tuple[Array, Array, Array | None]
"""Validated inputs and targets, and weights with a mean of 1; None without weights."""

CHUNK_ENTRIES = 131_072
"""Maximum entries of the widest layer's output per evaluation chunk.

It bounds the memory for any number of rows, so that most of it stays in the cache.
"""


class Network:
    """Multilayer perceptron: hidden layers of dense, batch norm, activation and dropout, then a dense output layer.

    Parameters
    ----------
    n_inputs
        Columns of the inputs.
    n_outputs
        Number of classes, or columns of the targets.
    hyperparameters
        Shape and regularisation of the network; `Training` uses the other fields.
    loss
        Key of `LOSSES`: "cross_entropy" (labels 0 … n_outputs - 1) or "squared_error" (numbers).
    rng
        Draws the initial weights, and the dropped units during training: one generator for all, or `Streams`.

    Attributes
    ----------
    parameters, gradient
        Flat vectors with the same layout: all weights, layer by layer, then everything else. The layers hold views
        into them.
    decay_mask
        Boolean vector with the same layout: whether weight decay applies to an entry.
    layers
        Layers in the order of the forward pass.
    chunk
        Number of rows evaluated at a time.

    Notes
    -----
    Calls reuse the network's buffers: use a network from one thread at a time.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        hyperparameters: Hyperparameters,
        *,
        loss: str,
        rng: np.random.Generator | Streams,
    ) -> None:
        if loss not in LOSSES:
            raise UsageError(choose_from("loss", loss, LOSSES))
        for name, value in {"n_inputs": n_inputs, "n_outputs": n_outputs}.items():
            whole(name, value, 1, math.inf)
        check_size(n_inputs, n_outputs, hyperparameters)
        self.n_inputs = n_inputs
        self.n_outputs = n_outputs
        self.hyperparameters = hyperparameters
        self.loss_name = loss
        self.streams = streams_of(rng)
        try:
            self._assemble(self.streams.dropout)
        except (MemoryError, ValueError) as error:
            sizes = f"{n_inputs} inputs, hidden_layer_sizes {hyperparameters.hidden_layer_sizes}, {n_outputs} outputs"
            raise UsageError(f"a network must fit in memory, got {sizes}") from error
        self._initialize(self.streams)

    def _assemble(
        self,
        dropout_rng: Callable[[int], np.random.Generator],
        parameters: Array | None = None,
        gradient: Array | None = None,
    ) -> None:
        """Build layers, loss and penalty on the given vectors, or on new ones."""
        settings = self.hyperparameters
        self.dtype = np.dtype(settings.dtype)
        self.layers = build_layers(self.n_inputs, self.n_outputs, settings, dropout_rng)
        self.chunk = max(1, CHUNK_ENTRIES // max(layer.n_outputs for layer in self.layers))
        self.loss = LOSSES[self.loss_name](self.n_outputs, self.dtype)
        self.n_decaying, n_parameters = count_parameters(self.layers)
        # One allocation: the system backs large ones with huge pages, which are faster to traverse.
        vectors = np.zeros((2, n_parameters), self.dtype)
        self.parameters = vectors[0] if parameters is None else parameters
        self.gradient = vectors[1] if gradient is None else gradient
        bind_layers(self.layers, self.parameters, self.gradient)
        self._state_arrays = {"parameters": self.parameters} | {
            f"layer_{number}.{name}": array
            for number, layer in enumerate(self.layers)
            for name, array in layer.statistics.items()
        }
        l2 = 0.0 if OPTIMIZERS[settings.optimizer].decays_weights else settings.weight_decay
        weights = slice(0, self.n_decaying)
        self.penalty = Penalty(self.parameters[weights], self.gradient[weights], l2, settings.l1)

    def _initialize(self, streams: Streams | SharedStream) -> None:
        """Set the initial parameters; each dense layer begins another stream."""
        *hidden, output = self.dense_layers
        starts: dict[Layer, np.random.Generator] = {output: streams.output_weights()}
        starts |= {layer: streams.weights(number) for number, layer in enumerate(hidden)}
        stream = starts[self.layers[0]]
        for layer in self.layers:
            stream = starts.get(layer, stream)
            layer.initialize(stream)

    @property
    def rng(self) -> np.random.Generator:
        """Generator of a network that draws everything from one.

        Raises
        ------
        UsageError
            If the network has `Streams`.
        """
        if isinstance(self.streams, Streams):
            raise UsageError("a network with Streams has a generator for each use, not one for all: use `streams`")
        return self.streams.generator

    @property
    def dense_layers(self) -> list[Dense]:
        """Dense layers: hidden layers in order, then the output layer."""
        return [layer for layer in self.layers if isinstance(layer, Dense)]

    @property
    def dropout_generators(self) -> list[np.random.Generator]:
        """Generator of each dropout layer, in order. After initialization a network draws from no other."""
        return [layer.rng for layer in self.layers if isinstance(layer, Dropout)]

    @property
    def decay_mask(self) -> Array:
        """Boolean vector: whether weight decay applies to each entry of `parameters`."""
        return np.arange(self.parameters.size) < self.n_decaying

    def forward(self, x: Array, *, training: bool) -> Array:
        """Return the outputs before softmax, valid until the next call; `x` must have the network's dtype."""
        for layer in self.layers:
            x = layer.forward(x, training)
        return x

    def backward(self, gradient: Array) -> None:
        """Compute `self.gradient` from the gradient of the loss with respect to the last outputs of `forward`."""
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)

    def find_gradient(
        self, x: Array, y: Array, metrics: Metrics | None = None, sample_weight: Array | None = None
    ) -> None:
        """Compute the gradient of the batch's mean loss, with penalty, into `self.gradient`.

        With weights w, whose mean over all training rows is 1, the loss is the mean of w · loss: over the batches of an
        epoch that is the weighted mean loss.

        `x` and `y` must be prepared as in `Training`. The batch is added to `metrics`, if any.
        """
        self.loss.forward(self.forward(x, training=True), y)
        if metrics is not None:
            metrics.add(y, sample_weight)
        gradient = self.loss.backward()
        if sample_weight is not None:
            gradient *= sample_weight[:, np.newaxis]
        self.backward(gradient)
        self.penalty.add_gradient()

    def predict(self, x: ArrayLike) -> Array:
        """Return class probabilities or predicted targets, of shape (rows, n_outputs).

        Raises
        ------
        DataError
            If `x` isn't an array of finite numbers with `n_inputs` columns.
        """
        rows = as_inputs(x, self.n_inputs, self.dtype)
        result = np.empty((len(rows), self.n_outputs), self.dtype)
        with np.errstate(all="ignore"):
            for part in self._chunks(len(rows)):
                result[part] = self.forward(rows[part], training=False)
            return self.loss.predict(result)

    def evaluate(self, x: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> tuple[float, float]:
        """Return loss and score of these rows, in evaluation mode; both are weighted if there are weights.

        The loss includes the L2 and L1 penalty, as in Keras: it is the quantity that training minimises, and is
        comparable between training and validation data.
        """
        rows = self.check(x, y, sample_weight)
        with np.errstate(all="ignore"):
            loss, score = self.evaluate_checked(*rows)
            return loss + self.penalty.value(), score

    def check(self, x: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, prefix: str = "") -> Rows:
        """Return inputs, targets and weights as `evaluate_checked` and `find_gradient` take them.

        Raises
        ------
        DataError
            If they aren't finite numbers, or their shapes don't fit the network. Names in messages begin with `prefix`.
        """
        inputs = as_inputs(x, self.n_inputs, self.dtype, f"{prefix}x")
        targets = self.loss.check(y, len(inputs), f"{prefix}y")
        if sample_weight is None:
            return inputs, targets, None
        return inputs, targets, as_sample_weight(sample_weight, len(inputs), self.dtype, f"{prefix}sample_weight")

    def evaluate_checked(self, x: Array, y: Array, sample_weight: Array | None = None) -> tuple[float, float]:
        """Return loss, without penalty, and score of rows validated by `check`; call it within `np.errstate`."""
        metrics = Metrics(self.loss)
        for part in self._chunks(len(x)):
            targets = y[part]
            self.loss.forward(self.forward(x[part], training=False), targets)
            metrics.add(targets, None if sample_weight is None else sample_weight[part])
        return metrics.values()

    def _chunks(self, n_rows: int) -> Iterator[slice]:
        return (slice(start, start + self.chunk) for start in range(0, n_rows, self.chunk))

    def state(self) -> dict[str, Array]:
        """Return a copy of all arrays that training changes: parameters and layers' statistics."""
        return self.copy_state({})

    def copy_state(self, target: dict[str, Array]) -> dict[str, Array]:
        """Copy the state into `target`, reusing the arrays of an earlier call, and return it."""
        for name, array in self._state_arrays.items():
            if name in target:
                target[name][...] = array
            else:
                target[name] = array.copy()
        return target

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Load a result of `state`, of this network or of one with the same hyperparameters.

        Raises
        ------
        DataError
            If names or shapes differ from this network's; nothing is changed in that case.
        """
        arrays = self._state_arrays
        if arrays.keys() != state.keys():
            raise DataError(f"a state of this network holds {', '.join(arrays)}, got {', '.join(state) or 'nothing'}")
        for name, array in arrays.items():
            if array.shape != np.shape(state[name]):
                raise DataError(f"{name} must have the shape {array.shape}, got {np.shape(state[name])}")
        for name, array in arrays.items():
            array[...] = state[name]

    def is_finite(self) -> bool:
        """Return whether all parameters and layers' statistics are finite."""
        return all(is_finite(array) for array in self._state_arrays.values())

    def __getstate__(self) -> dict[str, Any]:
        """Return constructor arguments, vectors, generators and state; unpickling rebuilds the layers on them."""
        names = ("n_inputs", "n_outputs", "hyperparameters", "loss_name", "streams", "parameters", "gradient")
        generators = self.dropout_generators
        return {name: getattr(self, name) for name in names} | {"generators": generators, "state": self.state()}

    def __setstate__(self, pickled: dict[str, Any]) -> None:
        names = ("state", "generators", "parameters", "gradient")
        state, generators, parameters, gradient = (pickled.pop(name) for name in names)
        self.__dict__.update(pickled)
        self._assemble(generators.__getitem__, parameters, gradient)
        self.load_state(state)
