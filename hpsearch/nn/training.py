"""Training: epochs of steps over shuffled batches, until they are done or no longer improve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hpsearch.errors import DivergenceError, UsageError
from hpsearch.nn.arrays import Array, Buffer, as_inputs
from hpsearch.nn.early_stopping import EarlyStopping
from hpsearch.nn.hyperparameters import Hyperparameters
from hpsearch.nn.losses import Metrics
from hpsearch.nn.network import Network
from hpsearch.nn.optimizers import OPTIMIZERS, Optimizer
from hpsearch.nn.schedules import SCHEDULES

Rows = tuple[Array, Array]
"""Inputs and targets that have been checked."""


@dataclass(frozen=True)
class Epoch:
    """What an epoch of training came to. Losses include the penalty of weight decay."""

    epoch: int
    """1 for the first."""
    learning_rate: float
    """The rate of its last step."""
    train_loss: float
    train_score: float
    """Accuracy or R². With ``train_metrics="running"`` loss and score are gathered over the epoch's batches, each
    before its step and with dropout; with "exact" they are those of the network after the epoch."""
    validation_loss: float | None = None
    validation_score: float | None = None


class Training:
    """An ongoing training of a network: iterate to train, or call `run_epoch` for one more epoch.

    Each epoch takes the rows in a new order, `batch_size` at a time; the last batch takes what is left, and a batch
    size larger than the number of rows means all of them. The same seed gives the same bits on one machine, in one
    go or epoch by epoch, as long as BLAS has the same number of threads; the estimators and `MLPObjective` see to that.

    A pickled training goes on where it was, but holds no rows: give it some with `set_data`.

    Parameters
    ----------
    network
        Is trained in place.
    hyperparameters
        What to train with; what shapes the loss (`SHARED`) has to be the network's own.
    x, y
        Inputs (rows, n_inputs) and their labels or targets. They are copied only if they aren't C-contiguous arrays
        of the network's dtype; batches are gathered from them, so that there is never a second, shuffled copy.
    validation
        Inputs and targets that are evaluated after each epoch; early stopping needs them.
    rng
        Draws the order of the rows.

    Attributes
    ----------
    history
        The epochs so far.

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
        rng: np.random.Generator,
    ) -> None:
        for name in self.SHARED:
            wanted, got = getattr(network.hyperparameters, name), getattr(hyperparameters, name)
            if wanted != got:
                raise UsageError(f"{name} of a training must be its network's, {wanted!r}, got {got!r}")
        self.network = network
        self.hyperparameters = hyperparameters
        self.rng = rng
        self.set_data(x, y, validation=validation)
        self.optimizer = make_optimizer(network, hyperparameters)
        self.history: list[Epoch] = []
        stopping = EarlyStopping(hyperparameters.patience, hyperparameters.min_delta)
        self._stopping = stopping if hyperparameters.early_stopping else None
        self._batch = Buffer(network.n_inputs, network.dtype)

    def set_data(self, x: ArrayLike, y: ArrayLike, *, validation: tuple[ArrayLike, ArrayLike] | None = None) -> None:
        """Train on these rows from the next epoch on."""
        if self.hyperparameters.early_stopping and validation is None:
            raise UsageError("early_stopping needs validation data, got none")
        self._rows: Rows | None = self._check(x, y, "x", "y")
        self._validation = None if validation is None else self._check(*validation, "validation x", "validation y")

    def _check(self, x: ArrayLike, y: ArrayLike, x_name: str, y_name: str) -> Rows:
        inputs = as_inputs(x, self.network.n_inputs, self.network.dtype, x_name)
        return inputs, self.network.loss.check(y, len(inputs), y_name)

    @property
    def best_epoch(self) -> int | None:
        """With early stopping, the number of the best epoch so far; without, None."""
        return self._stopping.best_epoch if self._stopping else None

    def __iter__(self) -> Iterator[Epoch]:
        """Train until there have been `epochs` epochs, or early stopping stops.

        With early stopping the best weights are restored when the iteration ends, however it ends: a consumer that
        breaks, or an error, leaves the best network, too.
        """
        try:
            while len(self.history) < self.hyperparameters.epochs:
                yield self.run_epoch()
                if self._stopping and self._stopping.should_stop:
                    return
        finally:
            self.restore_best()

    def run_epoch(self) -> Epoch:
        """Train for one more epoch, whatever `epochs` says.

        Raises
        ------
        DivergenceError
            If a loss, a parameter or a running statistic is no longer finite; `history` ends with the epoch before.
        """
        if self._rows is None:
            raise UsageError("a training that was pickled holds no rows: call set_data first")
        with np.errstate(all="ignore"):
            metrics = Metrics(self.network.loss) if self.hyperparameters.train_metrics == "running" else None
            learning_rate = self._run_steps(*self._rows, metrics)
            if metrics is None:
                loss, score = self.network.evaluate_checked(*self._rows)
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

    def _run_steps(self, x: Array, y: Array, metrics: Metrics | None) -> float:
        """An epoch's steps, gathered in `metrics` if they are given; returns the last learning rate."""
        settings, network, n_rows = self.hyperparameters, self.network, len(x)
        order = self.rng.permutation(n_rows)
        starts = range(0, n_rows, settings.batch_size)
        learning_rate = 0.0
        for start in starts:
            chosen = order[start : start + settings.batch_size]
            # With mode="clip" NumPy writes straight into `out`; every number is valid, so that nothing is clipped.
            batch = x.take(chosen, axis=0, out=self._batch.rows(len(chosen)), mode="clip")
            network.find_gradient(batch, y[chosen], metrics)
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
        """With early stopping, bring the weights of the best epoch back; without, do nothing."""
        if self._stopping:
            self._stopping.restore(self.network)

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the rows."""
        return self.__dict__ | {"_rows": None, "_validation": None, "_batch": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._batch = Buffer(self.network.n_inputs, self.network.dtype)


def make_optimizer(network: Network, settings: Hyperparameters) -> Optimizer:
    """Return a new optimizer of the network's parameters, with the numbers that its formula takes from `settings`."""
    kind = OPTIMIZERS[settings.optimizer]
    numbers = settings.select(kind.hyperparameters)
    return kind(network.parameters, network.gradient, **numbers, n_decaying=network.n_decaying)


def learning_rate_at(step_number: int, steps_per_epoch: int, settings: Hyperparameters) -> float:
    """The learning rate of a step; steps count from 0.

    During the first `warmup_epochs`, w steps, it grows linearly, from rate / w at the first one to the full rate at
    the last; then the schedule starts. Source of the warm-up: Goyal et al., Accurate, large minibatch SGD (2017),
    section 2.2.
    """
    if settings.schedule == "constant" and not settings.warmup_epochs:  # the usual case, without any arithmetic
        return settings.learning_rate
    warmup_steps = settings.warmup_epochs * steps_per_epoch
    if step_number + 1 < warmup_steps:
        return settings.learning_rate * (step_number + 1) / warmup_steps
    time = max(0.0, (step_number - warmup_steps) / steps_per_epoch)
    factor, names = SCHEDULES[settings.schedule]
    return settings.learning_rate * factor(time, **settings.select(names))
