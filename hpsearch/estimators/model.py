"""Trained model of an estimator: network, optimizer and history."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, replace
from threading import Lock
from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.errors import DataError, DivergenceError
from hpsearch.nn import Epoch, Hyperparameters, Network, Training
from hpsearch.nn.build import most_parameters
from hpsearch.nn.training import make_optimizer

Rows = tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None]
"""Inputs and targets, and weights if there are any."""

ADVICE = "lower learning_rate, or scale the inputs, for instance with a StandardScaler before this in a Pipeline"

_BOUND = 3  # times as many parameters as there are, at most, by `most_parameters`

CHUNK = 4096
"""Number of rows predicted at a time, to avoid a float64 copy of all rows."""


_MODELS: WeakSet[Model] = WeakSet()
"""All models, so that a forked process can replace their locks."""


class Model:
    """Network with its optimizer and history, without data rows.

    Pickling and copying use the save format, `description` and `arrays`: arrays that joblib memory-maps read-only are
    copied, and the lock is not pickled.

    Attributes
    ----------
    history
        Evaluations so far.
    best_epoch
        Epoch of the current weights after early stopping, else None.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.optimizer = make_optimizer(network, network.hyperparameters)
        self.history: list[Epoch] = []
        self.best_epoch: int | None = None
        self._float64_copy: Network | None = None
        self._lock = Lock()
        _MODELS.add(self)

    def train(self, rows: Rows, validation: Rows | None) -> None:
        """Train for the epochs or steps in the hyperparameters, or until early stopping."""
        training = self._training(self.network.hyperparameters, rows, validation)
        self._run(training)
        self.best_epoch = training.best_epoch

    def train_epoch(self, rows: Rows) -> None:
        """Train for one more epoch, without early stopping."""
        settings = replace(self.network.hyperparameters, early_stopping=False)
        training = self._training(settings, rows, None)
        self._run(training.run_epoch() for _ in range(1))
        self.best_epoch = None

    def _training(self, settings: Hyperparameters, rows: Rows, validation: Rows | None) -> Training:
        training = Training(self.network, settings, *rows, validation=validation, rng=self.network.rng)
        training.optimizer, training.history = self.optimizer, self.history
        return training

    def _run(self, epochs: Iterable[Epoch]) -> None:
        self._float64_copy = None
        try:
            with ONE_BLAS_THREAD.hold():
                for _ in epochs:
                    pass
        except DivergenceError as error:
            raise DivergenceError(f"{error}: {ADVICE}") from error

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return `Network.predict` in float64; thread-safe, because a lock protects the network's buffers.

        Matrix products round a row differently depending on the other rows. In float32, on some processors, a row
        predicted alone would differ from the same row in a batch by more than scikit-learn's checks allow. In float64
        the difference is negligible.
        """
        with ONE_BLAS_THREAD.hold(), self._lock:
            network = self._in_float64()
            parts = [network.predict(x[start : start + CHUNK]) for start in range(0, len(x), CHUNK)]
        return np.concatenate(parts)

    def _in_float64(self) -> Network:
        """Return the network, or a float64 copy of it, which is cached until training continues."""
        network = self.network
        if network.dtype == np.float64:
            return network
        if self._float64_copy is None:
            settings = replace(network.hyperparameters, dtype="float64")
            sizes = network.n_inputs, network.n_outputs
            float64_copy = Network(*sizes, settings, loss=network.loss_name, rng=np.random.default_rng(0))
            float64_copy.load_state(network.state())
            self._float64_copy = float64_copy
        return self._float64_copy

    def description(self) -> dict[str, Any]:
        """Return everything except the arrays, in JSON types."""
        return {
            "n_inputs": self.network.n_inputs,
            "n_outputs": self.network.n_outputs,
            "loss": self.network.loss_name,
            "hyperparameters": asdict(self.network.hyperparameters),
            "rng": self.network.rng.bit_generator.state,
            "steps": self.optimizer.steps,
            "history": [astuple(epoch) for epoch in self.history],
            "best_epoch": self.best_epoch,
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the network's learned arrays and the optimizer's state."""
        return {"optimizer": self.optimizer.state, **self.network.state()}

    @classmethod
    def restore(cls, description: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Model:
        """Return the model saved as `description` and `arrays`; further training gives the same results.

        Raises
        ------
        DataError
            If names or shapes of the arrays don't match the description, or their values are invalid.
        """
        rng = np.random.default_rng(0)
        sizes, settings = (
            (description["n_inputs"], description["n_outputs"]),
            Hyperparameters(**description["hyperparameters"]),
        )
        if most_parameters(*sizes, settings) > _BOUND * sum(array.size for array in arrays.values()):
            raise DataError(f"the arrays are too small for {sizes[0]} inputs, {sizes[1]} outputs and these layers")
        model = cls(Network(*sizes, settings, loss=description["loss"], rng=rng))
        for name, array in arrays.items():
            if array.dtype.kind != "f":
                raise DataError(f"{name} must hold numbers with a fraction, got {array.dtype}")
        optimizer_state, network_state = arrays["optimizer"], {key: arrays[key] for key in arrays if key != "optimizer"}
        if optimizer_state.shape != model.optimizer.state.shape:
            raise DataError(f"optimizer must have the shape {model.optimizer.state.shape}, got {optimizer_state.shape}")
        with np.errstate(over="ignore"):
            model.network.load_state(network_state)
            model.optimizer.state[...] = optimizer_state
        if not model.network.is_finite():  # the optimizer's state may have infinite squares
            raise DataError("what was learned must be finite numbers that fit the network's dtype")
        model.optimizer.steps = operator.index(description["steps"])
        if model.optimizer.steps < 0:
            raise DataError(f"steps must be at least 0, got {model.optimizer.steps}")
        model.history = [Epoch(*values) for values in description["history"]]
        model.best_epoch = description["best_epoch"]
        rng.bit_generator.state = description["rng"]
        return model

    def __reduce__(self) -> tuple[Any, ...]:
        return Model.restore, (self.description(), self.arrays())


def _replace_locks() -> None:
    """Replace the locks in a forked process: a lock held by another thread would never be released."""
    for model in _MODELS:
        model._lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_replace_locks)
