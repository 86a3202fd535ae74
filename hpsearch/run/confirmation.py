"""Confirmation: the best trials of a search are trained again, since the best of many noisy values is a lucky one.

The value that a search picked for being the best is optimistic (the winner's curse), the more so the more trials it
was picked from. The mean of fresh trainings is not: nothing was picked for it but the few candidates themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from hpsearch.storage.optuna_private import begin_trial
from hpsearch.strategies.base import CONFIRMS

REPETITIONS = 3  # of each candidate
PHASE = "hpsearch:begun_before_confirming"  # tells the trials of one confirmation from those of an earlier one


def confirms(trial: FrozenTrial) -> int | None:
    """The number of the trial that `trial` repeats; None for a trial of the search itself."""
    number = trial.user_attrs.get(CONFIRMS)
    return number if isinstance(number, int) else None


def candidates(direction: str, trials: Iterable[FrozenTrial]) -> list[FrozenTrial]:
    """The trials that are worth confirming, best first: of the search, complete, finite, not diverged.

    Of trials with the same parameters only the best counts, of equal values the earliest first.
    """
    sign = 1 if direction == "maximize" else -1
    found: dict[object, FrozenTrial] = {}
    for trial in sorted(filter(_may_be_confirmed, trials), key=lambda trial: (-sign * _value(trial), trial.number)):
        found.setdefault(tuple(sorted((name, repr(value)) for name, value in trial.params.items())), trial)
    return list(found.values())


def confirmed(trials: Iterable[FrozenTrial]) -> dict[int, list[float]]:
    """The values of the complete repetitions of each confirmed trial, by its number.

    A trial is confirmed that has `REPETITIONS` of them or more: one of which a repetition failed is not.
    """
    found: dict[int, list[float]] = {}
    for trial in trials:
        number = confirms(trial)
        if number is not None and _complete(trial):
            found.setdefault(number, []).append(_value(trial))
    return {number: values for number, values in found.items() if len(values) >= REPETITIONS}


def incumbent(direction: str, trials: Iterable[FrozenTrial]) -> FrozenTrial | None:
    """The trial that a run offers as its best; None where no trial is complete.

    Where trials were confirmed: the one whose repetitions have the best mean. Else the complete trial of the search
    with the best value. Of equals, the earliest.
    """
    sign = 1 if direction == "maximize" else -1
    known = list(trials)
    means = {number: sum(values) / len(values) for number, values in confirmed(known).items()}
    search = [trial for trial in known if confirms(trial) is None and _complete(trial)]
    scores = {trial.number: means.get(trial.number) if means else _value(trial) for trial in search}
    return max(
        (trial for trial in search if scores[trial.number] is not None),
        key=lambda trial: (_comparable(sign, scores[trial.number]), -trial.number),
        default=None,
    )


def begin_confirmation(study: optuna.Study, candidate: FrozenTrial, phase: int) -> Trial:
    """A new trial with the parameters of `candidate`, and a number, hence a seed, of its own.

    It enters the storage in one step: a process may die before or after it, not in the middle.
    """
    template = FrozenTrial(
        number=-1,  # the storage numbers it
        trial_id=-1,
        state=TrialState.RUNNING,
        value=None,
        datetime_start=datetime.now(),
        datetime_complete=None,
        params={},
        distributions={},
        user_attrs={CONFIRMS: candidate.number},
        system_attrs={"fixed_params": candidate.params, PHASE: phase},
        intermediate_values={},
    )
    return begin_trial(study, template)


def _may_be_confirmed(trial: FrozenTrial) -> bool:
    diverged = trial.user_attrs.get("diverged", False)
    return confirms(trial) is None and _complete(trial) and not diverged and math.isfinite(_value(trial))


def _complete(trial: FrozenTrial) -> bool:
    return trial.state == TrialState.COMPLETE and trial.value is not None


def _value(trial: FrozenTrial) -> float:
    assert trial.value is not None  # it is complete
    return trial.value


def _comparable(sign: int, score: float | None) -> float:
    """A score of which more is better; a mean of opposite infinities, which is not a number, is the worst."""
    return -math.inf if score is None or math.isnan(score) else sign * score
