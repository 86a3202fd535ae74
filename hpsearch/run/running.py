"""Open a run, resume it, and test its incumbent."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.objectives.base import Objective, Outcome, Trained
from hpsearch.run.batches import StoppedError, work_off
from hpsearch.run.comparable import check_comparable
from hpsearch.run.confirmation import incumbent
from hpsearch.run.description import Run
from hpsearch.run.judged_rows import stored_rows
from hpsearch.storage import STORAGE_ERRORS
from hpsearch.storage.optuna_private import SharedTrial

_GROWING = (  # attributes that a later call may change
    "strategy",
    "variant",
    "levels",
    "trials",
    "reference",
    "space",
    "when",
    "folder",
    "family",
    "plan",
    "file",
    "content",
)


def open_run(run: Run, storage: BaseStorage) -> optuna.Study:
    """Return the run's Optuna study from `storage`; create it with the run's attributes if missing.

    Raises
    ------
    UsageError
        If the run's content makes its stored trials incomparable.
    """
    study = optuna.create_study(
        storage=storage,
        study_name=run.name,
        direction=run.direction,
        sampler=run.sampler(),
        pruner=run.pruner(),
        load_if_exists=True,
    )
    attributes = study.user_attrs
    if "content" not in attributes:  # new, or its process died before writing all attributes
        attributes = {}
        study.set_metric_names([run.metric])
    else:
        stored = attributes["content"] | {"direction": study.direction.name.lower()}
        check_comparable(run.study, stored, {**run.content, "direction": run.direction})
    for key, value in changed_attributes(run, attributes).items():
        study.set_user_attr(key, value)
    return study


def changed_attributes(run: Run, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a run that the `stored` ones lack, or have with other values that may change."""
    return {
        key: value
        for key, value in run.attributes().items()
        if key not in stored or (key in _GROWING and stored[key] != json.loads(json.dumps(value)))
    }


def continue_run(
    run: Run,
    study: optuna.Study,
    objective: Objective,
    catch: tuple[type[Exception], ...] = (),
    workers: int = 1,
) -> None:
    """Finish the trials of a dead process, run trials until the budget is spent, then test the incumbent.

    Up to `workers` trials run at once, each in a thread, as far as the run's `batch` allows.

    An exception of the objective that is not in `catch` ends the run; its trial is stored as failed. SystemExit always
    does, regardless of `catch`.
    """

    def train(trial: SharedTrial) -> None:
        training = _attempt(study, trial, objective, catch)
        if run.untuned and training is not None and objective.tests:
            with trial.lock:
                _store_test(study, trial.number, 1, [training.outcome()])

    with ONE_BLAS_THREAD.hold():
        if objective.separate_seeds and "fingerprints" not in study.user_attrs:
            study.set_user_attr("fingerprints", dict(objective.fingerprints()))
        work_off(study, run.budget, train, first=run.first, batch=run.batch, workers=workers)
        _test_incumbent(run, study, objective)


def _attempt(
    study: optuna.Study, trial: SharedTrial, objective: Objective, catch: tuple[type[Exception], ...]
) -> Trained | None:
    """Run a trial and tell its value; return the training if it is complete."""
    training = None
    value, state = None, TrialState.FAIL
    try:
        training = objective.run(trial)
        value = training.validation
    except optuna.TrialPruned:
        state = TrialState.PRUNED
    except (KeyboardInterrupt, StoppedError, *STORAGE_ERRORS):
        raise  # not the trial's failure: it stays RUNNING, and the next call finishes it
    except BaseException as error:  # SystemExit too: an objective that calls sys.exit has failed
        with trial.lock:
            trial.set_user_attr("error", f"{type(error).__name__}: {error}")
            study.tell(trial, state=TrialState.FAIL)
        if not (isinstance(error, Exception) and isinstance(error, catch)):
            raise
        return None
    with trial.lock:
        if value is None or math.isnan(value):
            study.tell(trial, state=state)
            return None
        study.tell(trial, value)
    return training


def _untested(run: Run, study: optuna.Study, objective: Objective) -> FrozenTrial | None:
    """Return the incumbent if the objective can judge it on test rows and has not yet done so."""
    retrain = 1 if run.untuned else run.retrain
    if retrain == 0 or not objective.tests:
        return None
    best = incumbent(run.direction, study.get_trials(deepcopy=False))
    test = study.user_attrs.get("test", {})
    if best is None or (test.get("incumbent") == best.number and _retrained(test) == retrain):
        return None
    return best


def _retrained(test: Mapping[str, Any]) -> int:
    """Return the number of requested values; an objective with a known true value returns only that one."""
    return int(test.get("retrain", len(test["values"])))


def _test_incumbent(run: Run, study: optuna.Study, objective: Objective) -> None:
    """Retrain the incumbent's hyperparameters on fresh seeds and store their test scores on the Optuna study."""
    best = _untested(run, study, objective)
    if best is not None and run.untuned:
        training = objective.retrain(best.params, objective.seeds(best.number))
        _store_test(study, best.number, 1, [training.outcome()])
    elif best is not None:
        if run.first is not None:
            _test_first(run, study, objective)
        outcomes = objective.outcomes(best.params, best.number, run.retrain)
        _store_test(study, best.number, run.retrain, outcomes)


def _test_first(run: Run, study: optuna.Study, objective: Objective) -> None:
    """Retrain the defaults, if they are the first trial's parameters and it has not failed."""
    first = study.get_trials(deepcopy=False)[0]
    tested = study.user_attrs.get("test_first", {}).get("retrain") == run.retrain
    if not tested and first.params == run.first and first.state != TrialState.FAIL:
        values = objective.test(first.params, first.number, run.retrain)
        study.set_user_attr("test_first", {"trial": first.number, "retrain": run.retrain, "values": values})


def _store_test(study: optuna.Study, number: int, retrain: int, outcomes: Sequence[Outcome]) -> None:
    study.set_user_attr("test_rows", stored_rows(outcomes))
    values = [outcome.value for outcome in outcomes]
    study.set_user_attr("test", {"incumbent": number, "retrain": retrain, "values": values})
