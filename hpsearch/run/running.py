"""Open a run, resume it, and test its incumbent."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import optuna
from optuna.pruners import NopPruner
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.objectives.base import Objective
from hpsearch.run.baselines import missing_baselines, train_baselines
from hpsearch.run.batches import StoppedError, work_off
from hpsearch.run.comparable import check_comparable
from hpsearch.run.deaths import OWNER_DIED_TWICE, fail, in_owner, survives
from hpsearch.run.description import Run
from hpsearch.run.environment import environment
from hpsearch.run.limit import OvertimeError
from hpsearch.run.pruning import PRUNING, pruner_of
from hpsearch.run.rules import as_begun
from hpsearch.run.taken_over import TAKEN
from hpsearch.run.testing import store_judgement, test_incumbent
from hpsearch.run.trainer import Here, Trainer, Training, TrainingDiedError, died_twice
from hpsearch.storage import STORAGE_ERRORS
from hpsearch.storage.leases import LeaseLostError
from hpsearch.storage.optuna_private import SharedTrial
from hpsearch.strategies.likely import LIKELY_RULE, OLDEST

_GROWING = (  # attributes that a later call may change
    "strategy",
    "variant",
    "levels",
    "trials",
    "reference",
    "space",
    "when",
    "folder",
    "source",
    "family",
    "plan",
    "file",
    "content",
)
FIRST_PLAN = "first_plan"


def create_run(run: Run, storage: BaseStorage) -> optuna.Study:
    """Return the run's Optuna study from `storage`; create it without attributes if missing."""
    return optuna.create_study(
        storage=storage,
        study_name=run.name,
        direction=run.direction,
        sampler=run.sampler(),
        pruner=NopPruner(),
        load_if_exists=True,
    )


def open_run(run: Run, storage: BaseStorage) -> optuna.Study:
    """Return the run's Optuna study from `storage`; create it with the run's attributes if missing.

    Raises
    ------
    UsageError
        If the run's content makes its stored trials incomparable.
    """
    study = create_run(run, storage)
    attributes = study.user_attrs
    study.pruner = pruner_of(run, attributes)
    if "content" not in attributes:  # new, or its process died before writing all attributes
        attributes = {}
        study.set_metric_names([run.metric])
    else:
        stored = attributes["content"] | {"direction": study.direction.name.lower()}
        check_comparable(run.study, stored, {**run.content, "direction": run.direction})
    changed = changed_attributes(run, attributes)
    if "plan" in changed and not study.get_trials(deepcopy=False):
        changed[FIRST_PLAN] = changed["plan"]  # no result can have influenced it
    for key, value in changed.items():
        study.set_user_attr(key, value)
    return study


