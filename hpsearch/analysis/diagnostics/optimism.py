"""Diagnostic: optimism of the search's best value."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from hpsearch.analysis.diagnostics.finding import Fact, Finding, Gravity
from hpsearch.analysis.diagnostics.material import error_of, overstates
from hpsearch.analysis.diagnostics.noise import noise
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.statistics.spread import mean_interval
from hpsearch.results.results import Results

KEY = "optimism"


def _mean(values: list[float | None]) -> float:
    return float(np.mean([math.nan if value is None else value for value in values])) if len(values) else math.nan


def optimism_gaps(results: Results, task: str) -> pd.DataFrame:
    """Return the best observed value, mean test value and their gap for each tested complete run.

    The gap is positive if the observed value is better than the test value, for either direction. The part of it that
    is due to selection is observed value − mean validation value of the retrainings, where these were stored. The rest
    is due to the test rows.

    Returns
    -------
    variant, repeat, observed, test, retrained (mean validation value; NaN if unknown), gap, gap_selection.
    """
    runs = results.runs[(results.runs["task"] == task) & results.runs["complete"].astype(bool)]
    column = "observed" if "observed" in runs else "value"
    split = "retrained_validation" in runs
    rows = [
        {
            "variant": run["variant"],
            "repeat": run["repeat"],
            "observed": float(run[column]),
            "test": _mean(run["test_values"]),
            "retrained": _mean(run["retrained_validation"]) if split else math.nan,
        }
        for _, run in runs.iterrows()
        if len(run["test_values"])
    ]
    names = ["observed", "test", "retrained"]
    frame = pd.DataFrame(rows, columns=["variant", "repeat", *names]).astype(dict.fromkeys(names, float))
    frame = frame.assign(
        gap=results.sign * (frame["observed"] - frame["test"]),
        gap_selection=results.sign * (frame["observed"] - frame["retrained"]),
    )
    return frame.dropna(subset="gap") if frame.empty else frame[frame["gap"].abs() < math.inf]


def optimism(search: TaskSearch) -> Finding:
    """Warn of a large optimism gap: the best of many noisy values overstates the true value.

    Rule: the gap is best observed value − mean test value, signed so that optimism is positive. Its lower bound is that
    of the 95 % interval of its mean (Student's t over runs); with one run it is the gap − `apart` standard deviations
    of a value. Warn if the lower bound, less one standard deviation of a value, is material (`overstates`, against the
    mean of the observed error and that of the test). A small gap is ordinary: choosing the best of 100 equal trials
    overstates it by 2.5 standard deviations of a value.

    More search improves the observed value but hardly the true one: on HPOBench `credit_g`, 100 random trials show an
    error of 0.0928 with a true error of 0.1301.

    Source: Cawley and Talbot, "On over-fitting in model selection" (2010).
    """
    title, gaps = "Little optimism in the best values", optimism_gaps(search.results, search.task)
    if gaps.empty or search.good.empty:
        return search.unknown(KEY, title, "No complete run has test values.")
    interval, sd = mean_interval(gaps["gap"].to_numpy()), noise(search).sd
    one = 0.0 if math.isnan(sd) else sd
    low = (interval.low if len(gaps) > 1 else interval.mean - search.limits.apart * one) - one
    test, selection = float(gaps["test"].mean()), float(gaps["gap_selection"].mean())
    facts: dict[str, Fact] = {
        "gap": interval.mean,
        "observed": float(gaps["observed"].mean()),
        "test": test,
        "selection": selection,
        "runs": len(gaps),
        "sd": sd,
        "metric": search.results.metric,
    }
    over = "Over {runs} runs the" if len(gaps) > 1 else "The"
    evidence = f"{over} best validation {{metric}} is {{observed}}, the test {{metric}} {{test}}: "
    evidence += "it looks {gap:.2g} better than it is" if interval.mean > 0 else "it looks no better than it is"
    if not math.isnan(selection):
        evidence += ", {selection:.2g} of it by the choice of the best" if interval.mean > 0 else ""
    if low <= 0 or not overstates(search, low, error_of(search, (test + float(gaps["observed"].mean())) / 2)):
        return search.passed(KEY, title, f"{evidence}.", facts)
    advice = "Quote the test value. " + (
        "Confirm the leaders on fresh seeds, or judge trials on more validation rows."
        if math.isnan(selection) or 2 * selection > interval.mean
        else "The validation rows are easier than the test rows: look at how they were split."
    )
    return search.warning(KEY, Gravity.MISLEADING, "The best values are optimistic", f"{evidence}.", advice, facts)
