"""What tuning brought: the best hyperparameters found against the defaults."""

from __future__ import annotations

import pandas as pd

from hpsearch.analysis.comparison.run_values import test_means
from hpsearch.analysis.statistics.mean_difference import mean_difference
from hpsearch.results.results import Results

_KEYS = ["task", "variant", "repeat"]
_COLUMNS = ["task", "variant", "defaults", "tuned", "gain", "low", "high", "p", "repeats"]


def tuning_gain(results: Results) -> pd.DataFrame:
    """Compare the test value of each complete run's incumbent with that of the defaults, paired by repeat.

    Runs have test values of their defaults if they started with them (``[search] first = "defaults"``).

    Returns
    -------
    task, variant, defaults and tuned (mean test values), gain (positive is better), low, high (95 %, Student's t), p
    (of "no difference", uncorrected), repeats; NaN if undefined.
    """
    complete = results.runs[results.runs["complete"].astype(bool)]
    tested = complete.assign(tuned=test_means(complete))[[*_KEYS, "tuned"]]
    pairs = tested.merge(results.default_tests.rename(columns={"value": "defaults"}), on=_KEYS).dropna()
    rows = []
    for (task, variant), group in pairs.groupby(["task", "variant"], sort=False):
        differences = results.sign * (group["tuned"] - group["defaults"]).to_numpy(dtype=float)
        estimate = mean_difference(differences)
        means = group["defaults"].mean(), group["tuned"].mean()
        rows.append([task, variant, *means, *estimate, len(group)])
    return pd.DataFrame(rows, columns=_COLUMNS)
