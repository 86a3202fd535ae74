"""A study whose storage is open and whose runs are created, ready to be executed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial

from hpsearch.execution.continuing import with_taken_over
from hpsearch.execution.failures import explained
from hpsearch.execution.preparation import check_names, is_done, prepared, under_stored_names
from hpsearch.execution.progress import Look, look_at
from hpsearch.execution.rivals import await_rivals
from hpsearch.run import Run, read_runs, with_stored_pruning, with_stored_rules
from hpsearch.run.environment import resumed_elsewhere
from hpsearch.storage import all_studies, opened
from hpsearch.storage.leases import Holder, leased
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.storage.own_trials import owned
from hpsearch.study.batch import settled
from hpsearch.study.runs import Plan


class PreparedStudy(NamedTuple):
    """A plan and its runs in an open storage.

    Attributes
    ----------
    plan
        Plan with the batch that is stored.
    holder
        This call, as leases name it.
    runs
        All runs, as stored.
    studies, trials
        Optuna studies of the runs to be done, and their trials before this call, by name.
    warning
        Says that runs to be done were trained in another environment before; or empty.
    """

    plan: Plan
    storage: BaseStorage
    holder: Holder
    runs: list[Run]
    studies: dict[str, optuna.Study]
    trials: dict[str, list[FrozenTrial]]
    warning: str

    @property
    def to_do(self) -> dict[str, Run]:
        """Runs to be done, by name."""
        return {run.name: run for run in self.runs if run.name in self.studies}

    def looks(self) -> dict[str, Look]:
        """Return the progress of the runs to be done before this call, by name."""
        return {name: look_at(run, self.trials[name]) for name, run in self.to_do.items()}


@contextmanager
def prepared_study(
    plan: Plan, storage: str | BaseStorage, cores: int, joins: bool, lease: float
) -> Iterator[PreparedStudy]:
    """Open the storage, refuse what can't be compared with its trials, and create the runs.

    Raises
    ------
    UsageError, RunError
        As for ``execute``.
    """
    with quiet_optuna(), explained(storage), opened(storage) as here, _holder() as holder:
        all_stored = all_studies(here)
        stored = {study.study_name: study.user_attrs for study in all_stored}
        plan = settled(plan, stored, cores)
        check_names(plan, stored, here)
        runs = with_stored_rules(with_stored_pruning(under_stored_names(plan, stored), stored), stored)
        runs = with_taken_over(plan, runs, stored, here)
        names = {run.name for run in runs if not is_done(run, stored)}
        if not joins:
            await_rivals(plan.name, names, all_stored, here, storage)
        begun = {study.study_name: study for study in read_runs(here, names.__contains__)}
        warning = resumed_elsewhere(study.user_attrs for study in begun.values() if study.trials)
        studies = prepared(runs, stored, owned(here), partial(leased, holder=holder, seconds=lease), joins)
        trials = {name: begun[name].trials if name in begun else [] for name in studies}
        yield PreparedStudy(plan, here, holder, runs, studies, trials, warning)


@contextmanager
def _holder() -> Iterator[Holder]:
    holder = Holder.here()
    try:
        yield holder
    finally:
        holder.end()
