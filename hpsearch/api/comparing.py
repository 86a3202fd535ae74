"""Compare strategies, objectives or the levels of factors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from optuna.storages import BaseStorage

from hpsearch.api.arguments import Arguments
from hpsearch.api.planning import Tuned, plan_of
from hpsearch.api.returned import Comparison
from hpsearch.api.stored import opened, stored_results
from hpsearch.api.strategies import Strategies, all_strategies
from hpsearch.execution import execute, execute_until_resolved
from hpsearch.execution.bar import calls
from hpsearch.objectives.base import Direction
from hpsearch.objectives.declared import Space

_STRATEGIES = ("random", "narrowing", "tpe")
_ONE_STRATEGY = ("random",)


def compare(
    objective: Tuned | Mapping[str, Tuned],
    *,
    factors: Mapping[str, Mapping[str, object]] | None = None,
    strategies: Strategies | None = None,
    trials: int = 30,
    confirm: int = 0,
    repeats: int = 5,
    jobs: int = 1,
    seed: int = 0,
    direction: Direction | None = None,
    pruner: str = "none",
    batch: int | None = None,
    first: str = "drawn",
    retrain: int = 5,
    margin: float = 0.0,
    until_resolved: bool = False,
    storage: str | BaseStorage | None = None,
    name: str = "comparison",
    report: str | Path | None = None,
    catch: tuple[type[Exception], ...] = (),
    timeout: float | None = None,
    trial_timeout: float | None = None,
    start_from: str | None = None,
    space: Space | None = None,
    progress: Callable[[int, int], None] | bool | None = None,
) -> Comparison:
    """Tune each variant `repeats` times with the same budget, and compare the results.

    A variant combines a strategy, an objective and one level of each of `factors`.

    Parameters
    ----------
    objective
        As for `search`; or a mapping from labels to objectives, which are then compared: the factor "objective". They
        must have the same task, metric and direction, and the same validation and test rows.
    factors
        Factors like the tables ``[factors.<name>]`` of a study file, for an `MLPObjective` or another `Objective` with
        model and space: ``{"optimizer": {"key": "model.optimizer", "values": ["sgd", "adam"]}}``.
    strategies
        Keys of `STRATEGIES`, or a mapping from labels to strategies: functions from a seed to an optuna
        sampler, or tables like ``[strategies.<label>]`` of a study file: ``{"narrowing-confirmed": {"strategy":
        "narrowing", "confirm": 5}}``. Defaults to random, narrowing and tpe; to random if other things are compared.
    repeats
        Independent searches of each variant. Repeat r starts from the same random points for every variant.
    jobs
        Number of processes for the searches; −1 uses one per core. The objective may be a lambda. With one, a function
        is called in this process and may change what it likes; else it is called in others, as an `Objective` is.
    first
        First trial of each search: "drawn", or "defaults" for the default of each searched parameter.
    retrain
        Number of retrainings of each search's best hyperparameters for a test score, if the objective is an `Objective`
        that can be judged on test rows.
    margin
        Largest difference that counts as practically equal; 0: none. It is stored before the first trial, with
        `repeats` and `trials`. Later calls do not change what was stored.
    until_resolved
        Whether to add repeats only until every comparison is resolved; `repeats` is then their limit.
    report
        Folder for the report; no report by default.
    timeout
        Time limit of the comparison in seconds; None: no limit. No repeat begins that would not be complete in time,
        and the same call goes on later.
    trial_timeout
        As for `search`; with `jobs`, functions are called in other processes, too. It is also the limit of each
        retraining: one that takes longer has no test value.
    batch
        As for `search`; by default as stored, or 0 for a new comparison of several searches.
    start_from
        Name of an earlier study in `storage`, as for `search`; in each repeat all variants learn from the same number
        of its trials, and the verdicts count none of them.
    trials, confirm, seed, direction, pruner, storage, name, catch, space, progress
        As for `search`.

    Raises
    ------
    UsageError
        If an argument is invalid.
    RunError
        As for `search`.
    """
    from hpsearch.analysis.comparison.variant_table import variant_table
    from hpsearch.report import write_report

    if strategies is None:
        compares_others = factors is not None or isinstance(objective, Mapping)
        strategies = _ONE_STRATEGY if compares_others else _STRATEGIES
    searchers = all_strategies(strategies, confirm)
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
        repeats=repeats,
        retrain=retrain,
        first=first,
        factors=factors,
        margin=margin,
        until_resolved=until_resolved,
    )
    plan = plan_of(objective, searchers, arguments)
    backend = opened(storage)
    run = execute_until_resolved if until_resolved else execute
    with calls(progress, plan.metric) as advance:
        run(plan, storage if isinstance(storage, str) else backend, jobs=jobs, progress=advance)
    results = stored_results(backend, name)
    path = None if report is None else write_report(results, Path(report))
    return Comparison(variant_table(results), results.trials, results, path)
