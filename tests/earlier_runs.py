"""Runs of an objective, and the trials of an earlier one that are valid for them."""

from dataclasses import replace

from optuna.storages import InMemoryStorage

from hpsearch.objectives import FunctionObjective
from hpsearch.run import Run, continue_run, open_run
from hpsearch.run.valid_trials import valid_trials
from hpsearch.storage import StoredStudy
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.pruners import PRUNERS

RATE = {"low": 1e-4, "high": 1.0, "log": True}
WIDE = {"low": 1e-2, "high": 10.0, "log": True}
BEFORE = {"learning_rate": RATE, "optimizer": {"choices": ["sgd", "momentum"]}}


def run_of(objective, *, strategy="narrowing", study="after", trials=6, **changes):
    made = Run(
        study=study,
        task=objective.task,
        strategy=strategy,
        repeat=objective.repeat,
        make_sampler=STRATEGIES[strategy],
        make_pruner=PRUNERS["none"],
        seed=objective.seed,
        direction=objective.direction,
        metric=objective.metric,
        trials=trials,
        retrain=0,
        content={"family": objective.family, **objective.content},
        space=objective.space,
        conditions=objective.conditions,
        family=objective.family,
    )
    return replace(made, **changes)


def function(model=None, space=None):
    return FunctionObjective(model={"steps": 3, **(model or {})}, space=space or BEFORE)


def stored(study):
    return StoredStudy(study.study_name, study.directions, study.user_attrs, {}, study.get_trials(deepcopy=False))


def executed(objective, storage=None, **arguments):
    run = run_of(objective, **arguments)
    with quiet_optuna():
        study = open_run(run, storage or InMemoryStorage())
        continue_run(run, study, objective)
    return study


def valid(objective, *sources):
    return valid_trials("before", run_of(objective), objective, sources)
