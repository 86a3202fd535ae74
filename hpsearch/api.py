"""Python interface: `search` and `compare` for any optuna objective."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import Trial

from hpsearch.checks import (
    MOST_BATCH,
    MOST_SEED,
    MOST_TRIALS,
    number,
    one_of,
    seconds,
    seconds_text,
    text,
    true_or_false,
    whole,
)
from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.execution import execute, execute_until_resolved
from hpsearch.execution.bar import calls
from hpsearch.objectives import Objective
from hpsearch.objectives.base import Direction
from hpsearch.objectives.declared import Space
from hpsearch.objectives.plain import as_objective
from hpsearch.storage import StoredStudy, open_storage
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.strategies import Strategy
from hpsearch.strategies.pruners import PRUNERS
from hpsearch.study.cells import cells_of_objectives, check_defaults
from hpsearch.study.config import FIRST
from hpsearch.study.runs import Plan, StartsFrom
from hpsearch.study.variant import Searcher, check_confirm, searcher, warn_of_short_searches

if TYPE_CHECKING:
    import pandas as pd

    from hpsearch.estimators.tabular import TabularModel
    from hpsearch.report.cards.tuples import Claims, Verdicts
    from hpsearch.results.results import Results


Parameter = str | float | bool | None | list[str | float | bool | None]
"""Value of a hyperparameter."""

Tuned = Objective | Callable[[Trial], float]
"""What can be tuned: an `Objective`, or a function from an optuna trial to a number."""

_NO_DIRECTION = (
    'direction is not given, so the function is minimized: write direction="minimize" if less is better, or '
    'direction="maximize" if more is'
)
_STRATEGIES = ("random", "narrowing", "tpe")
_ONE_STRATEGY = ("random",)


@dataclass(frozen=True)
class Search:
    """Result of a search.

    Attributes
    ----------
    best_params, best_value
        Hyperparameters, lists as lists, and value of the best complete trial. With confirmation, those of the best
        confirmed trial; its value is a mean.
    confirmed
        Values of the confirmation trainings of `best_params`; empty without confirmation.
    best_model
        Model for use with `best_params`: ``best_model.predict(X)`` takes a data frame or an array of unscaled rows, and
        returns names of classes, or numbers in the target's units. It is fitted when it is first used, to all rows but
        the test rows. Only an objective on data, such as `MLPObjective`, has one; others raise `UsageError`.
    study
        The optuna study, for optuna's own plots and importances.
    trials
        One row per trial, in the format of `Results.trials`.
    """

    best_params: dict[str, Parameter]
    best_value: float
    study: optuna.Study
    trials: pd.DataFrame
    confirmed: tuple[float, ...] = ()
    _metric: str = field(default="value", repr=False, compare=False)
    _fit: Callable[[], TabularModel] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def best_model(self) -> TabularModel:
        """Fitted model with `best_params`; computed on first access."""
        if self._fit is None:
            raise UsageError("best_model needs the objective that was searched, got none")
        return self._fit()

    def _repr_html_(self) -> str:
        """Return the best value, the trials and the best hyperparameters, as notebooks show them."""
        from hpsearch.report.cards.search import search_card

        minimize = self.study.direction == optuna.study.StudyDirection.MINIMIZE
        return search_card(
            self.best_params,
            self.best_value,
            self.trials["value"].to_list(),
            minimize=minimize,
            metric=self._metric,
            confirmed=len(self.confirmed),
        )


@dataclass(frozen=True)
class Comparison:
    """Result of a comparison.

    Attributes
    ----------
    table
        One row per variant, the report's table.
    trials
        One row per trial, in the format of `Results.trials`.
    results
        All measurements; the input of every analysis.
    report
        Path of ``report.html``, or None without a report.
    """

    table: pd.DataFrame
    trials: pd.DataFrame
    results: Results
    report: Path | None

    def __str__(self) -> str:
        """Return the table as text."""
        return self.table.to_string(index=False)

    def _repr_html_(self) -> str:
        """Return the advice, the intervals of the verdicts and the means, as notebooks show them."""
        from hpsearch.report.cards.comparison import comparison_card

        return comparison_card(self.results)


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
        Seconds after which no trial begins; None: any number. The best so far is returned, and the same call goes on.
    trial_timeout
        Seconds that a training may take; None: any number. An `Objective` trains in a process of its own: a longer
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
    label = strategy if isinstance(strategy, str) else _name_of(strategy)
    chosen = {label: _searcher(label, strategy, options or {}, confirm)}
    plan = _plan(
        objective,
        chosen,
        trials,
        1,
        seed,
        direction,
        pruner,
        name,
        catch,
        batch,
        timeout=timeout,
        trial_timeout=trial_timeout,
        start_from=start_from,
        space=space,
    )
    backend = _open(storage)
    place = storage if isinstance(storage, str) and jobs != 1 else backend  # other processes open a URL
    with calls(progress, plan.metric) as advance:
        execute(plan, place, jobs=jobs, progress=advance)
    with quiet_optuna():
        study = optuna.load_study(study_name=plan.runs()[0].name, storage=backend)
    results = _load(backend, name)
    run = next(row for row in results.runs.to_dict("records") if row["name"] == study.study_name)
    if math.isnan(run["incumbent"]):
        if not study.trials:
            raise UsageError(f"the time was over before a trial began: timeout = {seconds_text(timeout or 0.0)}")
        raise UsageError(f"none of the {trials} trials completed: see the error attribute of study.trials")
    best = study.trials[int(run["incumbent"])]
    (searched,) = plan.objectives.values()
    fit = partial(searched.for_repeat(0).final_model, best.params)
    params, value = searched.as_settings(best.params), float(run["value"])
    return Search(params, value, study, results.trials, tuple(run["confirmed"]), results.metric, fit)


def compare(
    objective: Tuned | Mapping[str, Tuned],
    *,
    factors: Mapping[str, Mapping[str, object]] | None = None,
    strategies: Sequence[str] | Mapping[str, str | Strategy | Mapping[str, object]] | None = None,
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
        Seconds that the comparison may take; None: any number. No repeat begins that would not be complete in time, and
        the same call goes on later.
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

    others = factors is not None or isinstance(objective, Mapping)
    if strategies is None:
        strategies = _ONE_STRATEGY if others else _STRATEGIES
    by_label = strategies if isinstance(strategies, Mapping) else {key: key for key in strategies}
    chosen = {label: _from_table(label, strategy, confirm) for label, strategy in by_label.items()}
    plan = _plan(
        objective,
        chosen,
        trials,
        repeats,
        seed,
        direction,
        pruner,
        name,
        catch,
        batch,
        retrain,
        first,
        factors,
        timeout,
        trial_timeout,
        margin,
        until_resolved,
        start_from,
        space,
    )
    backend = _open(storage)
    way = execute_until_resolved if until_resolved else execute
    with calls(progress, plan.metric) as advance:
        way(plan, storage if isinstance(storage, str) else backend, jobs=jobs, progress=advance)
    results = _load(backend, name)
    path = None if report is None else write_report(results, Path(report))
    return Comparison(variant_table(results), results.trials, results, path)


def verdicts(comparison: Comparison | Results) -> Verdicts:
    """Return the verdict of each pair of levels that a comparison compares, as its report does.

    Each verdict is read off the interval of its pair. The intervals hold for all pairs together, and for all calls of
    `compare` with more `repeats` on the same storage: a study has a false verdict with a probability of at most 5 %.
    The arguments of the first call are the plan, which is stored before the first trial.

    Parameters
    ----------
    comparison
        What `compare` returns, or its `results`.

    Raises
    ------
    UsageError
        If it is neither.

    Returns
    -------
    A tuple with one verdict for each pair, in a fixed order: each level with the reference of its factor (random search
    for strategies, else the first level), and narrowing with TPE. `verdict` is "better", "worse", "equivalent" or "not
    resolved"; `low` and `high` are the interval of `effect`, the mean advantage of `level` over `against`.

    Examples
    --------
    >>> from hpsearch import compare, verdicts
    >>> def objective(trial):
    ...     return trial.suggest_float("x", 0, 1)
    >>> comparison = compare(objective, strategies=["random", "qmc"], trials=3, direction="minimize")
    >>> [(each.level, each.against, each.repeats) for each in verdicts(comparison)]
    [('qmc', 'random', 5)]
    """
    from hpsearch.report.cards.tuples import Verdicts
    from hpsearch.results.results import Results

    results = comparison.results if isinstance(comparison, Comparison) else comparison
    if not isinstance(results, Results):
        raise UsageError(f"comparison must be what compare returns, or its results, got {quoted(comparison)}")
    return Verdicts.of(results)


def claims(comparison: Comparison | Results) -> Claims:
    """Decide each claim of a study's file: holds, does not hold, or not resolved.

    Parameters
    ----------
    comparison
        What `compare` returns, or the results of a study loaded from a storage.

    Returns
    -------
    A tuple with one decision for each claim, in the order of the file; empty for a study without claims.

    Examples
    --------
    >>> from hpsearch import claims, compare
    >>> def objective(trial):
    ...     return trial.suggest_float("x", -5, 5) ** 2
    >>> claims(compare(objective, strategies=["random"], trials=2, repeats=1, direction="minimize"))
    ()
    """
    from hpsearch.report.cards.tuples import Claims

    return Claims.of(comparison.results if isinstance(comparison, Comparison) else comparison)


def _plan(
    objective: Tuned | Mapping[str, Tuned],
    strategies: Mapping[str, Searcher],
    trials: int,
    repeats: int,
    seed: int,
    direction: Direction | None,
    pruner: str,
    name: str,
    catch: tuple[type[Exception], ...],
    batch: int | None,
    retrain: int = 0,
    first: str = "drawn",
    factors: Mapping[str, Mapping[str, Any]] | None = None,
    timeout: float | None = None,
    trial_timeout: float | None = None,
    margin: float = 0.0,
    until_resolved: bool = False,
    start_from: str | Search | None = None,
    space: Space | None = None,
) -> Plan:
    text("name", name)
    trials = whole("trials", trials, 1, MOST_TRIALS)
    repeats = whole("repeats", repeats, 1)
    seed = whole("seed", seed, 0, MOST_SEED)
    retrain = whole("retrain", retrain, 0, MOST_TRIALS)
    limit = None if trial_timeout is None else seconds("trial_timeout", trial_timeout)
    batch = None if batch is None else whole("batch", batch, 0, MOST_BATCH)
    for strategy in strategies.values():
        check_confirm(strategy.confirm, trials)
    if pruner not in PRUNERS:
        raise UsageError(choose_from("pruner", pruner, PRUNERS))
    one_of("first", first, FIRST)
    if direction not in (None, "minimize", "maximize"):
        raise UsageError(choose_from("direction", direction, ("minimize", "maximize")))
    labelled = objective if isinstance(objective, Mapping) else {"": objective}
    if not labelled:
        raise UsageError("objectives must be at least one, got none")
    if direction is None and not all(isinstance(each, Objective) for each in labelled.values()):
        warnings.warn(_NO_DIRECTION, stacklevel=3)
    tuned = {label: as_objective(each, direction, space) for label, each in labelled.items()}
    cells = None
    if factors is not None or isinstance(objective, Mapping):
        search = {"pruner": pruner, "first": first}
        cells = cells_of_objectives(tuned, dict(factors or {}), strategies, search, trials, repeats)
    elif first == "defaults":
        check_defaults(tuned.values())
    searchers = [cell.searcher for cell in cells] if cells else strategies.values()
    warn_of_short_searches((each.confirm for each in searchers), trials)
    one = next(iter(tuned.values()))
    earlier = _starts_from(start_from)
    start = {} if earlier is None else {"from": earlier.study}
    return Plan(
        name=name,
        objectives=cells[0].objectives if cells else {one.task: one},
        strategies=strategies,
        trials=trials,
        repeats=repeats,
        seed=seed,
        direction=direction or one.direction,
        metric=one.metric,
        pruner=pruner,
        retrain=retrain,
        content={"search": {"strategies": list(strategies), "seed": seed, "pruner": pruner} | start},
        cells=cells,
        margin=number("margin", margin, ">= 0", lambda size: size >= 0),
        starts_with_defaults=first == "defaults",
        catch=catch,
        seconds=None if timeout is None else seconds("timeout", timeout),
        trial_timeout=limit,
        batch=batch,
        until_resolved=true_or_false("until_resolved", until_resolved),
        starts_from=earlier,
    )


def _starts_from(earlier: str | Search | None) -> StartsFrom | None:
    """Return the earlier study; of a search with its trials, wherever they are stored."""
    if earlier is None:
        return None
    if not isinstance(earlier, Search):
        text("start_from", earlier)
        return StartsFrom(earlier)
    study = earlier.study
    trials = study.get_trials(deepcopy=False)
    run = StoredStudy(study.study_name, study.directions, study.user_attrs, {}, trials)
    return StartsFrom(str(study.user_attrs["study"]), runs=(run,))


def _from_table(label: str, strategy: str | Strategy | Mapping[str, Any], confirm: int) -> Searcher:
    """Return the searcher of a key, a function, or a table like ``[strategies.<label>]`` of a study file."""
    if not isinstance(strategy, Mapping):
        return _searcher(label, strategy, {}, confirm)
    table = {"strategy": label, "confirm": confirm, **strategy}
    options = {key: value for key, value in table.items() if key not in ("strategy", "confirm")}
    return _searcher(label, table["strategy"], options, table["confirm"])


def _searcher(label: str, strategy: str | Strategy, options: Mapping[str, Any], confirm: int) -> Searcher:
    text("the label of a strategy", label)
    return searcher(label, strategy, options, whole("confirm", confirm, 0, MOST_TRIALS))


def _name_of(strategy: Strategy) -> str:
    return getattr(strategy, "__name__", type(strategy).__name__)


def _open(storage: str | BaseStorage | None) -> BaseStorage:
    if storage is None:
        return InMemoryStorage()
    return open_storage(storage) if isinstance(storage, str) else storage


def _load(storage: BaseStorage, name: str) -> Results:
    from hpsearch.results.load import load_results

    with quiet_optuna():
        return load_results(storage, name)