def changed_attributes(run: Run, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of a run that the `stored` ones lack, or have with other values that may change."""
    if "content" in stored:
        stored = {PRUNING: {}, FIRST_PLAN: {}, TAKEN: {}, LIKELY_RULE: OLDEST, **as_begun(run), **stored}  # as it began
    return {
        key: value
        for key, value in run.attributes().items()
        if key not in stored or (key in _GROWING and stored[key] != json.loads(json.dumps(value)))
    }


def _note_environment(study: optuna.Study) -> None:
    """Add this environment to those that the run was trained in, in the order of their first use."""
    environments = study.user_attrs.get("environments", [])
    if environment() not in environments:
        study.set_user_attr("environments", [*environments, environment()])


def continue_run(
    run: Run,
    study: optuna.Study,
    objective: Objective,
    catch: tuple[type[Exception], ...] = (),
    make_trainer: Callable[[], Trainer] | None = None,
    workers: int = 1,
    deadline: float | None = None,
) -> bool:
    """Finish the trials of a dead process, run trials until the budget is spent, then test the incumbent.

    A run that trains baselines does so at its end.

    Return whether the budget is spent. After the `deadline`, in seconds since the epoch, no trial begins but the
    first; those that have begun are finished, and the incumbent is tested.

    Up to `workers` trials run at once, each in a thread, as far as the run's `batch` allows.

    An exception of the objective that is not in `catch` ends the run; its trial is stored as failed. SystemExit always
    does, regardless of `catch`. A training that takes too long, or kills its process twice, is a failed trial, and the
    run goes on.

    Parameters
    ----------
    make_trainer
        Returns a trainer, which trains one trial at a time; by default in this process.
    workers
        Maximum number of trials at once.
    """

    def train(trial: SharedTrial) -> None:
        if trial.number in deadly and not survives(study, trial, OWNER_DIED_TWICE):
            return
        with trainers.lent() as trainer:
            training = _attempt(study, trial, trainer, catch)
            if run.untuned and training is not None and objective.tests:
                with trial.lock:
                    store_judgement(study, trial.number, training)

    workers = min(workers, run.batch + 1)
    with _Trainers(make_trainer or (lambda: Here(objective)), workers) as trainers, ONE_BLAS_THREAD.hold():
        one = trainers.all[0]
        with in_owner(study, one) as deadly:
            _note_environment(study)
            if objective.separate_seeds and "fingerprints" not in study.user_attrs:
                study.set_user_attr("fingerprints", dict(one.fingerprints()))
            if missing_baselines(run, study, objective):
                one.prepare_baselines()
            trainers.start()
            is_spent = work_off(
                study,
                run.budget,
                train,
                first=run.begins_with,
                draw=None if run.space is None else objective.suggest,
                batch=run.batch,
                workers=workers,
                deadline=deadline,
                stop=trainers.end,
            )
            test_incumbent(run, study, one)
            train_baselines(run, study, one)
            return is_spent


class _Trainers:
    """Trainers of a run: one for each trial that is trained at once."""

    def __init__(self, make: Callable[[], Trainer], number: int) -> None:
        self.all = [make() for _ in range(number)]
        self._idle: SimpleQueue[Trainer] = SimpleQueue()
        for trainer in self.all:
            self._idle.put(trainer)

    def start(self) -> None:
        """Prepare all for trainings."""
        for trainer in self.all:
            trainer.start()

    def end(self) -> None:
        """End the trainings in progress, as far as they can be."""
        for trainer in self.all:
            trainer.end()

    @contextmanager
    def lent(self) -> Iterator[Trainer]:
        """Lend a trainer to a thread."""
        trainer = self._idle.get()
        try:
            yield trainer
        finally:
            self._idle.put(trainer)

    def __enter__(self) -> _Trainers:
        return self

    def __exit__(self, *error: Any) -> None:
        for trainer in self.all:
            trainer.__exit__(*error)


def _attempt(
    study: optuna.Study, trial: SharedTrial, trainer: Trainer, catch: tuple[type[Exception], ...]
) -> Training | None:
    """Run a trial and tell its value; return the training if it is complete."""
    while True:
        try:
            training = trainer.run(trial)
            value = training.validation
        except TrainingDiedError as death:
            with trial.turn():  # unless the run is stopped, which ends its trainings
                if survives(study, trial, died_twice(str(death))):
                    continue
        except OvertimeError as error:
            fail(study, trial, f"TimeoutError: {error}")
        except optuna.TrialPruned:
            with trial.lock:
                study.tell(trial, state=TrialState.PRUNED)
        except (KeyboardInterrupt, StoppedError, LeaseLostError, *STORAGE_ERRORS):
            raise  # not the trial's failure: it stays RUNNING, and the next call finishes it
        except BaseException as error:  # SystemExit too: an objective that calls sys.exit has failed
            fail(study, trial, f"{type(error).__name__}: {error}")
            if not (isinstance(error, Exception) and isinstance(error, catch)):
                raise
        else:
            with trial.lock:
                if math.isnan(value):
                    study.tell(trial, state=TrialState.FAIL)
                else:
                    study.tell(trial, value)
                    return training
        return None
