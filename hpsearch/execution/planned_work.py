"""What a plan would train: counts, and the expected time, without writing anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import joblib
from optuna.storages import InMemoryStorage

from hpsearch.checks import check_jobs
from hpsearch.execution.continuing import counts_taken, with_taken_over
from hpsearch.execution.expected_time import DRAWS, expected_seconds, processes
from hpsearch.execution.preparation import check_names, is_done, under_stored_names
from hpsearch.execution.progress import look_at
from hpsearch.run import Run, read_runs
from hpsearch.run.comparable import check_comparable
from hpsearch.space import decode
from hpsearch.storage import all_studies, opened
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.storage.urls import check_url, file_of
from hpsearch.study.batch import settled
from hpsearch.study.runs import Plan


@dataclass(frozen=True)
class PlannedWork:
    """What a plan would train.

    Attributes
    ----------
    tasks, variants, repeats, runs
        Sizes of the plan; `runs` is their product.
    trials
        Number of trials of all runs.
    stored
        Number of them that the storage holds already.
    epochs
        Number of epochs or steps of all trials; None if every training is a single step.
    retrainings
        Number of trainings of winners on fresh seeds, for the test.
    baselines
        Number of simple models that are trained for comparison.
    processes
        Number of processes that train.
    seconds
        Expected time of what is left, from a few timed trials.
    limit
        Seconds after which no trial begins; None: any.
    goes_on_from, taken_over
        Earlier study, and the number of trials that each run takes over from it, which `trials` does not count; None
        and empty if it begins from nothing.
    likely
        Parameter → its likely values over all runs, near which some of the first trials are drawn.
    """

    tasks: int
    variants: int
    repeats: int
    runs: int
    trials: int
    stored: int
    epochs: int | None
    retrainings: int
    baselines: int
    processes: int
    seconds: float
    limit: float | None
    goes_on_from: str | None = None
    taken_over: tuple[int, ...] = ()
    likely: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def table(self) -> dict[str, Any]:
        """Return it in JSON types."""
        return asdict(self)


def planned_work(plan: Plan, storage: str | None, jobs: int) -> PlannedWork:
    """Return what executing `plan` would train, and how long that takes; train a few trials, and store nothing.

    The storage is opened read-only, if it exists. None: nothing is stored yet.

    Raises
    ------
    UsageError
        As `execute` does, if the stored trials are not comparable with the plan.
    """
    check_jobs(jobs)
    plan, runs, stored = _stored(plan, storage, int(joblib.effective_n_jobs(jobs)))
    objectives = {run.name: plan.objective_of(run) for run in runs}
    trials = sum(run.trials for run in runs)
    epochs = [run.trials * (objectives[run.name].epochs or 0) for run in runs]
    seconds = expected_seconds(plan, jobs, draws=DRAWS) * (1 - stored / trials) if stored < trials else 0.0
    return PlannedWork(
        tasks=len(plan.objectives),
        variants=len({run.variant for run in runs}),
        repeats=plan.repeats,
        runs=len(runs),
        trials=trials,
        stored=stored,
        epochs=sum(epochs) or None,
        retrainings=sum(run.retrain for run in runs if not run.untuned and objectives[run.name].tests),
        baselines=sum(len(objectives[run.name].baselines) for run in runs if run.trains_baselines),
        processes=processes(plan, jobs).number,
        seconds=seconds,
        limit=plan.seconds,
        goes_on_from=None if plan.starts_from is None else plan.starts_from.study,
        taken_over=counts_taken(runs),
        likely=_likely(runs),
    )


def _likely(runs: Iterable[Run]) -> dict[str, list[Any]]:
    """Return the different likely values of each parameter, decoded."""
    values: dict[str, dict[Any, None]] = {}
    for run in runs:
        for name, value in run.likely.items():
            values.setdefault(name, {})[value] = None
    return {name: [decode(value) for value in each] for name, each in values.items()}


def _stored(plan: Plan, storage: str | None, cores: int) -> tuple[Plan, list[Run], int]:
    """Return the plan with its batch, its runs, and how many of their trials are stored."""
    path = None if storage is None else file_of(check_url(storage))
    if storage is None or (path is not None and not path.exists()):
        plan = settled(plan, {}, cores)
        return plan, with_taken_over(plan, plan.runs(), {}, InMemoryStorage()), 0
    with quiet_optuna(), opened(storage, existing=True) as here:
        attributes: dict[str, Mapping[str, Any]] = {each.study_name: each.user_attrs for each in all_studies(here)}
        plan = settled(plan, attributes, cores)
        check_names(plan, attributes, here)
        runs = with_taken_over(plan, under_stored_names(plan, attributes), attributes, here)
        begun = {each.study_name: each for each in read_runs(here, {run.name for run in runs}.__contains__)}
    stored = 0
    for run in runs:
        if is_done(run, attributes):
            stored += run.trials
        elif run.name in begun:
            study = begun[run.name]
            if "content" in study.user_attrs:
                held = study.user_attrs["content"] | {"direction": study.direction.name.lower()}
                check_comparable(run.study, held, {**run.content, "direction": run.direction})
            stored += look_at(run, study.trials).trials
    return plan, runs, stored
