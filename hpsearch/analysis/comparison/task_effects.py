"""The compared effects on each task alone, for looking into."""

from __future__ import annotations

import pandas as pd

from hpsearch.analysis.comparison.paired import pairs
from hpsearch.analysis.comparison.pairings import pairings
from hpsearch.analysis.comparison.run_values import run_values
from hpsearch.analysis.statistics.mean_difference import mean_difference
from hpsearch.analysis.statistics.superiority import superiority
from hpsearch.results.results import Results


def task_effects(results: Results) -> pd.DataFrame:
    """The paired comparison of each task and comparison, in the task's own units and without any correction.

    Returns
    -------
    task, strategy, against, effect (positive is better), low, high (95 %, Student's t), better (P(better)), repeats;
    NaN where there is no such number.
    """
    values = run_values(results)
    rows = []
    for task in values.tasks:
        for comparison in pairings(results):
            differences = pairs(values, comparison, task).differences
            found = mean_difference(differences)
            rows.append(
                {
                    "task": task,
                    "strategy": comparison.strategy,
                    "against": comparison.against,
                    "effect": found.mean,
                    "low": found.wide[0],
                    "high": found.wide[1],
                    "better": superiority(differences).probability,
                    "repeats": len(differences),
                }
            )
    columns = ["task", "strategy", "against", "effect", "low", "high", "better", "repeats"]
    return pd.DataFrame(rows, columns=columns)
