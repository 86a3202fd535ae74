"""Opens a run, continues it where it stopped, and tests what it found."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import optuna
from optuna.pruners import NopPruner
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, Trial, TrialState

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.errors import UsageError
from hpsearch.objectives.base import Objective
from hpsearch.run.budget import Budget, SearchStep
from hpsearch.run.comparable import check_comparable
from hpsearch.run.confirmation import begin_confirmation, incumbent
from hpsearch.run.description import Run
from hpsearch.storage import STORAGE_ERRORS
from hpsearch.storage.optuna_private import attach
from hpsearch.strategies.base import CONFIRMS

_GROWING = ("trials", "reference", "space", "content")  # attributes of a run that a later call may change


def open_run(run: Run, storage: BaseStorage) -> optuna.Study:
    """The run's optuna study: the one in `storage`, or a new one that says whose it is.

    Raises
    ------
    UsageError
        If the storage holds this run with trials that the run's content makes incomparable.
    """
    study = optuna.create_study(
        storage=storage,
        study_name=run.name,
        direction=run.direction,
        sampler=run.sampler(),
        pruner=run.make_pruner(),
        load_if_exists=True,
    )
    known = study.user_attrs
    if "content" not in known:  # new, or its process died before it could say whose it is
        known = {}
        study.set_metric_names([run.metric])
    else:
        stored = known["content"] | {"direction": study.direction.name.lower()}
        check_comparable(run.study, stored, {**run.content, "direction": run.direction})
    for key, value in run.attributes().items():
        if key not in known or (key in _GROWING and known[key] != value):
            study.set_user_attr(key, value)
    return study


def continue_run(run: Run, study: optuna.Study, objective: Objective, catch: tuple[type[Exception], ...] = ()) -> None:
    """Finish the trials that a dead process left, then try on until the budget is spent, then test the incumbent.

    Exceptions of the objective that are not in `catch` end the run; the trial that met one is stored as failed.
    """
    with ONE_BLAS_THREAD.hold():
        for trial in trials_to_do(study, run.budget):
            with _never_pruned(study, trial):
                _attempt(study, trial, objective, catch)
        _test_incumbent(run, study, objective)


def trials_to_do(study: optuna.Study, budget: Budget) -> Iterator[Trial]:
    """First the trials that are RUNNING, since a run has one owner and theirs is dead; then what the budget says.

    Each is to be finished before the next is asked for.
    """
    for abandoned in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        yield attach(study, abandoned)
    direction = study.direction.name.lower()
    while (step := budget.next(direction, study.get_trials(deepcopy=False))) is not None:
        if isinstance(step, SearchStep):
            for _ in range(step.trials):
                yield study.ask()
        else:
            yield begin_confirmation(study, step.trial, step.phase)


@contextmanager
def _never_pruned(study: optuna.Study, trial: Trial) -> Iterator[None]:
    """Train a repetition to its end: a mean over those that a pruner let through would be a choice again."""
    pruner = study.pruner
    if CONFIRMS in trial.user_attrs:
        study.pruner = NopPruner()
    try:
        yield
    finally:
        study.pruner = pruner


def _attempt(study: optuna.Study, trial: Trial, objective: Objective, catch: tuple[type[Exception], ...]) -> None:
    try:
        value = _number(objective(trial))
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    except STORAGE_ERRORS:
        raise  # the trial did not fail; it stays RUNNING and is finished by the next call
    except Exception as error:
        trial.set_user_attr("error", f"{type(error).__name__}: {error}")
        study.tell(trial, state=TrialState.FAIL)
        if not isinstance(error, catch):
            raise
    else:
        if math.isnan(value):
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, value)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # that it may be anything is why this is here
    except (TypeError, ValueError):
        raise UsageError(f"an objective must return a number, got {value!r}") from None


def _untested(run: Run, study: optuna.Study, objective: Objective) -> FrozenTrial | None:
    """The incumbent, where the objective can test it and that has not been done."""
    if run.retrain == 0 or not hasattr(objective, "test"):
        return None
    best = incumbent(run.direction, study.get_trials(deepcopy=False))
    known = study.user_attrs.get("test", {})
    if best is None or (known.get("incumbent") == best.number and _retrained(known) == run.retrain):
        return None
    return best


def _retrained(test: Mapping[str, Any]) -> int:
    """How many values were asked for: an objective that knows the true one gives that alone."""
    return int(test.get("retrain", len(test["values"])))


def _test_incumbent(run: Run, study: optuna.Study, objective: Objective) -> None:
    """Retrain the incumbent's hyperparameters on fresh seeds and note their test scores on the optuna study."""
    best = _untested(run, study, objective)
    test: Callable[[Mapping[str, Any], int, int], list[float]] | None = getattr(objective, "test", None)
    if best is not None and test is not None:
        values = test(best.params, best.number, run.retrain)
        study.set_user_attr("test", {"incumbent": best.number, "retrain": run.retrain, "values": values})
