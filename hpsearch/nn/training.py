"""Training loop: steps over batches, evaluated after each epoch or every so many steps, with early stopping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hpsearch.errors import DivergenceError, UsageError
from hpsearch.nn.arrays import Array, Buffer
from hpsearch.nn.batches import Batches
from hpsearch.nn.early_stopping import EarlyStopping
from hpsearch.nn.fingerprints import Fingerprints, fingerprint
from hpsearch.nn.hyperparameters import Hyperparameters
from hpsearch.nn.learning_rate import learning_rate_at
from hpsearch.nn.losses import Metrics
from hpsearch.nn.network import Network, Rows
from hpsearch.nn.optimizers import OPTIMIZERS, Optimizer
from hpsearch.nn.streams import Streams, streams_of

Validation = tuple[ArrayLike, ArrayLike] | tuple[ArrayLike, ArrayLike, ArrayLike | None]
"""Inputs and targets, and weights if there are any."""


@dataclass(frozen=True)
class Epoch:
    """Metrics of a training, evaluated after an epoch or, with a budget in steps, after a step.

    Losses include the L2 and L1 penalty.
    """

    epoch: int
    """Number of the epoch, from 1; with a budget in steps, number of steps so far, from 0."""
    learning_rate: float
    """Learning rate of the last step; 0 before the first."""
    train_loss: float
    train_score: float
    """Accuracy or R².

    With ``train_metrics="running"``, loss and score are averaged over the batches since the last evaluation, each
    before its step and with dropout. With "exact", and before the first step, the network is evaluated on all rows.
    """
    validation_loss: float | None = None
    validation_score: float | None = None
    penalty: float = 0.0
    """Penalty that the losses include."""


class Training:
    """Training of a network: iterate to train, or call `run_epoch` for one more epoch.

    The budget is `epochs`, each followed by an evaluation. With `steps`, it is that number of steps: the initial
    network is evaluated, then every `evaluate_every` steps, and after the last one. `Batches` says which rows a step
    takes.

    The same seed gives bit-identical results on one machine, in one run or epoch by epoch, if BLAS uses the same number
    of threads. The estimators and `MLPObjective` ensure that.

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
    sample_weight
        Weight of each row in the loss and the score, at least 0; divided by their mean. None: all are 1.
    validation
        Inputs, targets and, if there are any, weights at each evaluation; required by early stopping.
    rng
        Draws the order of the rows: a generator, usually the network's, or `Streams`. A training with `Streams` begins
        with their first order, also if the network was trained before.

    Attributes
    ----------
    history
        Evaluations so far.
    batch_losses
        Mean loss of each batch so far, without penalty, before its step; None unless set to a list before the training.

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
        sample_weight: ArrayLike | None = None,
        *,
        validation: Validation | None = None,
        rng: np.random.Generator | Streams,
    ) -> None:
        for name in self.SHARED:
            expected, value = getattr(network.hyperparameters, name), getattr(hyperparameters, name)
            if expected != value:
                raise UsageError(f"{name} of a training must be its network's, {expected!r}, got {value!r}")
        self.network = network
        self.hyperparameters = hyperparameters
        self._batches = Batches(
            hyperparameters.batch_size, replacement=hyperparameters.replacement, rng=streams_of(rng).order()
        )
        self.set_data(x, y, sample_weight, validation=validation)
        self.optimizer = make_optimizer(network, hyperparameters)
        self.history: list[Epoch] = []
        self.batch_losses: list[float] | None = None
        stopping = EarlyStopping(**hyperparameters.select(EarlyStopping.hyperparameters))
        self._stopping = stopping if hyperparameters.early_stopping else None
        self._batch = Buffer(network.n_inputs, network.dtype)

    def set_data(
        self,
        x: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        validation: Validation | None = None,
    ) -> None:
        """Set the rows to train on. Another number of rows than before begins a new epoch."""
        if self.hyperparameters.early_stopping and validation is None:
            raise UsageError("early_stopping needs validation data, got none")
        check = self.network.check
        self._rows: Rows | None = check(x, y, sample_weight)
        self._validation: Rows | None = None
        if validation is not None:
            x, y, *weights = validation
            self._validation = check(x, y, weights[0] if weights else None, prefix="validation ")
        self._batches.resize(len(self._rows[0]))

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
        self._rows_or_refuse()
        weights = [fingerprint(layer.weight) for layer in self.network.dense_layers]
        return Fingerprints(weights=weights, order=fingerprint(self._batches.first_order()))

    @property
    def best_epoch(self) -> int | None:
        """Number of the best evaluation so far, as in `Epoch`; None without early stopping."""
        return self._stopping.best_epoch if self._stopping else None

    @property
    def final(self) -> Epoch:
        """Evaluation of the weights that training ends with: the best one with early stopping, else the last one."""
        best = self.best_epoch
        return self.history[-1] if best is None else next(each for each in self.history if each.epoch == best)

    def __iter__(self) -> Iterator[Epoch]:
        """Train until the budget is spent or early stopping stops.

        With early stopping, the best weights are restored when the iteration ends, also after a `break` or an error.
        """
        try:
            while (steps := self._steps_to_evaluation()) is not None:
                yield self._run(steps)
                if self._stopping and self._stopping.should_stop:
                    return
        finally:
            self.restore_best()

    def _steps_to_evaluation(self) -> int | None:
        """Return the number of steps until the next evaluation; None at the end of the budget."""
        settings = self.hyperparameters
        if settings.steps is None:
            return self.steps_per_epoch if len(self.history) < settings.epochs else None
        if not self.history:
            return 0
        remaining = settings.steps - self.optimizer.steps
        return min(settings.evaluate_every or self.steps_per_epoch, remaining) if remaining > 0 else None

    def run_epoch(self) -> Epoch:
        """Train for one more epoch, even beyond the budget.

        Raises
        ------
        DivergenceError
            If a loss, a parameter or a running statistic is no longer finite; `history` ends with the epoch before.
        """
        return self._run(self.steps_per_epoch)

    def _run(self, steps: int) -> Epoch:
        """Take these steps, then evaluate."""
        rows, network = self._rows_or_refuse(), self.network
        running = self.hyperparameters.train_metrics == "running" and steps > 0
        with np.errstate(all="ignore"):
            is_measured = running or self.batch_losses is not None
            metrics = Metrics(network.loss, self.batch_losses) if is_measured else None
            learning_rate = self._run_steps(steps, *rows, metrics)
            loss, score = metrics.values() if metrics and running else network.evaluate_checked(*rows)
            penalty = network.penalty.value()
            self._check_finite("training loss", isfinite(loss + penalty), learning_rate)
            self._check_finite("network", network.is_finite(), learning_rate)
            validation_loss, validation_score = self._validate(penalty, learning_rate)
        epoch = Epoch(
            self.next_number, learning_rate, loss + penalty, score, validation_loss, validation_score, penalty
        )
        self.history.append(epoch)
        if self._stopping and validation_score is not None and validation_loss is not None:
            self._stopping.observe(epoch.epoch, validation_score, validation_loss, network, penalty)
        return epoch

    @property
    def steps_per_epoch(self) -> int:
        """Number of steps of an epoch, ceil(rows / batch_size)."""
        return len(self._batches)

    @property
    def next_number(self) -> int:
        """Number of an evaluation now, as in `Epoch`."""
        return len(self.history) + 1 if self.hyperparameters.steps is None else self.optimizer.steps

    def _rows_or_refuse(self) -> Rows:
        if self._rows is None:
            raise UsageError("a training that was pickled holds no rows: call set_data first")
        return self._rows

    def _run_steps(self, steps: int, x: Array, y: Array, weights: Array | None, metrics: Metrics | None) -> float:
        """Take steps, add each batch to `metrics` if given, and return the last learning rate."""
        settings, network, batches = self.hyperparameters, self.network, self._batches
        steps_per_epoch = self.steps_per_epoch
        learning_rate = 0.0
        for _ in range(steps):
            rows = batches.next()
            # With mode="clip", NumPy writes directly into `out`; all indices are valid, so nothing is clipped.
            batch = x.take(rows, axis=0, out=self._batch.rows(len(rows)), mode="clip")
            network.find_gradient(batch, y[rows], metrics, None if weights is None else weights[rows])
            learning_rate = learning_rate_at(self.optimizer.steps, steps_per_epoch, settings)
            self.optimizer.step(learning_rate)
        return learning_rate

    def _validate(self, penalty: float, learning_rate: float) -> tuple[float, float] | tuple[None, None]:
        if self._validation is None:
            return None, None
        loss, score = self.network.evaluate_checked(*self._validation)
        self._check_finite("validation loss", isfinite(loss + penalty), learning_rate)
        return loss + penalty, score

    def _check_finite(self, what: str, finite: bool, learning_rate: float) -> None:
        if not finite:
            settings = self.hyperparameters
            where = f"in epoch {self.next_number}" if settings.steps is None else f"by step {self.next_number}"
            raise DivergenceError(
                f"the {what} stopped being finite {where} "
                f"(optimizer {settings.optimizer}, learning_rate {learning_rate:g})"
            )

    def restore_best(self) -> None:
        """Restore the weights of the best evaluation; does nothing without early stopping."""
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
