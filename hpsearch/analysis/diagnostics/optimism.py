"""Diagnostic: optimism of the search's best value."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from hpsearch.analysis.diagnostics.finding import Fact, Finding
from hpsearch.analysis.diagnostics.noise import noise
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.statistics.spread import mean_interval
from hpsearch.results.results import Results

KEY = "optimism"


def optimism_gaps(results: Results, task: str) -> pd.DataFrame:
    """Return the best observed value, mean test value and their gap for each tested complete run.

    The gap is positive if the observed value is better than the test value, for either direction.

    Returns
    -------
    variant, repeat, observed, test, gap.
    """
    runs = results.runs[(results.runs["task"] == task) & results.runs["complete"].astype(bool)]
    column = "observed" if "observed" in runs else "value"
    rows = [
        {
            "variant": run["variant"],
            "repeat": run["repeat"],
            "observed": float(run[column]),
            "test": float(np.mean([math.nan if value is None else value for value in run["test_values"]])),
        }
        for _, run in runs.iterrows()
        if len(run["test_values"])
    ]
    frame = pd.DataFrame(rows, columns=["variant", "repeat", "observed", "test"])
    frame = frame.assign(gap=results.sign * (frame["observed"].astype(float) - frame["test"].astype(float)))
    return frame.dropna(subset="gap") if frame.empty else frame[frame["gap"].abs() < math.inf]


def optimism(search: TaskSearch) -> Finding:
    """Warn of a large optimism gap: the best of many noisy values overstates the true value.

    Rule: the gap is best observed value − mean test value, signed so that optimism is positive. Warn if the 95 %
    interval of its mean (Student's t over runs) is above 0 and the mean exceeds one standard deviation of a value.
    That deviation is due to the validation rows or to the seed. With one run the gap must be above `apart` standard
    deviations.

    More search improves the observed value but hardly the true one: on HPOBench `credit_g`, 100 random trials show an
    error of 0.0928 with a true error of 0.1301.

    Source: Cawley and Talbot, "On over-fitting in model selection" (2010).
    """
    title, gaps = "Little optimism in the best values", optimism_gaps(search.results, search.task)
    if gaps.empty or search.good.empty:
        return search.unknown(KEY, title, "No complete run has test values.")
    interval, sd = mean_interval(gaps["gap"].to_numpy()), noise(search).sd
    sure = interval.low > 0 if len(gaps) > 1 else interval.mean > search.limits.apart * (0 if math.isnan(sd) else sd)
    facts: dict[str, Fact] = {
        "gap": interval.mean,
        "observed": float(gaps["observed"].mean()),
        "test": float(gaps["test"].mean()),
        "runs": len(gaps),
        "sd": sd,
        "metric": search.results.metric,
    }
    evidence = (
        "Over {runs} runs the best validation {metric} is {observed} where the test shows {test}: it looks {gap:.3g} "
        "better."
        if interval.mean > 0
        else "Over {runs} runs the best validation {metric} is {observed} and the test shows {test}: no worse."
    )
    if not sure or (not math.isnan(sd) and interval.mean <= sd):
        return search.finding(KEY, "pass", title, evidence, facts=facts)
    advice = "Quote the test value. Confirm the leaders on fresh seeds, or judge trials on more validation rows."
    return search.finding(KEY, "warn", "The best values are optimistic", evidence, advice, facts=facts)
