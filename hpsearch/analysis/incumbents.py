"""Best value so far of every run, by trial."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from hpsearch.results.results import FINISHED, Results, once

KEYS = ["task", "variant", "repeat"]


def tasks(results: Results) -> list[str]:
    """Return the tasks that have a run, in order of appearance."""
    return [str(task) for task in results.runs["task"].unique()]


@once
def incumbents(results: Results) -> pd.DataFrame:
    """Return the best value among the complete trials 0..number, up to each run's last finished trial.

    An unfinished run ends at its last finished trial; its incumbent is not carried forward. Values are as observed by
    the search. Trials that confirm others do not change the best, since their values are not comparable. So the curve
    of a confirmed run shows its search only.

    Returns
    -------
    task, variant, repeat, number, value (NaN before the first complete trial); ordered by task, variant (in the
    study's order), repeat and number.
    """
    runs = {_key(key): run for key, run in results.trials.groupby(KEYS)}
    curves = [
        _best_so_far(runs[key], results.sign).assign(task=task, variant=variant, repeat=key[2])
        for task in tasks(results)
        for variant in results.variants
        for key in sorted(key for key in runs if key[:2] == (task, variant))
    ]
    columns = [*KEYS, "number", "value"]
    return pd.concat(curves, ignore_index=True)[columns] if curves else pd.DataFrame(columns=columns)


def _key(group: Any) -> tuple[str, str, int]:
    task, variant, repeat = group
    return str(task), str(variant), int(repeat)


def _best_so_far(run: pd.DataFrame, sign: int) -> pd.DataFrame:
    finished = run.loc[run["state"].isin(FINISHED), "number"]
    numbers = np.arange(finished.max() + 1 if len(finished) else 0)
    complete = _observed(run).set_index("number")["value"].astype(float)
    best = (sign * complete).reindex(numbers).cummax().ffill()
    return pd.DataFrame({"number": numbers, "value": sign * best.to_numpy()})


def _observed(run: pd.DataFrame) -> pd.DataFrame:
    """Return the complete trials of the search."""
    return run[(run["state"] == "COMPLETE") & run["confirms"].isna()]
