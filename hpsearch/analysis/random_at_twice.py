"""What random search finds with twice the budget: the baseline that is hard to beat."""

from __future__ import annotations

import math

from hpsearch.analysis.statistics.spread import quantiles
from hpsearch.results.results import Results

_RANDOM = "random"


def random_at_twice(results: Results, task: str) -> float:
    """The median over runs of what random search had found with twice the budget; NaN where it was not run.

    Google's tuning playbook and Li et al. (2018) take it for the baseline that a strategy has to beat to be worth its
    complexity.
    """
    found = results.doubled
    if found.empty:
        return math.nan
    kind = found["strategy"].map(results.strategy_of)
    values = found.loc[(found["task"] == task) & (kind == _RANDOM), "value"].astype(float)
    return float(quantiles(values.to_numpy()[None, :], (0.5,))[0, 0]) if len(values) else math.nan
