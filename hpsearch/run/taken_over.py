"""Trials of an earlier study that a run takes over: how it stores them.

They are an attribute of the run, not trials of its Optuna study. So they are no part of its budget, of its numbers, of
its incumbent or of its confirmation; the strategy alone sees them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

TAKEN = "taken_over"
"""Attribute of a run: the study that it goes on from, the trials that it took over, and why it left out others."""

AGAIN = "trained_again"
"""User attribute of the trial that trains the best one taken over: the run and the number that it had there."""

NEAREST = "nearest_to_best"
"""User attribute of the trial nearest to the best one of the earlier study: that one's run and number."""

OLDEST, NEWEST = 1, 2
"""Versions of the rule by which a run goes on; a stored run keeps its own. By rule 1, CMA-ES learns from no trials."""

MOST_TAKEN = 1_000
"""Largest number of trials that a run takes over: the latest ones. More would slow every draw down."""

TOO_MANY = f"trials before the latest {MOST_TAKEN:,}"


class TakenTrial(NamedTuple):
    """Trial that a run has taken over.

    Attributes
    ----------
    run, number
        Name of the run that trained it, and its number there.
    params
        Parameters, as Optuna stores them.
    value
        Validation value.
    """

    run: str
    number: int
    params: dict[str, Any]
    value: float


@dataclass(frozen=True)
class TakenOver:
    """What a run takes over.

    Attributes
    ----------
    study
        Name of the study that it goes on from.
    trials
        Trials, in the order in which the strategy sees them.
    left_out
        Reason → number of trials that were not taken over.
    nearest
        The best trial of the earlier study on these rows, with its parameters brought into the space: those outside a
        range at its end, without those that have no such value. None if there was no trial, or by rule 1.
    rule
        Version of the rule by which the run goes on.
    """

    study: str
    trials: tuple[TakenTrial, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    nearest: TakenTrial | None = None
    rule: int = NEWEST

    def as_stored(self) -> dict[str, Any]:
        """Return the attribute of a run that stores this, in JSON types."""
        return {
            "study": self.study,
            "trials": [list(trial) for trial in self.trials],
            "left_out": dict(self.left_out),
            "nearest": None if self.nearest is None else list(self.nearest),
            "rule": self.rule,
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> TakenOver:
        """Return what `as_stored` has stored."""
        trials = tuple(TakenTrial(*trial) for trial in stored["trials"])
        nearest = stored.get("nearest")
        return cls(
            stored["study"],
            trials,
            stored["left_out"],
            None if nearest is None else TakenTrial(*nearest),
            stored.get("rule", OLDEST),
        )

    def latest(self, count: int, reason: str) -> TakenOver:
        """Keep the latest `count` trials; the others count as left out for `reason`."""
        dropped = len(self.trials) - count
        if dropped <= 0:
            return self
        return replace(self, trials=self.trials[dropped:], left_out={**self.left_out, reason: dropped})

    def best(self, direction: str) -> TakenTrial | None:
        """Return the trial with the best value, the earliest of equal ones; None without trials."""
        return best_of(self.trials, direction)

    def better_nearest(self, direction: str) -> TakenTrial | None:
        """Return `nearest` if it was better than the best of the trials, which is trained again anyway; else None."""
        best = self.best(direction)
        return None if self.nearest is None or (best is not None and best.value == self.nearest.value) else self.nearest

    def frozen(self, space: Mapping[str, BaseDistribution]) -> list[FrozenTrial]:
        """Return the trials as those of a study over the `space`, numbered from 0."""
        return [_frozen(trial, number, space) for number, trial in enumerate(self.trials)]


def best_of(trials: Iterable[TakenTrial], direction: str) -> TakenTrial | None:
    """Return the trial with the best value, the earliest of equal ones; None without trials."""
    sign = -1.0 if direction == "maximize" else 1.0
    return min(trials, key=lambda trial: sign * trial.value, default=None)


def reasons(left_out: Mapping[str, int]) -> list[str]:
    """Return how many trials were left out for each reason, in words, the most frequent reason first.

    >>> reasons({"failed trials": 1, "trials outside the range of x": 12})
    ['12 trials outside the range of x', '1 failed trial']
    """
    by_count = sorted(left_out.items(), key=lambda item: -item[1])
    return [f"{count:,} {reason if count != 1 else reason.replace('trials', 'trial')}" for reason, count in by_count]


def is_taken_over(stored: Mapping[str, Any]) -> bool:
    """Return whether an attribute of a run can be what `TakenOver.as_stored` returns."""
    trials, left_out = stored.get("trials"), stored.get("left_out")
    return (
        isinstance(stored.get("study"), str)
        and isinstance(left_out, dict)
        and isinstance(trials, list)
        and all(map(_is_trial, trials))
        and (stored.get("nearest") is None or _is_trial(stored["nearest"]))
        and stored.get("rule", OLDEST) in (OLDEST, NEWEST)
    )


def _is_trial(stored: object) -> bool:
    kinds: Sequence[Any] = (str, int, dict, (int, float))
    return (
        isinstance(stored, list)
        and len(stored) == len(kinds)
        and all(isinstance(each, kind) for each, kind in zip(stored, kinds, strict=True))
    )


def _frozen(trial: TakenTrial, number: int, space: Mapping[str, BaseDistribution]) -> FrozenTrial:
    began = datetime.fromtimestamp(0)
    return FrozenTrial(
        number=number,
        trial_id=-1 - number,  # the storage has no such trial
        state=TrialState.COMPLETE,
        value=trial.value,
        datetime_start=began,
        datetime_complete=began,
        params={name: trial.params[name] for name in space if name in trial.params},
        distributions={name: space[name] for name in space if name in trial.params},
        user_attrs={},
        system_attrs={},
        intermediate_values={},
    )
