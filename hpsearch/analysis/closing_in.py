"""How the ranges that a strategy draws from close in on the best trials."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hpsearch.results.narrowed_ranges import COLUMNS
from hpsearch.results.results import Results
from hpsearch.space import Numeric, position


def closing_in(results: Results) -> pd.DataFrame:
    """The range of each numeric parameter at each trial that did not explore, as positions in the declared range.

    Positions are from 0 to 1, in logarithms where the range is. A trial that explores draws from the whole range again
    though an earlier one of its run had a narrower one: it says nothing about how far the strategy has closed in.

    Returns
    -------
    The columns of ``results.ranges``, then start and end (positions) and width (end − start).
    """
    noted = results.ranges
    if noted.empty:
        return pd.DataFrame(columns=[*COLUMNS, "start", "end", "width"])
    placed = [
        rows.assign(
            start=[position(low - margin, distribution) for low in rows["low"]],
            end=[position(high + margin, distribution) for high in rows["high"]],
        )
        for task in noted["task"].unique()
        for name, distribution in results.space_of(task).items()
        if isinstance(distribution, Numeric) and not distribution.single()
        for margin in [(distribution.step or 0.0) / 2]  # a grid's end stands for half a step beyond it
        for rows in [noted[(noted["task"] == task) & (noted["parameter"] == name)]]
        if len(rows)
    ]
    if not placed:
        return pd.DataFrame(columns=[*COLUMNS, "start", "end", "width"])
    found: pd.DataFrame = pd.concat(placed)
    found = found.assign(width=found["end"] - found["start"])
    run: Any = [found[key] for key in ("task", "strategy", "repeat", "parameter")]
    narrowest = found["width"].groupby(run).cummin()
    explored = np.isclose(found["width"], 1.0) & (narrowest < 1.0 - 1e-9)
    kept: pd.DataFrame = found[~explored].reset_index(drop=True)
    return kept
