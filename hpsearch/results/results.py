"""What a study has measured so far, as data frames: the one input of every analysis and report."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import ref

import pandas as pd
from optuna.distributions import BaseDistribution

PARAM = "params_"  # the prefix of a parameter's column, as in optuna's trials_dataframe
FINISHED = ("COMPLETE", "PRUNED", "FAIL")  # values of the column state

_T = TypeVar("_T")


@dataclass(frozen=True)
class Results:
    """The trials of a study, run by run.

    Attributes
    ----------
    name, title, question
        What the study is called and is to find out; `title` and `question` may be empty.
    metric
        What a trial's value is, such as ``"accuracy"``.
    direction
        ``"maximize"`` or ``"minimize"``.
    budget
        Trials that every run may spend.
    repeats
        Runs per strategy and task that were asked for.
    strategies
        Names, in the order in which the study names them.
    space
        The declared distribution of each searched parameter, over all tasks.
    spaces
        The same of each task; `space_of` is the way to ask.
    epochs_budget
        Epochs that every run may spend, where the budget counts epochs; None where it counts trials.
    settings
        The study file's content; empty for studies that have no file.
    trials
        One row a trial within the budget: task, strategy, repeat, number, state (optuna's name of it), value (NaN
        unless complete), diverged, epochs (trained; NaN where unknown), seconds, confirms (number of the trial that it
        repeats; NaN for the trials of the search itself), and ``params_<name>`` for each parameter.
    curves
        One row a trial and epoch (1-based): validation_score, train_score, validation_loss, train_loss; NaN where
        not recorded.
    runs
        One row a run: name of its optuna study, trials (finished, within the budget), incumbent (number of the
        best trial; NaN if none), value (what the incumbent is known to reach: the mean of `confirmed`, or what
        was observed where that is empty), observed (the best value that the search itself saw: optimistic, since
        chosen for it), confirmed (values of the incumbent's confirmation trials; an empty list where it was not
        confirmed), test_values (test scores of the incumbent's hyperparameters retrained on fresh seeds; an empty
        list where there are none), reference_best and reference_median (the true best and median value of a
        configuration of the task; NaN where unknown), complete (whether the budget is spent).
    ranges
        What the numeric parameters of trials were drawn from, where the strategy notes it: task, strategy, repeat,
        number, parameter, low, high; empty where none does.
    doubled
        What runs that went on beyond the budget had found when they had spent it twice: task, strategy, repeat, value;
        empty where none has.
    """

    name: str
    title: str
    question: str
    metric: str
    direction: str
    budget: int
    repeats: int
    strategies: tuple[str, ...]
    space: Mapping[str, BaseDistribution]
    settings: Mapping[str, Any]
    trials: pd.DataFrame
    curves: pd.DataFrame
    runs: pd.DataFrame
    spaces: Mapping[str, Mapping[str, BaseDistribution]] = field(default_factory=dict)
    epochs_budget: int | None = None
    ranges: pd.DataFrame = field(default_factory=pd.DataFrame)
    doubled: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def sign(self) -> int:
        """1 where more is better, −1 where less is."""
        return 1 if self.direction == "maximize" else -1

    @property
    def searched(self) -> tuple[str, ...]:
        """Names of the searched parameters."""
        return tuple(self.space)

    def strategy_of(self, label: str) -> str:
        """Return the key in `STRATEGIES` that a label means: its table's `strategy`, else the label itself."""
        table = self.settings.get("strategies")
        settings = table.get(label) if isinstance(table, Mapping) else None
        return str((settings.get("strategy") if isinstance(settings, Mapping) else None) or label)

    def labels_of(self, strategies: Container[str]) -> list[str]:
        """Return the labels that mean one of these keys of `STRATEGIES`."""
        return [label for label in self.strategies if self.strategy_of(label) in strategies]

    def space_of(self, task: str) -> Mapping[str, BaseDistribution]:
        """The declared distribution of each parameter that `task` searches."""
        return self.spaces.get(task, self.space)


def once(compute: Callable[[Results], _T]) -> Callable[[Results], _T]:
    """The same function of results, which computes once for each: nothing may be changed in them in between."""
    known: dict[int, tuple[ref[Results], _T]] = {}

    def remembered(results: Results) -> _T:
        key = id(results)
        held = known.get(key)
        if held is not None and held[0]() is results:
            return held[1]
        found = compute(results)
        known[key] = (ref(results, lambda _: known.pop(key, None) and None), found)
        return found

    remembered.__doc__, remembered.__name__ = compute.__doc__, compute.__name__
    return remembered
