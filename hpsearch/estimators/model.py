"""What an estimator has learned: a network, and what goes on with its training needs."""

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
from hpsearch.nn.training import make_optimizer

Rows = tuple[NDArray[Any], NDArray[Any]]
"""Inputs and targets."""

ADVICE = "lower learning_rate, or scale the inputs, for instance with a StandardScaler before this in a Pipeline"

CHUNK = 4096
"""Rows that are predicted at a time, so that there is no second copy of all of them in float64."""


_MODELS: WeakSet[Model] = WeakSet()
"""All that there are, so that a process that is forked off can give them new locks."""


class Model:
    """A network with its optimizer and history; it holds no rows between trainings.

    Pickles and copies go the way of saved files, by `description` and `arrays`: arrays that joblib has mapped
    read-only from a file are copied, and the lock stays behind.

    Attributes
    ----------
    history
        The epochs so far.
    best_epoch
        After early stopping the number of the epoch that the weights are of, else None.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self.optimizer = make_optimizer(network, network.hyperparameters)
        self.history: list[Epoch] = []
        self.best_epoch: int | None = None
        self._twin: Network | None = None
        self._lock = Lock()
        _MODELS.add(self)

    def train(self, rows: Rows, validation: Rows | None) -> None:
        """Train as long as the hyperparameters say."""
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
        self._twin = None
        try:
            with ONE_BLAS_THREAD.hold():
                for _ in epochs:
                    pass
        except DivergenceError as error:
            raise DivergenceError(f"{error}: {ADVICE}") from error

    def predict(self, x: NDArray[Any]) -> NDArray[Any]:
        """As `Network.predict`, in float64, for any number of threads: the network's buffers serve one at a time.

        Matrix products round a row differently with other rows beside it. In float64 nobody can tell; in float32 a row
        predicted alone would differ from the same row among others by more than scikit-learn's conventions allow, on
        some processors.
        """
        with ONE_BLAS_THREAD.hold(), self._lock:
            network = self._in_float64()
            parts = [network.predict(x[start : start + CHUNK]) for start in range(0, len(x), CHUNK)]
        return np.concatenate(parts)

    def _in_float64(self) -> Network:
        """The network, or its twin in float64, which is kept until the training goes on."""
        network = self.network
        if network.dtype == np.float64:
            return network
        if self._twin is None:
            settings = replace(network.hyperparameters, dtype="float64")
            sizes = network.n_inputs, network.n_outputs
            twin = Network(*sizes, settings, loss=network.loss_name, rng=np.random.default_rng(0))
            twin.load_state(network.state())
            self._twin = twin
        return self._twin

    def description(self) -> dict[str, Any]:
        """All but the arrays, in types that JSON has."""
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
        """What the network has learned and the optimizer remembers."""
        return {"optimizer": self.optimizer.state, **self.network.state()}

    @classmethod
    def restore(cls, description: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Model:
        """The model that `description` and `arrays` are of; it goes on training just as that one would.

        Raises
        ------
        DataError
            If names or shapes of the arrays don't fit the description, or they hold what no training leaves.
        """
        rng = np.random.default_rng(0)
        model = cls(
            Network(
                description["n_inputs"],
                description["n_outputs"],
                Hyperparameters(**description["hyperparameters"]),
                loss=description["loss"],
                rng=rng,
            )
        )
        for name, array in arrays.items():
            if array.dtype.kind != "f":
                raise DataError(f"{name} must hold numbers with a fraction, got {array.dtype}")
        remembered, learned = arrays["optimizer"], {key: arrays[key] for key in arrays if key != "optimizer"}
        if remembered.shape != model.optimizer.state.shape:
            raise DataError(f"optimizer must have the shape {model.optimizer.state.shape}, got {remembered.shape}")
        with np.errstate(over="ignore"):
            model.network.load_state(learned)
            model.optimizer.state[...] = remembered
        if not model.network.is_finite():  # an optimizer may remember squares that are infinite
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


def _renew_locks() -> None:
    """In a process that was forked off: a lock that another thread held would stay locked for ever."""
    for model in _MODELS:
        model._lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)
