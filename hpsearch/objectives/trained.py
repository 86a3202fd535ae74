"""A training, its steps, and how it is judged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from numpy.typing import NDArray

from hpsearch.objectives.measures import Measure


class Step(NamedTuple):
    """One step of a training, such as an epoch.

    Attributes
    ----------
    number
        Counts from 1, or from 0 if the initial model is evaluated; later steps have larger numbers.
    value
        Validation value after the step, in the metric's units.
    cost
        Cost of the step, in units of the fidelity.
    """

    number: int
    value: float
    cost: float = 1.0


@dataclass(frozen=True)
class Outcome:
    """Judgement of a training on the test rows.

    Attributes
    ----------
    value
        Test value, in the metric's units.
    right
        For classification: whether each test row was predicted correctly, shape (rows,). None if unknown.
    residuals
        For numbers: target − prediction of each test row in the target's units, shape (rows,). None if unknown.
    validation
        Validation value of the same training, in the metric's units. None if unknown.
    diverged
        Whether the training diverged, so that `value` is the metric's worst.
    error
        Standard error of `value` by the chance of the test rows, where it does not follow from `right` or `residuals`.
        None if unknown.
    groups
        Number of groups of the test rows, over which `error` is then; None without groups.
    """

    value: float
    right: NDArray[Any] | None = None
    residuals: NDArray[Any] | None = None
    validation: float | None = None
    diverged: bool = False
    error: float | None = None
    groups: int | None = None


class Baseline(NamedTuple):
    """Judgement of a simple model that a search is compared with.

    Attributes
    ----------
    validation, test
        Values on the validation and the test rows, in the metric's units.
    train_rows, train_rows_of
        Number of rows that it was trained on, and that a trial is trained on.
    """

    validation: float
    test: float
    train_rows: int
    train_rows_of: int


class Trained(ABC):
    """A training: iterate over its steps to train, then ask what came of it."""

    @abstractmethod
    def __iter__(self) -> Iterator[Step]:
        """Train, and yield each step. A diverged training ends without an error."""

    @property
    @abstractmethod
    def validation(self) -> float:
        """Validation value of the final model; the metric's worst value if the training diverged."""

    def attributes(self) -> Mapping[str, Any]:
        """Return what is stored with the trial, by name, in JSON types."""
        return {}

    def measures(self) -> Mapping[str, Measure]:
        """Return further measures of the training by name, for claims and figures."""
        return {}

    def layers(self) -> Sequence[Mapping[str, Any]]:
        """Return statistics of each layer at each recorded step, one row each, in JSON types."""
        return ()

    def outcome(self) -> Outcome:
        """Judge the final model on the test rows. Call it after the search only."""
        raise NotImplementedError

    def judgement(self) -> Outcome:
        """Return the outcome, with the validation value of this training and whether it diverged."""
        diverged = bool(self.attributes().get("diverged", False))
        return replace(self.outcome(), validation=self.validation, diverged=diverged)

    def model(self) -> Any:
        """Return the fitted model, with a method ``predict``."""
        raise NotImplementedError

    def fingerprints(self) -> Mapping[str, Any]:
        """Return hashes of the random parts that variants of a repeat share, by name."""
        return {}
