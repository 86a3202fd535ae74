"""Value that random search reaches with twice the budget: a strong baseline."""

from __future__ import annotations

import math

from hpsearch.analysis.statistics.spread import quantiles
from hpsearch.results.results import Results

_RANDOM = "random"


def random_at_twice(results: Results, task: str) -> float:
    """Return the median over runs of random search's best value at twice the budget; NaN if not run.

    Google's tuning playbook and Li et al. (2018) use it as the baseline that justifies a more complex strategy.
    """
    doubled = results.doubled
    if doubled.empty or results.objective_factors:  # runs of different objectives are no baseline for one another
        return math.nan
    kind = doubled["variant"].map(results.strategy_of)
    values = doubled.loc[(doubled["task"] == task) & (kind == _RANDOM), "value"].astype(float)
    return float(quantiles(values.to_numpy()[None, :], (0.5,))[0, 0]) if len(values) else math.nan
