"""True value of the best trial so far, against the spent budget or at the end."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from hpsearch.analysis.best_so_far import over_runs
from hpsearch.analysis.comparison.run_values import failed_tests, retrained_means
from hpsearch.results.results import Results


def true_value_so_far(results: Results) -> pd.DataFrame:
    """Compute the median over repeats of the incumbent's true value, and its interval, against the spent budget.

    The true value is that of the trial that a run would have chosen then, by the values that it had observed. It may
    become worse with more trials. After a confirmation, the incumbent is the trial with the best mean. Intervals, ends
    of lines and runs without a value are as in :func:`hpsearch.analysis.best_so_far.best_so_far`.

    Returns
    -------
    task, variant, spent, median, low, high, repeats; no rows if no true value is known.
    """
    return over_runs(results, results.true_values)


def retrained_at_the_end(results: Results) -> pd.DataFrame:
    """Compute the median over repeats of the mean validation value of the incumbent's retrainings.

    It estimates the true value of what the search selected, without the optimism of the selected value. A run of which
    no retraining was sound counts as worse than any value. Variants with a run without retrainings, or whose validation
    values were not recorded, are left out.

    Returns
    -------
    task, variant, value, repeats.
    """
    runs = results.runs
    means, failed = retrained_means(runs), failed_tests(runs)
    lost = (runs["test_values"].map(len) == 0) & (failed > 0)
    runs = runs.assign(value=means.mask(lost, -results.sign * math.inf))
    rows: list[Any] = [
        [task, variant, float(run["value"].median()), len(run)]
        for (task, variant), run in runs.groupby(["task", "variant"], sort=False)
        if run["value"].notna().all()
    ]
    return pd.DataFrame(rows, columns=["task", "variant", "value", "repeats"])
