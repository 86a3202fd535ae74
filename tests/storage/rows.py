"""Studies with everything that Optuna's tables may hold, and the rows that they have there."""

import math
import threading
from datetime import datetime

import numpy as np
import optuna
import sqlalchemy as sa
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.pruners import NopPruner, SuccessiveHalvingPruner
from optuna.trial import TrialState, create_trial

from hpsearch.run.confirmation import begin_confirmation
from hpsearch.storage.optuna_private import attach, models
from hpsearch.storage.own_trials import OwnTrials
from hpsearch.strategies import NarrowingSampler


def rows(engine):
    """Return table → rows as the driver returns them, without times, which are checked."""
    found = {}
    with engine.connect() as connection:
        for name, table in models.BaseModel.metadata.tables.items():
            order = ", ".join(column.name for column in table.primary_key)
            result = connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY {order}")
            found[name] = [_without_times(row._asdict()) for row in result]
    return found


def _without_times(row):
    for name in ("datetime_start", "datetime_complete"):
        if row.get(name) is not None:
            time = datetime.fromisoformat(row[name]) if isinstance(row[name], str) else row[name]
            assert _is_recent_utc(time), f"{name} = {time} is not now in UTC"
            row[name] = "now"
    return row


def _is_recent_utc(time):
    now = datetime.now().astimezone()
    return time.tzinfo is None and abs(now.timestamp() - (time - datetime(1970, 1, 1)).total_seconds()) < 600


def write(storage):
    """Write studies in every way that hpsearch and Optuna's users do."""
    study = optuna.create_study(
        storage=storage, study_name="one", direction="maximize", sampler=NarrowingSampler(seed=1), pruner=NopPruner()
    )
    study.set_metric_names(["score"])
    study.set_user_attr("content", {"name": "ü", "none": None, "nested": [1, {"a": 2.5}]})
    study.set_user_attr("done", "a")
    study.set_user_attr("done", "b")
    study.enqueue_trial({"x": 0.5}, user_attrs={"mine": True})
    values = [math.inf, -math.inf, 0.25, np.float64(1.5), 3, None, "pruned", "pruned at nan", "error"]
    for value in values:
        _trial(study, value)
    begin_confirmation(study, study.trials[2], phase=9)
    resumed = study.ask()
    resumed.suggest_float("x", 1e-3, 1, log=True)
    attach(study, study.trials[-1]).report(1.0, 7)
    study.enqueue_trial({"x": 0.75})
    for trial in (_template(TrialState.COMPLETE), _template(TrialState.RUNNING), _template(TrialState.FAIL)):
        study.add_trial(trial)

    halving = optuna.create_study(
        storage=storage,
        study_name="halved",
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=SuccessiveHalvingPruner(min_resource=1),
    )
    halving.optimize(_reporting, n_trials=8)

    both = optuna.create_study(
        storage=storage,
        study_name="both",
        directions=["minimize", "maximize"],
        sampler=optuna.samplers.RandomSampler(seed=0),
    )
    both.optimize(lambda trial: (trial.suggest_int("n", 1, 5), math.inf), n_trials=2)
    both.ask().set_constraint("c", -1.0)


def _trial(study, value):
    trial = study.ask()
    trial.suggest_float("x", 1e-3, 1, log=True)
    if trial.suggest_categorical("kind", ["a", None, 3, True]) == "a":
        trial.suggest_int("depth", 1, 64, log=True)
    trial.suggest_float("q", 0, 1, step=0.25)
    trial.suggest_float("fixed", 2.0, 2.0)
    for step, reported in enumerate([0.5, math.inf, -math.inf, math.nan, np.float32(0.1), 1]):
        trial.report(reported, step)
        trial.should_prune()
    trial.set_user_attr("history", {"loss": [1.0, None, 0.1], "name": "ü'\"\\"})
    trial.set_user_attr("epochs", 1)
    trial.set_user_attr("epochs", 2)
    if value == "pruned":
        study.tell(trial, state=TrialState.PRUNED)
    elif value == "pruned at nan":
        trial.report(math.nan, 9)
        study.tell(trial, state=TrialState.PRUNED)
    elif value is None or value == "error":
        trial.set_user_attr("error", "ValueError: no")
        study.tell(trial, state=TrialState.FAIL)
    else:
        study.tell(trial, value)


def _reporting(trial):
    x = trial.suggest_float("x", 0, 1)
    for step in range(1, 10):
        trial.report(x, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    return x


def _template(state):
    return create_trial(
        state=state,
        value=-math.inf if state == TrialState.COMPLETE else None,
        params={"x": 0.5, "kind": None},
        distributions={
            "x": FloatDistribution(1e-3, 1, log=True),
            "kind": CategoricalDistribution(["a", None, 3, True]),
        },
        user_attrs={"a": 1, "b": [None]},
        system_attrs={"fixed_params": {"x": 0.5}},
        intermediate_values={3: math.nan, 1: math.inf, 2: 0.5},
    )


def numbers_given_at_once(open_backend, trials=40):
    """Return the numbers of trials that owners and Optuna's users add to one study at the same time."""
    backends = [open_backend() for _ in range(4)]
    optuna.create_study(storage=backends[0], study_name="shared")
    gate, errors = threading.Barrier(4), []

    def add(storage, is_owner):
        study = optuna.load_study(study_name="shared", storage=storage)
        gate.wait()
        try:
            for _ in range(trials):
                if is_owner:
                    storage.create_new_trial(study._study_id)
                else:
                    study.enqueue_trial({"x": 1})
        except Exception as error:
            errors.append(error)

    storages = [OwnTrials(backends[0]), backends[1], OwnTrials(backends[2]), backends[3]]
    threads = [threading.Thread(target=add, args=(each, isinstance(each, OwnTrials))) for each in storages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with backends[0].engine.connect() as connection:
        found = connection.execute(sa.select(models.TrialModel.__table__.c.number)).scalars().all()
    for backend in backends:
        backend.remove_session()
        backend.engine.dispose()
    return sorted(found), list(range(4 * trials))
