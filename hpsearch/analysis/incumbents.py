"""The best value so far of every run, trial by trial, and its middle and spread over repeats."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from hpsearch.analysis.results import Results
from hpsearch.analysis.spread import quantiles

KEYS = ["task", "strategy", "repeat"]
FINISHED = ("COMPLETE", "PRUNED", "FAIL")


def tasks(results: Results) -> list[str]:
    """The tasks that have a run, in the order in which the runs name them."""
    return [str(task) for task in results.runs["task"].unique()]


def incumbents(results: Results) -> pd.DataFrame:
    """The best value among the complete trials 0..number, for each number up to the run's last finished
    trial.

    An unfinished run ends where it stands: its last incumbent is not carried forward to trials it has not
    made.

    Returns
    -------
    task, strategy, repeat, number, value (NaN before the first complete trial); ordered by task, then as
    the study orders its strategies, then repeat and number.
    """
    runs = {_key(key): run for key, run in results.trials.groupby(KEYS)}
    curves = [
        _best_so_far(runs[key], results.sign).assign(task=task, strategy=strategy, repeat=key[2])
        for task in tasks(results)
        for strategy in results.strategies
        for key in sorted(key for key in runs if key[:2] == (task, strategy))
    ]
    columns = [*KEYS, "number", "value"]
    return pd.concat(curves, ignore_index=True)[columns] if curves else pd.DataFrame(columns=columns)


def _key(group: Any) -> tuple[str, str, int]:
    task, strategy, repeat = group
    return str(task), str(strategy), int(repeat)


def _best_so_far(run: pd.DataFrame, sign: int) -> pd.DataFrame:
    finished = run.loc[run["state"].isin(FINISHED), "number"]
    numbers = np.arange(finished.max() + 1 if len(finished) else 0)
    complete = run[run["state"] == "COMPLETE"].set_index("number")["value"].astype(float)
    best = (sign * complete).reindex(numbers).cummax().ffill()
    return pd.DataFrame({"number": numbers, "value": sign * best.to_numpy()})


def anytime(results: Results) -> pd.DataFrame:
    """Median and quartiles over repeats of the best value so far, at the numbers that every repeat has
    reached.

    Numbers that only some of a strategy's repeats have reached are left out: averaging whichever runs got
    so far would let the selection move the curve. A repeat without a complete trial yet counts as worse
    than any value. Repeats without a finished trial have not begun and do not count.

    Returns
    -------
    task, strategy, number, lower, median, upper, repeats (how many the row summarises).
    """
    groups: Any = incumbents(results).groupby(["task", "strategy"], sort=False)
    summaries = [
        _over_repeats(curve, results.sign).assign(task=task, strategy=strategy) for (task, strategy), curve in groups
    ]
    columns = ["task", "strategy", "number", "lower", "median", "upper", "repeats"]
    return pd.concat(summaries, ignore_index=True)[columns] if summaries else pd.DataFrame(columns=columns)


def _over_repeats(curve: pd.DataFrame, sign: int) -> pd.DataFrame:
    reached = curve.groupby("repeat")["number"].max().min()
    table = curve[curve["number"] <= reached].pivot_table(
        index="number", columns="repeat", values="value", dropna=False
    )
    values = table.fillna(-sign * math.inf).to_numpy()
    lower, median, upper = quantiles(values, (0.25, 0.5, 0.75)).T
    return pd.DataFrame(
        {
            "number": table.index.to_numpy(),
            "lower": lower,
            "median": median,
            "upper": upper,
            "repeats": table.shape[1],
        }
    )
