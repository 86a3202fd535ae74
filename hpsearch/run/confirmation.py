"""Confirmation: retrain the best trials of a search, because the best of many noisy values is partly luck.

A value selected as the best is optimistic (the winner's curse), and more so the more trials it was selected from. The
mean of fresh trainings has no such bias, except from the choice among the few candidates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from hpsearch.storage.optuna_private import begin_trial
from hpsearch.strategies.base import CONFIRMS

REPETITIONS = 3  # per candidate
PHASE = "hpsearch:begun_before_confirming"  # separates the trials of one confirmation from earlier ones


def confirms(trial: FrozenTrial) -> int | None:
    """Return the number of the trial that `trial` repeats; None for a trial of the search."""
    number = trial.user_attrs.get(CONFIRMS)
    return number if isinstance(number, int) else None


def candidates(direction: str, trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """Return the trials that qualify for confirmation, best first: search trials, complete, finite, not diverged.

    Of trials with the same parameters only the best counts. Ties go to the earliest.
    """
    sign = 1 if direction == "maximize" else -1
    best: dict[object, FrozenTrial] = {}
    for trial in sorted(filter(_may_be_confirmed, trials), key=lambda trial: (-sign * _value(trial), trial.number)):
        best.setdefault(tuple(sorted((name, repr(value)) for name, value in trial.params.items())), trial)
    return list(best.values())


def confirmed(trials: Iterable[FrozenTrial]) -> dict[int, list[float]]:
    """Return the values of the complete repetitions of each confirmed trial, by its number.

    A trial counts as confirmed if it has at least `REPETITIONS` complete repetitions.
    """
    repetitions: dict[int, list[float]] = {}
    for trial in trials:
        number = confirms(trial)
        if number is not None and _complete(trial):
            repetitions.setdefault(number, []).append(_value(trial))
    return {number: values for number, values in repetitions.items() if len(values) >= REPETITIONS}


def incumbent(direction: str, trials: Iterable[FrozenTrial]) -> FrozenTrial | None:
    """Return the best trial of a run; None if no trial is complete.

    If trials were confirmed, it is the one with the best mean of repetitions. Otherwise it is the complete search
    trial with the best value. Ties go to the earliest.
    """
    sign = 1 if direction == "maximize" else -1
    listed = list(trials)
    means = {number: sum(values) / len(values) for number, values in confirmed(listed).items()}
    search = [trial for trial in listed if confirms(trial) is None and _complete(trial)]
    scores = {trial.number: means.get(trial.number) if means else _value(trial) for trial in search}
    return max(
        (trial for trial in search if scores[trial.number] is not None),
        key=lambda trial: (_comparable(sign, scores[trial.number]), -trial.number),
        default=None,
    )


def begin_confirmation(study: optuna.Study, candidate: FrozenTrial, phase: int) -> Trial:
    """Start a trial with the parameters of `candidate`, and its own number and seed."""
    return _begin(study, candidate.params, {CONFIRMS: candidate.number}, {PHASE: phase})


class Beginning(NamedTuple):
    """Parameters of a trial that the strategy does not draw, and its user attributes."""

    params: Mapping[str, Any]
    attributes: Mapping[str, Any] = MappingProxyType({})


def begin_with(study: optuna.Study, beginning: Beginning) -> Trial:
    """Start a trial of the search with these parameters."""
    return _begin(study, beginning.params, dict(beginning.attributes), {})


def _begin(
    study: optuna.Study, params: Mapping[str, Any], user_attrs: dict[str, Any], system_attrs: dict[str, Any]
) -> Trial:
    """Start a trial in one write to the storage, so that a killed process never leaves half a trial."""
    template = FrozenTrial(
        number=-1,  # assigned by the storage
        trial_id=-1,
        state=TrialState.RUNNING,
        value=None,
        datetime_start=datetime.now(),
        datetime_complete=None,
        params={},
        distributions={},
        user_attrs=user_attrs,
        system_attrs={"fixed_params": dict(params)} | system_attrs,
        intermediate_values={},
    )
    return begin_trial(study, template)


def _may_be_confirmed(trial: FrozenTrial) -> bool:
    diverged = trial.user_attrs.get("diverged", False)
    return confirms(trial) is None and _complete(trial) and not diverged and math.isfinite(_value(trial))


def _complete(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.COMPLETE and trial.value is not None


def _value(trial: FrozenTrial) -> float:
    assert trial.value is not None  # guaranteed for complete trials
    return trial.value


def _comparable(sign: int, score: float | None) -> float:
    """Return a score for which more is better; NaN, the mean of opposite infinities, becomes the worst."""
    return -math.inf if score is None or math.isnan(score) else sign * score
