"""Effects on each task alone, for exploration."""

from __future__ import annotations

import pandas as pd

from hpsearch.analysis.comparison.paired import pairs
from hpsearch.analysis.comparison.pairings import pairings
from hpsearch.analysis.comparison.run_values import run_values
from hpsearch.analysis.statistics.mean_difference import mean_difference
from hpsearch.analysis.statistics.superiority import superiority
from hpsearch.results.results import Results


def task_effects(results: Results) -> pd.DataFrame:
    """Compare each pairing on each task, in the task's own units and without correction.

    Returns
    -------
    task, factor, level, against, effect (positive is better), low, high (95 %, Student's t), better (P(better)),
    repeats; NaN if undefined.
    """
    values = run_values(results)
    rows = []
    for task in values.tasks:
        for comparison in pairings(results):
            differences = pairs(values, comparison, task).differences
            estimate = mean_difference(differences)
            rows.append(
                {
                    "task": task,
                    "factor": comparison.factor,
                    "level": comparison.level,
                    "against": comparison.against,
                    "effect": estimate.mean,
                    "low": estimate.low,
                    "high": estimate.high,
                    "better": superiority(differences).probability,
                    "repeats": len(differences),
                }
            )
    columns = ["task", "factor", "level", "against", "effect", "low", "high", "better", "repeats"]
    return pd.DataFrame(rows, columns=columns)
