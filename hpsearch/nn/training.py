"""Training loop: epochs of steps over shuffled batches, with optional early stopping."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hpsearch.errors import DivergenceError, UsageError
from hpsearch.nn.arrays import Array, Buffer, as_inputs
from hpsearch.nn.early_stopping import EarlyStopping
from hpsearch.nn.fingerprints import Fingerprints, fingerprint
from hpsearch.nn.hyperparameters import Hyperparameters
from hpsearch.nn.losses import Metrics
from hpsearch.nn.network import Network
from hpsearch.nn.optimizers import OPTIMIZERS, Optimizer
from hpsearch.nn.schedules import SCHEDULES
from hpsearch.nn.streams import Streams, streams_of

Rows = tuple[Array, Array]
"""Validated inputs and targets."""


@dataclass(frozen=True)
class Epoch:
    """Metrics of one training epoch. Losses include the L2 and L1 penalty."""

    epoch: int
    """Number of the epoch, from 1."""
    learning_rate: float
    """Learning rate of the epoch's last step."""
    train_loss: float
    train_score: float
    """Accuracy or R².

    With ``train_metrics="running"``, loss and score are averaged over the epoch's batches, each before its step and
    with dropout. With "exact", they are evaluated after the epoch.
    """
    validation_loss: float | None = None
    validation_score: float | None = None


