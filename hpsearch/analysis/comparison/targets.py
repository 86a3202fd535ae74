"""Number of trials that each run needs to match the final value of the baseline's median run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from hpsearch.analysis.comparison.pairings import baseline
from hpsearch.analysis.incumbents import KEYS, incumbents, tasks
from hpsearch.analysis.statistics.spread import quantiles
from hpsearch.results.results import Results, once


def targets(results: Results) -> dict[str, float]:
    """Return, for each task, the median over the baseline's complete runs of their final best observed value.

    Tasks with an infinite median are left out. The result is empty with only one variant.
    """
    if len(results.variants) < 2:
        return {}
    runs = results.runs[(results.runs["variant"] == baseline(results)) & results.runs["complete"].astype(bool)]
    ends = runs["observed"].astype(float).fillna(-results.sign * math.inf)
    medians = {
        task: float(quantiles(ends[runs["task"] == task].to_numpy()[None, :], (0.5,))[0, 0]) for task in tasks(results)
    }
    return {task: median for task, median in medians.items() if math.isfinite(median)}


@once
def trials_to_target(results: Results) -> pd.DataFrame:
    """Return the trials that each complete run needed to reach its task's target; infinite if it did not.

    Returns
    -------
    task, variant, repeat, trials; ordered by task and by the study's order of variants.
    """
    reach = targets(results)
    runs = results.runs
    selected = runs["complete"].astype(bool) & runs["task"].isin(reach) & runs["variant"].isin(results.variants)
    runs = runs.loc[selected, KEYS]
    curves = incumbents(results)
    there = results.sign * curves["value"].astype(float) >= results.sign * curves["task"].map(reach)
    first = {_key(key): float(number) + 1 for key, number in curves[there].groupby(KEYS)["number"].min().items()}
    of_task, of_variant = _places(tasks(results)), _places(results.variants)
    keys = sorted(
        map(_key, runs.itertuples(index=False)), key=lambda key: (of_task[key[0]], of_variant[key[1]], key[2])
    )
    return pd.DataFrame([(*key, first.get(key, math.inf)) for key in keys], columns=[*KEYS, "trials"])


def _key(key: Any) -> tuple[str, str, int]:
    task, variant, repeat = key
    return str(task), str(variant), int(repeat)


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


def share_at_target(needed: pd.DataFrame, budget: int) -> pd.DataFrame:
    """Compute the share of each variant's runs at the target within n trials, n = 0 … budget.

    This is the empirical distribution function of `needed` (see :func:`trials_to_target`), over repeats and tasks. It
    stays below 1 if some runs never reach the target. With several tasks it is the data profile of Moré and Wild.

    Returns
    -------
    variant, n, share, runs.

    Source: Hoos and Stützle, "Evaluating Las Vegas algorithms", UAI 1998; Moré and Wild, SIAM J. Optimization 20,
    2009.
    """
    steps = [
        pd.DataFrame(
            {
                "variant": variant,
                "n": range(budget + 1),
                "share": [float((runs["trials"] <= n).mean()) for n in range(budget + 1)],
                "runs": len(runs),
            }
        )
        for variant, runs in needed.groupby("variant", sort=False)
    ]
    return pd.concat(steps, ignore_index=True) if steps else pd.DataFrame(columns=["variant", "n", "share", "runs"])
