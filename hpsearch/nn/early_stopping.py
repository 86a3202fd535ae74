"""Early stopping."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import ClassVar

from hpsearch.nn.arrays import Array
from hpsearch.nn.network import Network


class EarlyStopping:
    """Early stopping after `patience` epochs without improvement of the validation score.

    An epoch improves on the best one if its score is higher by more than `min_delta`. With equal scores, it improves if
    its validation loss is lower by more than `min_delta`: accuracy on few validation rows is coarse.

    Source: Prechelt, Early stopping, but when? (1998), similar to criterion UP. The terms are Keras'.

    Attributes
    ----------
    hyperparameters
        Names of the fields of `Hyperparameters` that the constructor takes. Each with the smallest number of epochs of
        a training in which it has an effect: the first epoch always is the best one, and the last one stops by itself.
    """

    hyperparameters: ClassVar[Mapping[str, int]] = {"patience": 3, "min_delta": 2}

    def __init__(self, patience: int, min_delta: float) -> None:
        self._patience = patience
        self._min_delta = min_delta
        self._score = -inf
        self._loss = inf
        self._waited = 0
        self._best_state: dict[str, Array] = {}
        self.best_epoch: int | None = None

    @property
    def should_stop(self) -> bool:
        """Whether `patience` epochs have passed since the best one."""
        return self._waited >= self._patience

    def observe(self, epoch: int, score: float, loss: float, network: Network) -> None:
        """Record an epoch's validation score and loss; copy the network's state if it is the best so far."""
        if not self._improves(score, loss):
            self._waited += 1
            return
        self._waited, self.best_epoch, self._score, self._loss = 0, epoch, score, loss
        network.copy_state(self._best_state)

    def _improves(self, score: float, loss: float) -> bool:
        if score == self._score:
            return loss < self._loss - self._min_delta
        return score > self._score + self._min_delta

    def restore(self, network: Network) -> None:
        """Load the best state into the network, if there is one."""
        if self._best_state:
            network.load_state(self._best_state)
