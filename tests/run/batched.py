"""A noisy objective with every kind of ending, in threads that interleave at random, and storages that die."""

import random
import time
from contextlib import suppress
from dataclasses import replace

import numpy as np
import optuna
from optuna.storages import InMemoryStorage

from hpsearch.objectives.plain import as_objective
from hpsearch.run import Run, continue_run, open_run
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.pruners import PRUNERS
from tests.run.test_running import Killed, die_at, undo

STEPS = 6


def run_of(strategy="random", batch=2, pruner="none", **changes) -> Run:
    run = Run(
        study="s",
        task="t",
        strategy=strategy,
        repeat=0,
        make_sampler=STRATEGIES[strategy],
        make_pruner=PRUNERS[pruner],
        seed=3,
        direction="minimize",
        metric="loss",
        trials=27,
        retrain=0,
        content={},
        batch=batch,
    )
    return replace(run, **changes)


def endings(trial) -> float:
    """Return a noisy loss; some trials fail, some are NaN, and pruners stop some. Costs vary."""
    x = trial.suggest_float("x", 1e-3, 1, log=True)
    kind = trial.suggest_categorical("kind", ["a", "b"])
    depth = trial.suggest_int("depth", 1, 3) if kind == "a" else 2
    rng = np.random.default_rng(trial.number)
    level = abs(np.log10(x) + 1) + abs(depth - 2) + rng.normal(0, 0.5)
    for step in range(1, STEPS + 1):
        trial.report(level + 2 / step + rng.normal(0, 0.2), step)
        if trial.number % 9 == 5:
            raise ValueError("as planned")
        if trial.should_prune():
            trial.set_user_attr("epochs", step)
            raise optuna.TrialPruned
    trial.set_user_attr("epochs", STEPS - trial.number % 3)
    return float("nan") if trial.number % 8 == 7 else level


def hastening(seed: int, objective=endings):
    """Return the objective with pauses of random length before and in each training, so that threads interleave."""
    pauses = random.Random(seed)

    def hastened(trial) -> float:
        report = trial.report

        def slow_report(value, step) -> None:
            time.sleep(pauses.choice((0, 0, 0.0001, 0.0005)))
            report(value, step)

        trial.report = slow_report
        time.sleep(pauses.choice((0, 0.0002, 0.001)))
        return objective(trial)

    return hastened


def content(study) -> list[tuple]:
    """Return all that is stored, but for times, and for the pickles of CMA-ES, which hold uninitialised memory."""
    return [
        (t.number, t.state, t.value, t.params, t.distributions, t.user_attrs, t.intermediate_values, attributes(t))
        for t in study.trials
    ]


def attributes(trial) -> dict:
    return {key: value for key, value in trial.system_attrs.items() if not key.startswith("cma:optimizer")}


def finished(run: Run, workers: int = 1, objective=endings, storage=None) -> optuna.Study:
    with quiet_optuna():
        study = open_run(run, storage or InMemoryStorage())
        continue_run(run, study, as_objective(objective), (ValueError,), workers=workers)
    return study


def killed_and_resumed(run: Run, stops, seed: int, storage=None) -> optuna.Study:
    """Run with other numbers of workers and other pauses after each of the writes `stops`, at which the owner dies.

    Without a batch there is one thread, which needs no pauses.
    """
    storage = storage or InMemoryStorage()
    chance = random.Random(seed)
    for stop in stops:
        with quiet_optuna():
            study = open_run(run, storage)
        die_at(storage, stop)
        with suppress(Killed), quiet_optuna():
            workers = chance.randint(1, 6)
            objective = hastening(chance.random()) if run.batch else endings
            continue_run(run, study, as_objective(objective), (ValueError,), workers=workers)
        undo(storage)
    return finished(run, chance.randint(1, 6), hastening(seed) if run.batch else endings, storage)
