"""One task's search as the diagnostics look at it: its trials without the confirmations, best first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.analysis.diagnostics.finding import Fact, Finding, Level
from hpsearch.analysis.thresholds import Thresholds, thresholds
from hpsearch.results.results import FINISHED, PARAM, Results
from hpsearch.space import Numeric, position
from hpsearch.strategies import INDEPENDENT

TOP = 10  # so many of the best trials stand for what the search would choose
_NONE: Mapping[str, Fact] = {}
_KEYS = ["strategy", "repeat", "number"]


@dataclass(frozen=True)
class TaskSearch:
    """What the trials of one task say; everything is computed when first asked for."""

    results: Results
    task: str

    @property
    def space(self) -> Mapping[str, BaseDistribution]:
        """The declared distribution of each parameter."""
        return self.results.space_of(self.task)

    @property
    def numeric(self) -> dict[str, Numeric]:
        """The parameters that have a range with room in it."""
        return {
            name: held
            for name, held in self.space.items()
            if isinstance(held, FloatDistribution | IntDistribution) and not held.single()
        }

    @property
    def categorical(self) -> list[str]:
        """The parameters that are choices."""
        return [name for name, held in self.space.items() if isinstance(held, CategoricalDistribution)]

    @cached_property
    def limits(self) -> Thresholds:
        """The thresholds, as ``[report]`` of the study file sets them."""
        table = self.table("report")
        return thresholds(
            {key: value for key, value in table.items() if key in Thresholds.model_fields and value is not None}
        )

    def table(self, name: str) -> Mapping[str, Any]:
        """A table of the study file; empty where there is none."""
        held = self.results.settings.get(name)
        return held if isinstance(held, Mapping) else {}

    @cached_property
    def every(self) -> pd.DataFrame:
        """The finished trials of the search itself, `bad` where infeasible: diverged, failed, or without a finite
        value.
        """
        trials = self.results.trials
        mine = (trials["task"] == self.task) & trials["strategy"].isin(self.results.strategies)
        trials = trials[mine & trials["confirms"].isna() & trials["state"].isin(FINISHED)]
        value = trials["value"].astype(float)
        bad = trials["diverged"].astype(bool) | (trials["state"] == "FAIL")
        return trials.assign(value=value, bad=bad | ((trials["state"] == "COMPLETE") & ~np.isfinite(value)))

    @cached_property
    def trials(self) -> pd.DataFrame:
        """The same, without what strategies share: a trial of the same repeat, number, value and parameters."""
        same = ["repeat", "number", "value", "state", *self.columns]
        return self.every.drop_duplicates(same)

    @property
    def columns(self) -> list[str]:
        """The columns of the parameters."""
        return [PARAM + name for name in self.space if PARAM + name in self.results.trials.columns]

    @cached_property
    def good(self) -> pd.DataFrame:
        """The complete, feasible trials, best first; of equals, the earlier."""
        return self._ordered(self.trials)

    @cached_property
    def independent(self) -> pd.DataFrame:
        """The finished trials of the strategies whose draws are independent."""
        return self.every[self.every["strategy"].isin(self.results.labels_of(INDEPENDENT))]

    @cached_property
    def independent_good(self) -> pd.DataFrame:
        """The complete and feasible among the independent trials, best first."""
        return self._ordered(self.independent)

    def _ordered(self, trials: pd.DataFrame) -> pd.DataFrame:
        kept = trials[(trials["state"] == "COMPLETE") & ~trials["bad"]]
        score = -self.results.sign * kept["value"]
        return kept.assign(_score=score).sort_values(["_score", "number"], kind="stable").drop(columns="_score")

    def positions(self, trials: pd.DataFrame, name: str) -> NDArray[np.float64]:
        """Where in its range each trial has the parameter, from 0 to 1; NaN where it has it not."""
        distribution = self.numeric[name]
        if PARAM + name not in trials:
            return np.full(len(trials), np.nan)
        column = trials[PARAM + name].astype(float).to_numpy()
        return np.array([np.nan if np.isnan(each) else position(float(each), distribution) for each in column])

    @cached_property
    def contenders(self) -> pd.DataFrame:
        """The good trials of the repeat that has the best: they were judged on the same rows."""
        return self.good[self.good["repeat"] == self.good["repeat"].iloc[0]] if len(self.good) else self.good

    @property
    def best(self) -> float:
        """The best value that the search saw."""
        return float(self.good["value"].iloc[0])

    @property
    def lead(self) -> float:
        """By how much the best trial leads the second that was judged on the same rows; NaN where there is none."""
        values = self.contenders["value"].to_numpy()
        return float(abs(values[0] - values[1])) if len(values) > 1 else float("nan")

    @cached_property
    def curves_of_best(self) -> list[pd.DataFrame]:
        """The learning curves of the best trials, best first, each by epoch; those that have none are left out."""
        wanted = self.good.head(TOP)[_KEYS].assign(place=range(min(TOP, len(self.good))))
        curves = self.results.curves
        curves = curves[curves["task"] == self.task].merge(wanted, on=_KEYS)
        return [curve.sort_values("epoch") for _, curve in curves.groupby("place")]

    def finding(
        self, key: str, level: Level, title: str, evidence: str, advice: str = "", facts: Mapping[str, Fact] = _NONE
    ) -> Finding:
        """A finding about this task, without changes."""
        return Finding(key, self.task, level, title, evidence, advice, facts)

    def unknown(self, key: str, title: str, why: str, facts: Mapping[str, Fact] = _NONE) -> Finding:
        """The finding that says why the rule can't be applied."""
        return Finding(key, self.task, "unknown", title, why, facts=facts)
