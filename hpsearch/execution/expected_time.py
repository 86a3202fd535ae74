"""How long a study will take on this machine, from a few trainings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import joblib
import optuna
from optuna.samplers import RandomSampler

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.objectives import Objective
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.study.runs import Plan
from hpsearch.study.variant import is_untuned

DRAWS = 2
"""Number of trials that are drawn and timed where a measurement is asked for."""

MOST_SECONDS = 10.0
"""Time after which no other training of a variant is timed."""

_VARIANTS = 8  # that are timed, evenly spaced
_STEPS = 4  # of each training: the first one is left out, since it is the slowest


class Processes(NamedTuple):
    """Processes of a study: how many runs are worked on at once, and how many trials of each."""

    runs: int
    trials: int

    @property
    def number(self) -> int:
        """Number of trainings at once."""
        return self.runs * self.trials


def processes(plan: Plan, jobs: int) -> Processes:
    """Return how `jobs` processes are spread over the runs of `plan` and, as far as its batch allows, their trials."""
    cores = int(joblib.effective_n_jobs(jobs))
    runs = sum(map(plan.is_asked, plan.variants.values())) * len(plan.objectives) * plan.repeats
    return Processes(min(cores, runs), max(1, min(cores // runs, (plan.batch or 0) + 1)))


def expected_seconds(plan: Plan, jobs: int, *, draws: int = 0) -> float:
    """Return the expected duration of all trainings of `plan` with `jobs` processes, in seconds.

    Time the first steps of a training of at most eight variants, with default hyperparameters (random ones where there
    are none), and multiply:

        seconds of a step × steps × trainings of a run × runs / processes

    With `draws`, so many trials are drawn at random and timed as well, and the simple models that are compared are
    timed. Early stopping, pruners and reports are not considered.
    """
    variants = [variant for variant in plan.variants.values() if plan.is_asked(variant)]
    timed = [variants[len(variants) * number // _VARIANTS] for number in range(_VARIANTS)]
    timed = timed if len(variants) > _VARIANTS else variants
    at_once = processes(plan, jobs)
    seconds = 0.0
    for variant in timed:
        for objective in variant.objectives.values():
            trainings = 1.0 if is_untuned(objective) else plan.trials / at_once.trials + plan.retrain
            seconds += trainings * mean_training_seconds(objective, 0 if is_untuned(objective) else draws)
    seconds *= len(variants) / len(timed)
    if draws and not plan.variation.get("quick"):
        seconds += sum(map(_baseline_seconds, plan.objectives.values()))
    return seconds * plan.repeats / at_once.runs


def mean_training_seconds(objective: Objective, draws: int) -> float:
    """Return the mean duration of a training with the default hyperparameters and of `draws` random trials.

    Where trainings are long, fewer are timed: none after `MOST_SECONDS`.
    An objective without defaults, such as a table, is timed with random ones in their place.
    """
    with ONE_BLAS_THREAD.hold():
        times: list[float] = []
        begin = time.perf_counter()
        for params in _params(objective, draws):
            times.append(_training_seconds(objective, params))
            if time.perf_counter() - begin > MOST_SECONDS:
                break
    return sum(times) / len(times)


def _params(objective: Objective, draws: int) -> Iterator[Mapping[str, Any]]:
    has_defaults = bool(objective.defaults) or not objective.space
    if has_defaults:
        yield objective.defaults
    with quiet_optuna():
        study = optuna.create_study(sampler=RandomSampler(seed=0))
        for _ in range(draws if has_defaults else max(1, draws)):
            yield objective.suggest(study.ask())


def _training_seconds(objective: Objective, params: Mapping[str, Any]) -> float:
    """Return the expected duration of a training and its validation, from its first steps."""
    steps, times = [0], [time.perf_counter()]
    training = objective.train(params, objective.seeds(0))
    for step in islice(training, _STEPS):
        steps.append(step.number)
        times.append(time.perf_counter())
    if len(steps) == 2:  # a single step: validation may take longer, as with nearest neighbours
        _ = training.validation
        times[-1] = time.perf_counter()
    return _extrapolated(steps, times, objective.epochs or steps[-1])


def _baseline_seconds(objective: Objective) -> float:
    """Return how long the simple models of a repeat take: the time of training them."""
    if not objective.tests:
        return 0.0
    begin = time.perf_counter()
    for name in objective.baselines:
        objective.baseline(name)
    return time.perf_counter() - begin


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
