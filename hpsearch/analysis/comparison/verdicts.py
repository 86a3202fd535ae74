"""Verdicts: one for each pairing of the study."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from hpsearch.analysis.comparison.level import FAILURES
from hpsearch.analysis.comparison.paired import Pairs, pairs
from hpsearch.analysis.comparison.pairings import pairings
from hpsearch.analysis.comparison.run_values import RunValues, run_values
from hpsearch.analysis.comparison.scopes import over_rows, over_tasks
from hpsearch.analysis.comparison.shares import Design, design
from hpsearch.analysis.comparison.verdict import Answer, Verdict
from hpsearch.analysis.statistics.anytime import first_deciding
from hpsearch.analysis.statistics.looks import Look, Shares, has_one_size, look, sign_side
from hpsearch.analysis.statistics.needed import needed, planned_may_resolve
from hpsearch.analysis.statistics.superiority import superiority
from hpsearch.results.results import Results, once

__all__ = ["Answer", "Verdict", "verdicts"]

_SKEW_PAIRS = 8  # D'Agostino's approximation needs as many
_SIDES: dict[int, Answer] = {1: "better", 0: "not resolved", -1: "worse"}


@once
def verdicts(results: Results) -> tuple[Verdict, ...]:
    """Return the verdict of every pairing, in the order of :func:`~hpsearch.analysis.comparison.pairings.pairings`.

    The probability of any false better or worse is at most 5 % per study, over all comparisons and looks. The plan that
    was stored before the first trial has 4 % for Student's interval at its number of repeats. The other 1 % is for an
    anytime-valid interval at all other looks; without a plan it has 5 %. With ``until_resolved`` in the plan the two
    are 1 % and 4 %. Both are divided by the number of comparisons in the plan. Comparisons that are not in the plan
    have an anytime-valid interval at the level divided by the number of all comparisons. Their errors are not part of
    the 5 %.

    The verdict follows from the printed intervals:

    - *better*: low > 0; *worse*: high < 0. By at least the margin: low ≥ margin, or high ≤ −margin.
    - *equivalent*: −margin < equal_low and equal_high < margin, for a margin declared in the plan. A difference can be
      both real and smaller than the margin; then `verdict` is better or worse, and `within_margin` is set.
    - *not resolved* otherwise, and whenever the runs do not have the plan's number of trials. A study that was extended
      to another number is judged on its runs cut to the planned one.

    If all differences have one size there is no interval: the signs decide better and worse, and *equivalent* needs all
    differences inside the margin and enough of them.

    Means leave out runs without a finite value, and failed retrainings. `failures_verdict` compares the failure rates
    of the two levels. It errs with at most another 1 %, over all comparisons and looks.
    """
    judged = results.at_plan or results
    values, planned = run_values(judged), design(judged)
    with np.errstate(over="ignore", invalid="ignore"):  # the square of a finite loss may be infinite
        return tuple(_verdict(judged, planned, values, pairs(values, each).unbroken()) for each in pairings(judged))


def _verdict(results: Results, planned: Design, values: RunValues, paired: Pairs) -> Verdict:
    comparison, frame, margin = paired.comparison, paired.frame, planned.margin
    shares, measured = planned.shares(comparison), paired.measured
    seen, superior = look(measured, shares), superiority(paired.differences)
    at_budget = planned.plan is None or planned.plan.get("trials", results.budget) == results.budget
    finite = ~np.isnan(measured)
    is_equal = margin is not None and _within(seen, measured[finite], margin, shares)
    side = _side(seen)
    noise = _none_if_nan(paired.noise)
    more_is_better = paired.scale == "metric" and results.sign > 0
    resolved = at_budget and bool(side or is_equal)
    forecast = (None, False) if resolved else _forecast(measured, shares, margin)
    is_planned = comparison[:3] in planned.planned
    comparisons = planned.comparisons if is_planned else planned.every
    rows = over_rows(results, paired, (seen.low, seen.high), comparisons)
    at_plan = len(frame) == shares.repeats
    blocks = over_tasks(values, paired, (seen.low, seen.high), comparisons, at_plan=at_plan)
    failures = sign_side(paired.failed, FAILURES / planned.every) if at_budget else 0
    return Verdict(
        factor=comparison.factor,
        level=comparison.level,
        against=comparison.against,
        verdict="equivalent" if resolved and not side else _SIDES[side if at_budget else 0],
        by_margin=at_budget and margin is not None and max(seen.low, -seen.high) >= margin,
        within_margin=at_budget and is_equal,
        effect=_none_if_nan(seen.mean),
        low=_none_if_nan(seen.low),
        high=_none_if_nan(seen.high),
        equal_low=None if margin is None else _none_if_nan(seen.equal_low),
        equal_high=None if margin is None else _none_if_nan(seen.equal_high),
        rule=seen.rule,
        level_percent=_percent(seen, shares, planned, len(frame)),
        contradicted=seen.contradicted,
        planned=is_planned,
        at_planned_budget=at_budget,
        margin=margin,
        noise=noise,
        within_noise=margin is None and noise is not None and -noise <= seen.low and seen.high <= noise,
        raw=_none_if_nan(seen.mean if more_is_better else -seen.mean),
        level_mean=_mean(frame["level"][finite]),
        against_mean=_mean(frame["against"][finite]),
        better=_none_if_nan(superior.probability),
        better_low=_none_if_nan(superior.low),
        better_high=_none_if_nan(superior.high),
        won=int((paired.differences > 0).sum()),
        drawn=int((paired.differences == 0).sum()),
        repeats=len(frame),
        repeats_asked=results.repeats,
        repeats_planned=shares.repeats,
        comparisons=comparisons,
        failed_level=int(frame["level_failed"].sum()),
        failed_level_of=int(frame["level_trained"].sum()),
        failed_against=int(frame["against_failed"].sum()),
        failed_against_of=int(frame["against_trained"].sum()),
        failures_verdict=_SIDES[failures],
        skewed=_is_skewed(measured[finite]),
        needed=forecast[0],
        planned_may_resolve=forecast[1],
        rows_low=_none_if_nan(rows[0]),
        rows_high=_none_if_nan(rows[1]),
        tasks_low=_none_if_nan(blocks[0]),
        tasks_high=_none_if_nan(blocks[1]),
        budget=results.budget,
        tasks=len(paired.tasks),
        cells=len(comparison.variants),
        searched=not results.untuned & {*comparison.variants, *comparison.against_variants},
        judged=paired.judged,
        scale=paired.scale,
    )


def _side(seen: Look) -> int:
    """Return 1 for better, −1 for worse, 0 for neither."""
    return seen.side or (seen.low > 0) - (seen.high < 0)


def _within(seen: Look, differences: NDArray[Any], margin: float, shares: Shares) -> bool:
    """Return whether *equivalent* holds, by the interval or, for differences of one size, by all of them."""
    if seen.rule == "signs":
        return len(differences) >= first_deciding(shares.anytime) and bool((np.abs(differences) < margin).all())
    return -margin < seen.equal_low and seen.equal_high < margin


def _percent(seen: Look, shares: Shares, planned: Design, repeats: int) -> float:
    """Return the level of the interval over all comparisons, in per cent."""
    first, other = shares.equal_planned, shares.equal_anytime
    if seen.rule == "signs":
        share = first if repeats == shares.repeats else other + (first if repeats > (shares.repeats or repeats) else 0)
    else:
        share = {"none": 0.0, "planned": first, "anytime": other, "planned and anytime": first + other}[seen.rule]
    return round(100 * share, 9)


def _forecast(measured: NDArray[Any], shares: Shares, margin: float | None) -> tuple[int | None, bool]:
    """Return the number of repeats that would probably resolve it, and whether the planned number would."""
    finite = measured[~np.isnan(measured)]
    if len(finite) < 2 or has_one_size(finite):
        return None, False
    moments = float(finite.mean()), float(finite.std(ddof=1)), len(finite)
    ahead = shares.repeats is not None and planned_may_resolve(*moments, shares.repeats, shares.planned, margin)
    return needed(*moments, shares.anytime, margin), ahead


def _is_skewed(differences: NDArray[Any]) -> bool:
    """Return whether |√b₁| exceeds its 95 % quantile for normal samples (D'Agostino 1970); False below 8 pairs."""
    if len(differences) < _SKEW_PAIRS or has_one_size(differences):
        return False
    return bool(stats.skewtest(differences).pvalue < 0.05)


def _none_if_nan(number: float) -> float | None:
    return None if math.isnan(number) else float(number)


def _mean(values: Any) -> float | None:
    return _none_if_nan(float(values.mean())) if len(values) else None
