"""Results of a study as data frames: the input of all analyses and reports."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import ref

import pandas as pd
from optuna.distributions import BaseDistribution

from hpsearch.results.definition import Definition
from hpsearch.run.taken_over import TakenOver
from hpsearch.space import decode

PARAM = "params_"  # prefix of parameter columns, as in Optuna's trials_dataframe
CHOSEN = "chosen"  # column of trials that the strategy did not draw alone, if there are any
STRATEGY = "strategy"  # factor that every study has
BASELINE_COLUMNS = ("task", "repeat", "name", "validation", "test", "train_rows", "train_rows_of", "error")
TRUE_VALUE_COLUMNS = ("task", "variant", "repeat", "number", "value")
MEASURE_COLUMNS = ("task", "variant", "repeat", "number", "measure", "step", "value")
FINISHED = ("COMPLETE", "PRUNED", "FAIL")  # values of the column `state`

_T = TypeVar("_T")


@dataclass(frozen=True)
class Results:
    """Trials of a study, by run.

    Attributes
    ----------
    name, title, question
        Name, title and question of the study; `title` and `question` may be empty.
    metric
        Name of a trial's value, such as ``"accuracy"``.
    direction
        ``"maximize"`` or ``"minimize"``.
    budget
        Budget of every run, in trials.
    repeats
        Requested runs per variant and task.
    variants
        Labels, in the order of the study.
    space
        Declared distribution of each searched parameter, over all tasks and variants.
    spaces
        The same for each task and variant; use `space_of` to read it.
    factors
        Labels of each factor's levels, in the study's order, the reference first. A study without factors has one
        factor, ``"strategy"``.
    levels
        Level of each factor, for each variant. Defaults to the variant's label as the level of ``"strategy"``.
    conditions
        For each conditional parameter, the values of other parameters with which it is active.
    likely
        Parameter → likely value, as Optuna stores it, of each task and variant that has any.
    families
        Family of the objective of each task and variant, a key of `FAMILIES`; empty if unknown.
    contents
        Resolved data, model and space of each task and variant; empty without factors, where `settings` has them.
    definitions
        What the objective of each task and variant can be rebuilt from, see `hpsearch.results.definition`; empty for
        studies made by others.
    untuned
        Variants without a search: nothing is searched, so each run is one trial.
    subject
        What the column `task` holds: ``"task"``, or ``"objective"`` in a view by objective.
    epochs_budget
        Budget of every run in epochs; None if the budget counts trials.
    settings
        Content of the study file; empty without a file.
    trials
        One row per trial within the budget: task, variant, repeat, number, state (Optuna's name), value (NaN unless
        complete), diverged, epochs (trained; NaN if unknown), seconds, confirms (number of the trial that it repeats;
        NaN for trials of the search), with a cross-validation the value of each fold, ``fold_1`` and so on, and
        ``params_<name>`` for each parameter. With trials near likely values, or at the start of a run that goes on from
        an earlier study, also chosen (True for these).
    curves
        One row per trial and epoch (from 1; with a budget in steps, the step, from 0): validation_score, train_score,
        validation_loss, train_loss; NaN if not recorded.
    runs
        One row per run: name of its Optuna study, trials (finished, within the budget), incumbent (number of the best
        trial; NaN if none), value (mean of `confirmed`, or `observed` if that is empty), observed (best value of the
        search; optimistic, since selected as the best), confirmed (values of the incumbent's confirmation trials; empty
        list without confirmation), test_values (test scores of the incumbent's hyperparameters retrained on fresh
        seeds, without failed retrainings, or for a table their mean over its held-out seeds; empty list without a
        test), test_failed (number of retrainings that failed: diverged, not finite, too long or killed),
        retrained_validation (validation scores of the same retrainings as `test_values`; empty list if not recorded),
        test_rows (judgements of single test rows of the same retrainings, see `hpsearch.run.judged_rows`; empty without
        any), reference_best and reference_median (true best and median value over the task's configurations; NaN if
        unknown), complete (whether the budget is spent), environments (number of environments that it was trained in; 0
        if unknown).
    ranges
        Ranges that numeric parameters were drawn from, if recorded: task, variant, repeat, number, parameter, low,
        high.
    doubled
        Best values of runs after twice the budget: task, variant, repeat, value; empty if no run went that far.
    true_values
        True value of the incumbent after each trial: task, variant, repeat, number, value (NaN before the first
        complete trial). For a table it is the mean over the held-out seeds. Empty if no family has exact outcomes.
    default_tests
        Mean test values of the default hyperparameters, of runs that started with them: task, variant, repeat, value.
    baselines
        Simple models on the same rows: task, repeat, name ("simple", "linear" or "forest"), validation, test,
        train_rows and train_rows_of (numbers of rows that it and a trial were trained on; NaN if not recorded), error
        (why it failed, with NaN scores; empty if it did not). Empty if none were trained.
    measures
        Measures of each run's incumbent trial: task, variant, repeat, number, measure (its name), step (NaN for a
        single number), value (NaN after a divergence). Empty if its family has none.
    layers
        Statistics of each layer of each run's incumbent: task, variant, repeat, number, and the columns of
        `hpsearch.nn.LayerRecord` with the step. Empty unless ``[record] layers`` asks for them.
    first_plan
        What was stored before the first trial, and never changed: tasks, factors (labels of each), trials, repeats,
        margin, and ``null`` for a null study. None if nothing was.
    at_plan
        The same study with each run cut to the first plan's trials and retrainings; None if it has these, or without a
        plan.
    environments
        Distinct versions, processors and BLAS kernels that the runs were trained with.
    taken_over
        What each run took over from an earlier study, by task, variant and repeat; empty if the study follows none. No
        other field counts these trials.
    source
        Name or path of the study file as the user last wrote it; empty if unknown.
    report_folder
        Folder that a report is written to; empty if none is.
    folder
        Folder that the relative paths in `settings` start from; None if unknown, or if there are none.
    """

    name: str
    title: str
    question: str
    metric: str
    direction: str
    budget: int
    repeats: int
    variants: tuple[str, ...]
    space: Mapping[str, BaseDistribution]
    settings: Mapping[str, Any]
    trials: pd.DataFrame
    curves: pd.DataFrame
    runs: pd.DataFrame
    spaces: Mapping[tuple[str, str], Mapping[str, BaseDistribution]] = field(default_factory=dict)
    factors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    levels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    conditions: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)
    likely: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    families: Mapping[tuple[str, str], str] = field(default_factory=dict)
    contents: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    definitions: Mapping[tuple[str, str], Definition] = field(default_factory=dict)
    untuned: frozenset[str] = frozenset()
    subject: str = "task"
    epochs_budget: int | None = None
    ranges: pd.DataFrame = field(default_factory=pd.DataFrame)
    doubled: pd.DataFrame = field(default_factory=pd.DataFrame)
    true_values: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=TRUE_VALUE_COLUMNS))
    default_tests: pd.DataFrame = field(default_factory=pd.DataFrame)
    baselines: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=BASELINE_COLUMNS))
    measures: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=MEASURE_COLUMNS))
    layers: pd.DataFrame = field(default_factory=pd.DataFrame)
    first_plan: Mapping[str, Any] | None = None
    at_plan: Results | None = None
    environments: tuple[Mapping[str, str], ...] = ()
    taken_over: Mapping[tuple[str, str, int], TakenOver] = field(default_factory=dict)
    source: str = ""
    report_folder: str = ""
    folder: str | None = None

    def __post_init__(self) -> None:
        if not self.factors:
            object.__setattr__(self, "factors", {STRATEGY: self.variants})
        if not self.levels:
            object.__setattr__(self, "levels", {label: {STRATEGY: label} for label in self.variants})

    @property
    def sign(self) -> int:
        """1 if more is better, −1 if less is better."""
        return 1 if self.direction == "maximize" else -1

    @property
    def curve_unit(self) -> str:
        """What the column ``epoch`` of `curves` counts: ``"epoch"``, or with budgets in steps, from 0, ``"step"``."""
        return "step" if (self.curves["epoch"] == 0).any() else "epoch"

    @property
    def searched(self) -> tuple[str, ...]:
        """Names of the searched parameters."""
        return tuple(self.space)

    @property
    def objective_factors(self) -> tuple[str, ...]:
        """Factors with several levels that change the objective: all except the strategy."""
        return tuple(name for name, labels in self.factors.items() if name != STRATEGY and len(labels) > 1)

    @property
    def is_null(self) -> bool:
        """Whether the study compares a strategy with itself, so that only chance makes a difference."""
        return bool((self.first_plan or {}).get("null"))

    @property
    def noun(self) -> str:
        """What the variants are: ``"strategy"`` if they differ only in it, else ``"variant"``."""
        return "variant" if self.objective_factors else STRATEGY

    def strategy_of(self, variant: str) -> str:
        """Return the key in `STRATEGIES` of a variant: the `strategy` in the table of its strategy level, or the level.

        A label that is no variant counts as a strategy level.
        """
        label = self.levels.get(variant, {}).get(STRATEGY, variant)
        table = self.settings.get("strategies")
        settings = table.get(label) if isinstance(table, Mapping) else None
        return str((settings.get("strategy") if isinstance(settings, Mapping) else None) or label)

    def likely_values(self, name: str, task: str | None = None) -> list[Any]:
        """Return the different likely values of a parameter, over the variants of one task or of all."""
        values = [of_run.get(name) for (of, _), of_run in self.likely.items() if task in (None, of)]
        return [decode(value) for value in dict.fromkeys(values) if value is not None]

    def labels_of(self, strategies: Container[str]) -> list[str]:
        """Return the variants with one of these keys of `STRATEGIES`."""
        return [label for label in self.variants if self.strategy_of(label) in strategies]

    def space_of(self, task: str, variant: str | None = None) -> Mapping[str, BaseDistribution]:
        """Return the declared distribution of each parameter of `task`: of one variant, or of all together."""
        if variant is not None and (task, variant) in self.spaces:
            return self.spaces[task, variant]
        spaces = [space for (name, _), space in self.spaces.items() if name == task]
        if not spaces:
            return self.space
        union = {name: distribution for space in reversed(spaces) for name, distribution in space.items()}
        order = dict.fromkeys(name for space in spaces for name in space)
        return {name: union[name] for name in order}


def drawn(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the trials that the strategy drew alone, without the column `CHOSEN` or without True in it."""
    return trials[trials[CHOSEN].ne(True)] if CHOSEN in trials else trials


def once(compute: Callable[[Results], _T]) -> Callable[[Results], _T]:
    """Cache a function of results, one value per instance; do not modify the results."""
    cache: dict[int, tuple[ref[Results], _T]] = {}

    def remembered(results: Results) -> _T:
        key = id(results)
        entry = cache.get(key)
        if entry is not None and entry[0]() is results:
            return entry[1]
        value = compute(results)
        cache[key] = (ref(results, lambda _: cache.pop(key, None) and None), value)
        return value

    remembered.__doc__, remembered.__name__ = compute.__doc__, compute.__name__
    return remembered
