"""How long a study will take on this machine, from the first steps of a few trainings."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import joblib
import optuna
from optuna.samplers import RandomSampler

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.objectives import Objective
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.study.runs import Plan
from hpsearch.study.variant import is_untuned

_VARIANTS = 8  # that are timed, evenly spaced
_STEPS = 4  # of each training: the first one is left out, since it is the slowest


def expected_seconds(plan: Plan, jobs: int) -> float:
    """Return the expected duration of all trainings of `plan` with `jobs` processes, in seconds.

    Time the first steps of a training of at most eight variants, with default hyperparameters (random ones where there
    are none), and multiply:

        seconds of a step × steps × trainings of a run × runs / processes

    Early stopping, pruners, simple models that are compared, and reports are not considered.
    """
    variants = [variant for variant in plan.variants.values() if plan.is_asked(variant)]
    timed = [variants[len(variants) * number // _VARIANTS] for number in range(_VARIANTS)]
    timed = timed if len(variants) > _VARIANTS else variants
    seconds = 0.0
    for variant in timed:
        for objective in variant.objectives.values():
            trainings = 1 if is_untuned(objective) else plan.trials + plan.retrain
            seconds += trainings * _training_seconds(objective)
    runs = len(variants) * len(plan.objectives) * plan.repeats
    processes = min(int(joblib.effective_n_jobs(jobs)), runs)
    return seconds * len(variants) / len(timed) * plan.repeats / processes


def _training_seconds(objective: Objective) -> float:
    """Return the expected duration of a training, from its first steps."""
    steps, times = [0], [time.perf_counter()]
    params = _typical(objective)
    with ONE_BLAS_THREAD.hold():
        for step in islice(objective.train(params, objective.seeds(0)), _STEPS):
            steps.append(step.number)
            times.append(time.perf_counter())
    return _extrapolated(steps, times, objective.epochs or steps[-1])


def _typical(objective: Objective) -> Mapping[str, Any]:
    """Return the default hyperparameters, or random ones where an objective, such as a table, has no defaults."""
    if objective.defaults or not objective.space:
        return objective.defaults
    with quiet_optuna():
        return objective.suggest(optuna.create_study(sampler=RandomSampler(seed=0)).ask())


def _extrapolated(steps: Sequence[int], times: Sequence[float], planned: int) -> float:
    """Return the duration of `planned` steps from the times at which some were done.

    >>> _extrapolated([0, 1, 2, 3], [0.0, 5.0, 6.0, 7.0], 10)
    14.0
    """
    if len(steps) < 3:
        return times[-1] - times[0]
    first = times[1] - times[0]
    rate = (times[-1] - times[1]) / max(steps[-1] - steps[1], 1)
    return first + rate * (planned - steps[1])
