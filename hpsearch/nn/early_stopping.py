"""Early stopping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import ClassVar, Protocol

from hpsearch.nn.arrays import Array

Quality = tuple[float, ...]
"""Numbers of an evaluation, larger is better; each decides where those before it are equal."""


def _by_score(score: float, loss: float, penalty: float) -> Quality:
    return score, -loss


def _by_loss(score: float, loss: float, penalty: float) -> Quality:
    return (-(loss - penalty),)


CRITERIA: dict[str, Callable[[float, float, float], Quality]] = {"score": _by_score, "loss": _by_loss}
"""Name → quality of an evaluation, from validation score, validation loss and the penalty that the loss includes.

"score": the highest score; with equal scores, the lowest loss, because accuracy on few validation rows is coarse.
"loss": the lowest loss without penalty, as in Hung-yi Lee, Tips for training DNN.
"""


class Stateful(Protocol):
    """Network whose state can be kept and restored."""

    def copy_state(self, target: dict[str, Array]) -> dict[str, Array]:
        """Copy the state into `target` and return it."""

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Load a copied state."""


class EarlyStopping:
    """Early stopping after `patience` evaluations without improvement, one after each epoch by default.

    An evaluation improves on the best one if it is better by more than `min_delta` in the first number of its quality
    that differs from the best one's, see `CRITERIA`.

    Source: Prechelt, Early stopping, but when? (1998), similar to criterion UP. The terms are Keras'.

    Attributes
    ----------
    hyperparameters
        Names of the fields of `Hyperparameters` that affect it. Each with the smallest number of evaluations of a
        training in which it has an effect: the first one always is the best, and the last one stops by itself.
    """

    hyperparameters: ClassVar[Mapping[str, int]] = {"patience": 3, "min_delta": 2, "stop_by": 2}

    def __init__(self, patience: int, min_delta: float, stop_by: str = "score") -> None:
        self._patience = patience
        self._min_delta = min_delta
        self._quality_of = CRITERIA[stop_by]
        self._best: Quality = (-inf, -inf)
        self._waited = 0
        self._best_state: dict[str, Array] = {}
        self.best_epoch: int | None = None

    @property
    def should_stop(self) -> bool:
        """Whether `patience` evaluations have passed since the best one."""
        return self._waited >= self._patience

    def observe(self, epoch: int, score: float, loss: float, network: Stateful, penalty: float = 0.0) -> None:
        """Record an evaluation's validation score and loss; copy the network's state if it is the best so far.

        `epoch` is the evaluation's number, and `penalty` the part of `loss` that is the penalty.
        """
        quality = self._quality_of(score, loss, penalty)
        if not self._improves(quality):
            self._waited += 1
            return
        self._waited, self.best_epoch, self._best = 0, epoch, quality
        network.copy_state(self._best_state)

    def _improves(self, quality: Quality) -> bool:
        *tied, last = zip(quality, self._best, strict=False)
        number, best = next((pair for pair in tied if pair[0] != pair[1]), last)
        return number > best + self._min_delta

    def restore(self, network: Stateful) -> None:
        """Load the best state into the network, if there is one."""
        if self._best_state:
            network.load_state(self._best_state)
