"""How the ranges that a strategy draws from closed in: read from what narrowing notes on its trials."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hpsearch.analysis.results import Results
from hpsearch.strategies.narrowing import RANGE_PREFIX
from hpsearch.strategies.unit import Numeric, position

if TYPE_CHECKING:
    import optuna

    from hpsearch.storage import StoredStudy

COLUMNS = ["task", "strategy", "repeat", "number", "parameter", "low", "high"]


def ranges(studies: Iterable[optuna.Study | StoredStudy], budget: int) -> pd.DataFrame:
    """The frame `ranges` of :class:`Results`: from which range each numeric parameter was drawn, where a trial says so.

    One row a trial and parameter; trials numbered `budget` or more are left out.
    """
    rows = []
    for study in studies:
        key = [study.user_attrs[name] for name in COLUMNS[:3]]
        for trial in study.get_trials(deepcopy=False):
            if trial.number < budget:
                rows += [[*key, trial.number, *found] for found in _noted(trial.user_attrs)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _noted(attributes: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Name, low and high of the ranges among the attributes; a list of choices is no range."""
    return [
        (name.removeprefix(RANGE_PREFIX), float(held[0]), float(held[1]))
        for name, held in attributes.items()
        if name.startswith(RANGE_PREFIX) and len(held) == 2 and all(type(end) in (int, float) for end in held)
    ]


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
