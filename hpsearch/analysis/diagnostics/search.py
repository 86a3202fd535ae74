"""Search of one task as input for diagnostics: its trials without confirmations, best first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding, Gravity, Level
from hpsearch.analysis.thresholds import Thresholds, thresholds
from hpsearch.results.results import FINISHED, PARAM, Results, drawn
from hpsearch.space import Numeric, positions
from hpsearch.strategies import INDEPENDENT

_RESOLVED = ("data", "model", "space")  # tables that a variant can change
TOP = 10  # number of best trials that represent the search
_NONE: Mapping[str, Fact] = {}
_KEYS = ["variant", "repeat", "number"]


@dataclass(frozen=True)
class TaskSearch:
    """Trials of one task; the properties are computed on first use."""

    results: Results
    task: str

    @property
    def space(self) -> Mapping[str, BaseDistribution]:
        """Declared distribution of each parameter."""
        return self.results.space_of(self.task)

    @property
    def numeric(self) -> dict[str, Numeric]:
        """Numeric parameters with more than one value."""
        return {
            name: distribution
            for name, distribution in self.space.items()
            if isinstance(distribution, FloatDistribution | IntDistribution) and not distribution.single()
        }

    @property
    def categorical(self) -> list[str]:
        """Names of the categorical parameters."""
        return [name for name, distribution in self.space.items() if isinstance(distribution, CategoricalDistribution)]

    @cached_property
    def limits(self) -> Thresholds:
        """Thresholds, as set in ``[report]`` of the study file."""
        table = self.table("report")
        return thresholds(
            {key: value for key, value in table.items() if key in Thresholds.model_fields and value is not None}
        )

    def table(self, name: str) -> Mapping[str, Any]:
        """Return a table of the study file, as resolved for this objective; empty if missing."""
        resolved = (content for (task, _), content in self.results.contents.items() if task == self.task)
        own = next(resolved, {}) if name in _RESOLVED else {}
        table = own.get(name, self.results.settings.get(name))
        return table if isinstance(table, Mapping) else {}

    @cached_property
    def every(self) -> pd.DataFrame:
        """Finished search trials; `bad` marks infeasible ones: diverged, failed, or without a finite value."""
        trials = self.results.trials
        mine = (trials["task"] == self.task) & trials["variant"].isin(self.results.variants)
        trials = trials[mine & trials["confirms"].isna() & trials["state"].isin(FINISHED)]
        value = trials["value"].astype(float)
        bad = trials["diverged"].astype(bool) | (trials["state"] == "FAIL")
        return trials.assign(value=value, bad=bad | ((trials["state"] == "COMPLETE") & ~np.isfinite(value)))

    @cached_property
    def trials(self) -> pd.DataFrame:
        """The same without duplicates across strategies: equal repeat, number, value and parameters."""
        return self.every.drop_duplicates(self._same)

    @property
    def _same(self) -> list[str]:
        return ["repeat", "number", "value", "state", *self.columns]

    @property
    def columns(self) -> list[str]:
        """Columns of the parameters."""
        return [PARAM + name for name in self.space if PARAM + name in self.results.trials.columns]

    @cached_property
    def good(self) -> pd.DataFrame:
        """Complete, feasible trials, best first; ties in order of number."""
        return self._ordered(self.trials)

    @cached_property
    def independent(self) -> pd.DataFrame:
        """Finished trials of strategies with independent draws, without duplicates across them."""
        mine = self.every[self.every["variant"].isin(self.results.labels_of(INDEPENDENT))]
        return drawn(mine).drop_duplicates(self._same)

    @cached_property
    def independent_good(self) -> pd.DataFrame:
        """Complete, feasible independent trials, best first."""
        return self._ordered(self.independent)

    def _ordered(self, trials: pd.DataFrame) -> pd.DataFrame:
        feasible = trials[(trials["state"] == "COMPLETE") & ~trials["bad"]]
        score = -self.results.sign * feasible["value"]
        return feasible.assign(_score=score).sort_values(["_score", "number"], kind="stable").drop(columns="_score")

    def positions(self, trials: pd.DataFrame, name: str) -> NDArray[np.float64]:
        """Return each trial's position in the parameter's range, from 0 to 1; NaN without the parameter."""
        distribution = self.numeric[name]
        if PARAM + name not in trials:
            return np.full(len(trials), np.nan)
        values = trials[PARAM + name].to_numpy(dtype=np.float64)
        inside = np.clip(values, distribution.low, distribution.high)
        return positions(inside, distribution)

    @cached_property
    def contenders(self) -> pd.DataFrame:
        """Good trials of the repeat with the best trial, which share its validation rows."""
        return self.good[self.good["repeat"] == self.good["repeat"].iloc[0]] if len(self.good) else self.good

    @property
    def best(self) -> float:
        """Best observed value of the search."""
        return float(self.good["value"].iloc[0])

    @property
    def lead(self) -> float:
        """Lead of the best trial over the second one with the same validation rows; NaN without a second."""
        values = self.contenders["value"].to_numpy()
        return float(abs(values[0] - values[1])) if len(values) > 1 else float("nan")

    @cached_property
    def curves_of_best(self) -> list[pd.DataFrame]:
        """Learning curves of the best trials, best first, each by epoch; trials without a curve are left out."""
        best = self.good.head(TOP)[_KEYS].assign(place=range(min(TOP, len(self.good))))
        curves = self.results.curves
        curves = curves[curves["task"] == self.task].merge(best, on=_KEYS)
        return [curve.sort_values("epoch") for _, curve in curves.groupby("place")]

    def passed(self, key: str, title: str, evidence: str, facts: Mapping[str, Fact] = _NONE) -> Finding:
        """Return the finding that nothing is wrong."""
        return Finding(key, self.task, "pass", title, evidence, facts=facts)

    def warning(
        self, key: str, gravity: Gravity, title: str, evidence: str, advice: str, facts: Mapping[str, Fact] = _NONE,
        changes: tuple[Change, ...] = (), level: Level = "warn",
    ) -> Finding:  # fmt: skip
        """Return a warning for this task."""
        return Finding(key, self.task, level, title, evidence, advice, facts, changes, gravity)

    def unknown(self, key: str, title: str, why: str, facts: Mapping[str, Fact] = _NONE) -> Finding:
        """Return a finding with the reason why the rule cannot be applied."""
        return Finding(key, self.task, "unknown", title, why, facts=facts)
