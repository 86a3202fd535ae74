"""Diagnostic: optimism of the search's best value."""

from __future__ import annotations

import math

import pandas as pd

from hpsearch.analysis.comparison.run_values import retrained_means, test_means
from hpsearch.analysis.diagnostics.finding import Fact, Finding, Gravity
from hpsearch.analysis.diagnostics.material import error_of, overstates
from hpsearch.analysis.diagnostics.noise import noise, share_error, test_rows, validation_rows
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.statistics.spread import mean_interval
from hpsearch.results.results import Results

KEY = "optimism"
_UNCLEAR = "Not enough data to tell how optimistic the best values are"
_SEVERAL = 3  # standard errors of the part by selection


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
    observed = runs["observed" if "observed" in runs else "value"].astype(float)
    test, retrained = test_means(runs), retrained_means(runs)
    frame = runs[["variant", "repeat"]].assign(
        observed=observed,
        test=test,
        retrained=retrained,
        gap=results.sign * (observed - test),
        gap_selection=results.sign * (observed - retrained),
    )
    return frame[frame["gap"].abs() < math.inf].reset_index(drop=True)


def optimism(search: TaskSearch) -> Finding:
    """Warn of a large optimism gap: the best of many noisy values overstates the true value.

    Rule: the gap is best observed value − mean test value, signed so that optimism is positive. Its lower bound is that
    of the 95 % interval of its mean (Student's t over runs); with one run it is the gap − `apart` standard deviations
    of a value. Warn if one of these holds:

    - the lower bound, less one standard deviation of a value, is material (`overstates`, against the mean of the
      observed error and that of the test). A small gap is ordinary: choosing the best of 100 equal trials overstates it
      by 2.5 standard deviations of a value;
    - the mean part by selection is material, its t interval is above 0, and it exceeds three standard errors sd / √r.
      sd is that of a value (rows or retraining), r the number of repeats.

    Pass only if the upper bound of the gap is not material: the larger one of the t interval and of `apart` standard
    errors, with those of the test rows. Otherwise the data can't tell.

    The part by the rows counts as more than chance from two standard errors on, √(p (1 − p) (1/v + 1/t)) for v
    validation and t test rows. Repeats don't lower it: they share test rows, and their validation rows overlap.

    More search improves the observed value but hardly the true one: on HPOBench `credit_g`, 100 random trials show an
    error of 0.0928 with a true error of 0.1301.

    Source: Cawley and Talbot, "On over-fitting in model selection" (2010).
    """
    gaps = optimism_gaps(search.results, search.task)
    if gaps.empty or search.good.empty:
        return search.unknown(KEY, _UNCLEAR, "No complete run has test values.")
    gap, sd = float(gaps["gap"].mean()), noise(search).sd
    test, selection = float(gaps["test"].mean()), float(gaps["gap_selection"].mean())
    facts: dict[str, Fact] = {
        "gap": gap,
        "observed": float(gaps["observed"].mean()),
        "test": test,
        "selection": selection,
        "runs": len(gaps),
        "sd": sd,
        "metric": search.results.metric,
    }
    half = _half(search, gaps)
    spec = _spec(half if half > 0 else abs(gap))
    over = "Over {runs} runs the" if len(gaps) > 1 else "The"
    evidence = f"{over} best validation {{metric}} is {{observed}}, the test {{metric}} {{test}}: "
    evidence += f"it looks {{gap:{spec}}} better than it is" if gap > 0 else "it looks no better than it is"
    if not math.isnan(selection):
        evidence += f", {{selection:{spec}}} of it by the choice of the best" if gap > 0 else ""
    error = error_of(search, (test + float(gaps["observed"].mean())) / 2)
    by_selection = _is_chosen_by_noise(search, gaps)
    low = _lower(search, gaps) - (0.0 if math.isnan(sd) else sd)
    if (low > 0 and overstates(search, low, error)) or (by_selection and overstates(search, selection, error)):
        advice = _advice(search, facts, spec, by_selection=by_selection)
        return search.warning(KEY, Gravity.MISLEADING, "The best values are optimistic", f"{evidence}.", advice, facts)
    facts["half"] = half
    if math.isnan(half):
        return search.unknown(KEY, _UNCLEAR, f"{evidence}. Neither runs nor rows say how much of it is chance.", facts)
    if overstates(search, gap + half, error):
        return search.unknown(KEY, _UNCLEAR, f"{evidence}, give or take {{half:.2g}} by chance.", facts)
    return search.passed(KEY, "Little optimism in the best values", f"{evidence}.", facts)


def _spec(uncertainty: float) -> str:
    """Return the format of numbers with this uncertainty: as many decimals as two of its digits have."""
    return f".{max(1 - math.floor(math.log10(uncertainty)), 0)}f" if 0 < uncertainty < math.inf else ".2g"


def _lower(search: TaskSearch, gaps: pd.DataFrame) -> float:
    if len(gaps) > 1:
        return mean_interval(gaps["gap"].to_numpy()).low
    sd = noise(search).sd
    return float(gaps["gap"].iloc[0]) - (0.0 if math.isnan(sd) else search.limits.apart * sd)


def _is_chosen_by_noise(search: TaskSearch, gaps: pd.DataFrame) -> bool:
    """Return whether the mean gap by selection is clearly above 0, over runs and by the noise of a value."""
    parts, repeats = gaps["gap_selection"].to_numpy(), gaps["repeat"].nunique()
    interval = mean_interval(parts)
    if len(parts) > 1 and not interval.low > 0:
        return False
    return interval.mean > _SEVERAL * noise(search).sd / math.sqrt(repeats)


def _half(search: TaskSearch, gaps: pd.DataFrame) -> float:
    """Return half the width of an interval of the mean gap; NaN if neither runs nor noise say it."""
    interval, sd = mean_interval(gaps["gap"].to_numpy()), noise(search).sd
    count = test_rows(search)
    rows = 0.0 if count is None else share_error(float(gaps["test"].mean()), count)
    halves = [
        interval.mean - interval.low,
        search.limits.apart * math.hypot(sd / math.sqrt(gaps["repeat"].nunique()), rows),
    ]
    return max((each for each in halves if not math.isnan(each)), default=math.nan)


def _advice(search: TaskSearch, facts: dict[str, Fact], spec: str, *, by_selection: bool) -> str:
    """Return what to do about selection and rows; the numbers for it are added to the facts."""
    gap, selection, test = (float(facts[name]) for name in ("gap", "selection", "test"))
    advice = ["Quote the test value."]
    if math.isnan(selection) or 2 * selection > gap or by_selection:
        advice.append("Confirm the leaders on fresh seeds, or judge trials on more validation rows.")
    if math.isnan(selection) or 2 * selection > gap:
        return " ".join(advice)
    facts["rest"] = rest = gap - selection
    validation, tested = validation_rows(search), test_rows(search)
    if validation is None or tested is None:
        advice.append(f"The other {{rest:{spec}}} may be chance: the numbers of rows are not known.")
        return " ".join(advice)
    facts["twice"] = twice = 2 * math.hypot(share_error(test, validation), share_error(test, tested))
    advice.append(
        "The validation rows are easier than the test rows: look at how they were split."
        if rest > twice
        else f"The other {{rest:{spec}}} may be chance: for these numbers of rows, two standard errors are "
        f"{{twice:{spec}}}."
    )
    return " ".join(advice)
