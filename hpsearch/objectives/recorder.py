"""Measures and layer statistics of a training of the network, taken while it trains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from hpsearch.data import Split
from hpsearch.nn import Epoch, Training, record
from hpsearch.objectives.final_measures import ensemble_measures, weight_measures
from hpsearch.objectives.layer_rows import layer_rows
from hpsearch.objectives.measures import Curve, Measure
from hpsearch.objectives.record import Record

MOST_ROWS = 1_000
"""Number of training rows, the first ones, that layers are described with."""


class Recorder:
    """Measures and layer statistics of a training; it changes no bit of the training.

    Measures
    --------
    steps
        Number of steps trained.
    train_loss, penalized_train_loss, validation_loss
        With an L2 or L1 penalty: curves of the loss without, with and without it. Else they are in the history.
    batch_loss
        With ``loss = "step"``: curve of the loss of each batch, without penalty, before its step.
    test_score, test_loss
        With ``test = true``: curves over the evaluations, on the test rows, without penalty.
    ensemble_score, thinned_score, scaled_score
        With ``ensemble``: see `ensemble_measures`.
    weights.near_zero, weights.large, weights.rms
        With ``weights = true``: see `weight_measures`.

    Curves have the numbers of the evaluations as steps, `Epoch.epoch`, and `batch_loss` the steps from 1. Curves on
    test rows end with NaN if the training diverged.

    Parameters
    ----------
    settings
        What to record.
    training
        Training that is observed: call `begin` before it, `observe` after each evaluation, and `end`.
    data
        Rows of the objective.
    seeds
        Seeds of the training; thinned networks have a stream of their own of them.

    Attributes
    ----------
    layers
        Rows of `layer_rows` at the recorded evaluations; with a budget in epochs the initial network is number 0.
    """

    def __init__(self, settings: Record, training: Training, data: Split, seeds: np.random.SeedSequence) -> None:
        self._settings, self._training, self._data, self._seeds = settings, training, data, seeds
        self._diverged = False
        self._sample = data.x_train[:MOST_ROWS], data.y_train[:MOST_ROWS]
        self._test = training.network.check(data.x_test, data.y_test) if settings.test else None
        self._tested: list[tuple[int, float, float]] = []
        self.layers: list[Mapping[str, Any]] = []
        self._described = -1
        if settings.loss == "step":
            training.batch_losses = []

    def begin(self) -> None:
        """Record the initial network."""
        if self._settings.layers:
            self._describe(0)

    def observe(self, epoch: Epoch) -> None:
        """Record an evaluation."""
        if self._settings.layers == "every":
            self._describe(epoch.epoch)
        if self._test is not None:
            with np.errstate(all="ignore"):
                loss, score = self._training.network.evaluate_checked(*self._test)
            self._tested.append((epoch.epoch, score, loss))

    def end(self, *, diverged: bool) -> None:
        """Record the final network."""
        self._diverged = diverged
        if diverged:
            self._tested.append((self._training.next_number, math.nan, math.nan))
        elif self._settings.layers and self._training.history:
            self._describe(self._training.final.epoch)

    def _describe(self, number: int) -> None:
        if number > self._described:
            self.layers += layer_rows(number, record(self._training.network, *self._sample))
            self._described = number

    def measures(self) -> Mapping[str, Measure]:
        """Return the measures by name."""
        training = self._training
        measures = self._unpenalized()
        measures["steps"] = float(training.optimizer.steps)
        if training.batch_losses is not None:
            measures["batch_loss"] = Curve(range(1, len(training.batch_losses) + 1), training.batch_losses)
        if self._test is not None:
            numbers, scores, losses = zip(*self._tested, strict=True) if self._tested else ((), (), ())
            measures |= {"test_score": Curve(numbers, scores), "test_loss": Curve(numbers, losses)}
        return measures | self._final()

    def _final(self) -> dict[str, Measure]:
        """Measure the final network: only when asked, because retrainings are not."""
        network, settings = self._training.network, self._settings
        measures: dict[str, Measure] = {}
        if settings.ensemble:
            measures |= ensemble_measures(network, self._data, settings.ensemble, self._seeds, diverged=self._diverged)
        if settings.weights:
            measures |= weight_measures(network)
        return measures

    def _unpenalized(self) -> dict[str, Measure]:
        epochs = self._training.history
        if not any(epoch.penalty for epoch in epochs):
            return {}
        numbers = [epoch.epoch for epoch in epochs]
        validation = [math.nan if epoch.validation_loss is None else epoch.validation_loss for epoch in epochs]
        penalties = [epoch.penalty for epoch in epochs]
        return {
            "train_loss": Curve(numbers, [epoch.train_loss - epoch.penalty for epoch in epochs]),
            "penalized_train_loss": Curve(numbers, [epoch.train_loss for epoch in epochs]),
            "validation_loss": Curve(numbers, [a - b for a, b in zip(validation, penalties, strict=True)]),
        }
