"""Search for the best hyperparameters of one objective."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial

import optuna
from optuna.storages import BaseStorage

from hpsearch.api.arguments import Arguments
from hpsearch.api.planning import Tuned, plan_of
from hpsearch.api.returned import Search
from hpsearch.api.stored import opened, stored_results
from hpsearch.api.strategies import one_strategy
from hpsearch.checks import seconds_text
from hpsearch.errors import UsageError
from hpsearch.execution import execute
from hpsearch.execution.bar import calls
from hpsearch.objectives.base import Direction
from hpsearch.objectives.declared import Space
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.strategies import Strategy
from hpsearch.study.runs import Plan


def search(
    objective: Tuned,
    *,
    strategy: str | Strategy = "narrowing",
    options: Mapping[str, object] | None = None,
    trials: int = 30,
    confirm: int = 0,
    seed: int = 0,
    direction: Direction | None = None,
    pruner: str = "none",
    jobs: int = 1,
    batch: int | None = None,
    storage: str | BaseStorage | None = None,
    name: str = "search",
    catch: tuple[type[Exception], ...] = (),
    timeout: float | None = None,
    trial_timeout: float | None = None,
    start_from: str | Search | None = None,
    space: Space | None = None,
    progress: Callable[[int, int], None] | bool | None = None,
) -> Search:
    """Search for the best hyperparameters of an objective.

    Parameters
    ----------
    objective
        Function from an optuna trial to a number, or an `Objective` such as `MLPObjective`.
    strategy
        A key of `STRATEGIES`, or a function from a seed to an optuna sampler.
    options
        Options of a strategy in `STRATEGIES`, such as ``{"round": 5}``.
    trials
        Number of calls of the objective. With a `pruner` and an `Objective` with ``epochs``, the maximum epochs of a
        call, the budget is the epochs of that many complete trainings.
    confirm
        Number of configurations to confirm. The last 3 × `confirm` of the `trials` evaluate the best `confirm`
        configurations again, three times each, and the best mean wins. The best of many noisy values is optimistic.
    seed
        Seed of all random draws.
    direction
        "minimize" or "maximize". Defaults to that of an `Objective`; to "minimize" for functions, as in optuna, with a
        warning.
    pruner
        A key of `PRUNERS`. The median pruner lets the first 5 trials, and the first tenth of the epochs of each, pass.
    jobs
        Number of trials at once; −1: one per core.
    batch
        Trial n starts when all trials before n − `batch` are finished, and sees only these. So up to `batch` + 1 trials
        run at once, and any `jobs` gives the same trials. By default as stored; for a new search `jobs`, at most 8, or
        0 with one job. A strategy of your own must draw by a trial's number and the study that it is given alone.
    storage
        A URL such as "sqlite:///hpsearch.db" or an optuna storage; in memory by default. A call with the name and
        storage of an earlier search resumes it.
    name
        First part of the optuna study's name.
    catch
        Exceptions of the objective that fail only their trial; others end the search.
    timeout
        Seconds after which no trial begins; None: no limit. The best so far is returned, and the same call goes on.
    trial_timeout
        Time limit of a training in seconds; None: no limit. An `Objective` trains in a process of its own: a longer
        training is ended, and its trial has failed. A function is called in this process, where nothing can end it:
        its calls of the trial raise ``TimeoutError`` after that time, and a trial that ends later has failed.
    start_from
        An earlier search, or the name of one or of a study in `storage`. The strategy learns from its trials that are
        valid here: on the same data and rows, with the same fixed settings, in the ranges of `objective`. They are no
        part of `trials` and of the result; the best of them is trained again first, and if a better one does not fit
        the ranges, the nearest that does. The objective must declare its space: for a function, give `space`.
    space
        What a function suggests, with the same names and ranges: parameter → `Float`, `Int` or `Choice`. It is needed
        for `start_from` and for likely values. An `Objective` has its own.
    progress
        Whether to show a bar in a notebook, or in a terminal on standard error; or a function that is called
        periodically with the numbers of finished and planned trials.

    Raises
    ------
    UsageError
        If an argument is invalid, or no trial completed.
    RunError
        If the objective calls ``sys.exit``, regardless of `catch`; see `execute` for other reasons.
    """
    searchers = one_strategy(strategy, options or {}, confirm)
    arguments = Arguments(
        name=name,
        trials=trials,
        seed=seed,
        direction=direction,
        pruner=pruner,
        catch=catch,
        batch=batch,
        timeout=timeout,
        trial_timeout=trial_timeout,
        start_from=start_from,
        space=space,
    )
    plan = plan_of(objective, searchers, arguments)
    backend = opened(storage)
    place = storage if isinstance(storage, str) and jobs != 1 else backend  # other processes open a URL
    with calls(progress, plan.metric) as advance:
        execute(plan, place, jobs=jobs, progress=advance)
    return _best(plan, backend, timeout)


def _best(plan: Plan, storage: BaseStorage, timeout: float | None) -> Search:
    """Return the result of the only run of a plan, as stored."""
    with quiet_optuna():
        study = optuna.load_study(study_name=plan.runs()[0].name, storage=storage)
    results = stored_results(storage, plan.name)
    run = next(row for row in results.runs.to_dict("records") if row["name"] == study.study_name)
    if math.isnan(run["incumbent"]):
        if not study.trials:
            raise UsageError(f"the time was over before a trial began: timeout = {seconds_text(timeout or 0.0)}")
        raise UsageError(f"none of the {plan.trials} trials completed: see the error attribute of study.trials")
    best = study.trials[int(run["incumbent"])]
    (objective,) = plan.objectives.values()
    fit = partial(objective.for_repeat(0).final_model, best.params)
    params, value = objective.as_settings(best.params), float(run["value"])
    return Search(params, value, study, results.trials, tuple(run["confirmed"]), results.metric, fit)