class Training:
    """Training of a network: iterate to train, or call `run_epoch` for one more epoch.

    Each epoch shuffles the rows and takes `batch_size` at a time. The last batch takes the remaining rows; a batch size
    above the number of rows means all of them. The same seed gives bit-identical results on one machine, in one run or
    epoch by epoch, if BLAS uses the same number of threads. The estimators and `MLPObjective` ensure that.

    A pickled training can be continued, but contains no rows: pass them with `set_data`.

    Parameters
    ----------
    network
        Network to train in place.
    hyperparameters
        Settings of the training. The fields in `SHARED`, which affect the loss, must equal the network's.
    x, y
        Inputs (rows, n_inputs) and their labels or targets. Copied only if they aren't C-contiguous arrays of the
        network's dtype. Batches are gathered from them, without a shuffled copy of the data.
    validation
        Inputs and targets evaluated after each epoch; required by early stopping.
    rng
        Draws the order of the rows: a generator, usually the network's, or `Streams`. A training with `Streams` begins
        with their first order, also if the network was trained before.

    Attributes
    ----------
    history
        Metrics of the epochs so far.

    Raises
    ------
    DataError
        If inputs or targets aren't finite numbers, or their shapes don't fit the network.
    UsageError
        If early stopping has no validation data, or the hyperparameters contradict the network's.
    """

    SHARED = ("optimizer", "weight_decay", "l1", "dtype")

    def __init__(
        self,
        network: Network,
        hyperparameters: Hyperparameters,
        x: ArrayLike,
        y: ArrayLike,
        *,
        validation: tuple[ArrayLike, ArrayLike] | None = None,
        rng: np.random.Generator | Streams,
    ) -> None:
        for name in self.SHARED:
            expected, value = getattr(network.hyperparameters, name), getattr(hyperparameters, name)
            if expected != value:
                raise UsageError(f"{name} of a training must be its network's, {expected!r}, got {value!r}")
        self.network = network
        self.hyperparameters = hyperparameters
        self._order = streams_of(rng).order()
        self.set_data(x, y, validation=validation)
        self.optimizer = make_optimizer(network, hyperparameters)
        self.history: list[Epoch] = []
        stopping = EarlyStopping(**hyperparameters.select(EarlyStopping.hyperparameters))
        self._stopping = stopping if hyperparameters.early_stopping else None
        self._batch = Buffer(network.n_inputs, network.dtype)

    def set_data(self, x: ArrayLike, y: ArrayLike, *, validation: tuple[ArrayLike, ArrayLike] | None = None) -> None:
        """Set the rows to train on, starting with the next epoch."""
        if self.hyperparameters.early_stopping and validation is None:
            raise UsageError("early_stopping needs validation data, got none")
        self._rows: Rows | None = self._check(x, y, "x", "y")
        self._validation = None if validation is None else self._check(*validation, "validation x", "validation y")

    def _check(self, x: ArrayLike, y: ArrayLike, x_name: str, y_name: str) -> Rows:
        inputs = as_inputs(x, self.network.n_inputs, self.network.dtype, x_name)
        return inputs, self.network.loss.check(y, len(inputs), y_name)

    def fingerprints(self) -> Fingerprints:
        """Return fingerprints of the initial weights and of the first epoch's order of rows, without a draw.

        Trainings with equal fingerprints start from the same weights, or take the rows in the same order.

        Raises
        ------
        UsageError
            If the first epoch has begun.
        """
        if self.optimizer.steps:
            raise UsageError("fingerprints must be computed before the first epoch")
        order = deepcopy(self._order).permutation(len(self._rows_or_refuse()[0]))
        weights = [fingerprint(layer.weight) for layer in self.network.dense_layers]
        return Fingerprints(weights=weights, order=fingerprint(order.astype(np.int64, copy=False)))

    @property
    def best_epoch(self) -> int | None:
        """Number of the best epoch so far; None without early stopping."""
        return self._stopping.best_epoch if self._stopping else None

    def __iter__(self) -> Iterator[Epoch]:
        """Train until `epochs` epochs are done or early stopping stops.

        With early stopping, the best weights are restored when the iteration ends, also after a `break` or an error.
        """
        try:
            while len(self.history) < self.hyperparameters.epochs:
                yield self.run_epoch()
                if self._stopping and self._stopping.should_stop:
                    return
        finally:
            self.restore_best()

    def run_epoch(self) -> Epoch:
        """Train for one more epoch, even beyond `epochs`.

        Raises
        ------
        DivergenceError
            If a loss, a parameter or a running statistic is no longer finite; `history` ends with the epoch before.
        """
        rows = self._rows_or_refuse()
        with np.errstate(all="ignore"):
            metrics = Metrics(self.network.loss) if self.hyperparameters.train_metrics == "running" else None
            learning_rate = self._run_steps(*rows, metrics)
            if metrics is None:
                loss, score = self.network.evaluate_checked(*rows)
            else:
                loss, score = metrics.values()
                loss += self.network.penalty.value()
            self._check_finite("training loss", isfinite(loss), learning_rate)
            self._check_finite("network", self.network.is_finite(), learning_rate)
            epoch = Epoch(len(self.history) + 1, learning_rate, loss, score, *self._validate(learning_rate))
        self.history.append(epoch)
        if self._stopping and epoch.validation_score is not None and epoch.validation_loss is not None:
            self._stopping.observe(epoch.epoch, epoch.validation_score, epoch.validation_loss, self.network)
        return epoch

    def _rows_or_refuse(self) -> Rows:
        if self._rows is None:
            raise UsageError("a training that was pickled holds no rows: call set_data first")
        return self._rows

    def _run_steps(self, x: Array, y: Array, metrics: Metrics | None) -> float:
        """Run the steps of an epoch, add each batch to `metrics` if given, and return the last learning rate."""
        settings, network, n_rows = self.hyperparameters, self.network, len(x)
        order = self._order.permutation(n_rows)
        starts = range(0, n_rows, settings.batch_size)
        learning_rate = 0.0
        for start in starts:
            rows = order[start : start + settings.batch_size]
            # With mode="clip", NumPy writes directly into `out`; all indices are valid, so nothing is clipped.
            batch = x.take(rows, axis=0, out=self._batch.rows(len(rows)), mode="clip")
            network.find_gradient(batch, y[rows], metrics)
            learning_rate = learning_rate_at(self.optimizer.steps, len(starts), settings)
            self.optimizer.step(learning_rate)
        return learning_rate

    def _validate(self, learning_rate: float) -> tuple[float, float] | tuple[None, None]:
        if self._validation is None:
            return None, None
        loss, score = self.network.evaluate_checked(*self._validation)
        self._check_finite("validation loss", isfinite(loss), learning_rate)
        return loss, score

    def _check_finite(self, what: str, finite: bool, learning_rate: float) -> None:
        if not finite:
            raise DivergenceError(
                f"the {what} stopped being finite in epoch {len(self.history) + 1} "
                f"(optimizer {self.hyperparameters.optimizer}, learning_rate {learning_rate:g})"
            )

    def restore_best(self) -> None:
        """Restore the weights of the best epoch; does nothing without early stopping."""
        if self._stopping:
            self._stopping.restore(self.network)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes without the rows."""
        return self.__dict__ | {"_rows": None, "_validation": None, "_batch": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._batch = Buffer(self.network.n_inputs, self.network.dtype)


def make_optimizer(network: Network, settings: Hyperparameters) -> Optimizer:
    """Return a new optimizer of the network's parameters, with its hyperparameters taken from `settings`."""
    kind = OPTIMIZERS[settings.optimizer]
    numbers = settings.select(kind.hyperparameters)
    return kind(network.parameters, network.gradient, **numbers, n_decaying=network.n_decaying)


def learning_rate_at(step_number: int, steps_per_epoch: int, settings: Hyperparameters) -> float:
    """Return the learning rate of a step; steps count from 0.

    During the first `warmup_epochs`, w steps, it grows linearly from rate / w at the first step to the full rate at the
    last. Then the schedule starts. Source of the warm-up: Goyal et al., Accurate, large minibatch SGD (2017),
    section 2.2.
    """
    if settings.schedule == "constant" and not settings.warmup_epochs:  # fast path of the usual case
        return settings.learning_rate
    warmup_steps = settings.warmup_epochs * steps_per_epoch
    if step_number + 1 < warmup_steps:
        return settings.learning_rate * (step_number + 1) / warmup_steps
    time = max(0.0, (step_number - warmup_steps) / steps_per_epoch)
    schedule = SCHEDULES[settings.schedule]
    return settings.learning_rate * schedule.factor(time, **settings.select(schedule.hyperparameters))
