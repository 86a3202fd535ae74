"""Width of the ranges that a strategy draws from, over the course of a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hpsearch.results.narrowed_ranges import COLUMNS
from hpsearch.results.results import Results
from hpsearch.space import Numeric, position


def closing_in(results: Results) -> pd.DataFrame:
    """Return the range of each numeric parameter at each non-exploring trial, as positions in the declared range.

    Positions are from 0 to 1, in logarithms for log ranges. A trial explores if it draws from the whole range after an
    earlier trial of its run drew from a narrower one. Such trials are left out, since they do not show the strategy's
    current range.

    Returns
    -------
    The columns of ``results.ranges``, then start and end (positions) and width (end − start).
    """
    recorded = results.ranges
    if recorded.empty:
        return pd.DataFrame(columns=[*COLUMNS, "start", "end", "width"])
    placed = [
        rows.assign(
            start=[position(low - margin, distribution) for low in rows["low"]],
            end=[position(high + margin, distribution) for high in rows["high"]],
        )
        for task in recorded["task"].unique()
        for variants in _of_one_space(results)
        for name, distribution in results.space_of(task, variants[0]).items()
        if isinstance(distribution, Numeric) and not distribution.single()
        for margin in [(distribution.step or 0.0) / 2]  # a value on a grid covers half a step on each side
        for mine in [(recorded["task"] == task) & (recorded["parameter"] == name)]
        for rows in [recorded[mine & recorded["variant"].isin(variants)]]
        if len(rows)
    ]
    if not placed:
        return pd.DataFrame(columns=[*COLUMNS, "start", "end", "width"])
    widths: pd.DataFrame = pd.concat(placed)
    widths = widths.assign(width=widths["end"] - widths["start"])
    run: Any = [widths[key] for key in ("task", "variant", "repeat", "parameter")]
    narrowest = widths["width"].groupby(run).cummin()
    explored = np.isclose(widths["width"], 1.0) & (narrowest < 1.0 - 1e-9)
    narrowing: pd.DataFrame = widths[~explored].reset_index(drop=True)
    return narrowing


def _of_one_space(results: Results) -> list[list[str]]:
    """Return the groups of variants that share a space: all together, with factors each alone."""
    if results.objective_factors:
        return [[variant] for variant in results.variants]
    return [list(results.variants)] if results.variants else []
