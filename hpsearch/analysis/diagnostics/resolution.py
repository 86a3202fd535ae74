"""Diagnostics: noise of epochs, of seeds, and of the validation rows against what the search brought."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding, Gravity
from hpsearch.analysis.diagnostics.material import LEAST, decides, error_of, spread
from hpsearch.analysis.diagnostics.noise import binomial, retraining, validation_rows
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.run.confirmation import REPETITIONS

_SHORTEST = 6  # minimum epochs for estimating the noise of a step
CONFIRM = 5
_SHARE = 5  # confirmation gets at most one fifth of the budget
_TIED = 0.25  # share of the trials with the best value from which on the rows are too few
_FEWEST_TIED = 5


def steps(search: TaskSearch) -> Finding:
    """Warn if the noise from epoch to epoch decides which trial is best.

    Rule: warn if the noise of a step is material (`decides`). The noise of a curve is the standard deviation of second
    differences of the validation score, divided by √6, over the last half of its epochs: the white noise after removal
    of a linear trend. The median over the best ten trials is used.

    Source: Google's deep learning tuning playbook, "Is there high step-to-step variance in the validation error late
    in training?".
    """
    title = "The noise between epochs is small"
    noises = [_step_noise(curve["validation_score"].to_numpy(dtype=float)) for curve in search.curves_of_best]
    finite = [each for each in noises if math.isfinite(each)]
    if math.isnan(search.lead) or not finite:
        return search.unknown("steps", title, "No two trials to compare, or no learning curve of six epochs.")
    noise = float(np.median(finite))
    facts: dict[str, Fact] = {"noise": noise, "lead": search.lead, "spread": spread(search)}
    evidence = f"From epoch to epoch the validation score of the best trials moves by {{noise:.2g}}{_against(search)}."
    if not decides(search, noise, error_of(search, search.best)):
        return search.passed("steps", title, evidence, facts)
    advice = "Let the learning rate decay, take larger batches, or average over the last epochs."
    return search.warning(
        "steps", Gravity.MISLEADING, "Noise between epochs decides which trial is best", evidence, advice, facts
    )


def _against(search: TaskSearch) -> str:
    return "" if math.isnan(spread(search)) else "; the values of trials differ by {spread:.2g}"


def _step_noise(scores: NDArray[Any]) -> float:
    late = scores[len(scores) // 2 :] if len(scores) >= _SHORTEST else scores[:0]
    late = late[np.isfinite(late)]
    return float(np.sqrt(np.mean(np.diff(late, 2) ** 2) / 6)) if len(late) > 2 else math.nan


def seeds(search: TaskSearch) -> Finding:
    """Warn if the spread of retraining decides which trial is best, and count the trials that are as good as it.

    Rule: warn if sd is material (`decides`). Here sd is the pooled standard deviation among trainings that differ only
    in their seed (test values of incumbents and confirmations). Noise alone is no fault: any network has it, and it
    always exceeds the lead over the second of many trials. Without a warning the finding still says how many of the
    best ten trials are within `apart` · √2 · sd of the best, and what to do about it.

    Source: Google's deep learning tuning playbook, "trial variance"; *Deep Learning from Scratch*, section 6.5.3, with
    such a case among its first three trials.
    """
    title, noise = "The noise between seeds is ordinary", retraining(search)
    if math.isnan(search.lead) or math.isnan(noise.sd):
        return search.unknown("seeds", title, "No two trials to compare, or none was trained again on fresh seeds.")
    margin = search.limits.apart * math.sqrt(2) * noise.sd
    values = search.contenders["value"].head(10).to_numpy()
    together = int((np.abs(values - values[0]) <= margin).sum())
    facts: dict[str, Fact] = {"together": together, "sd": noise.sd, "margin": margin, "lead": search.lead}
    facts |= {"of": len(values), "spread": spread(search)}
    evidence = "Trained again on another seed, a value moves by {sd:.2g} (standard deviation)"
    tests = _mean_test(search)
    if decides(search, noise.sd, error_of(search, search.best if math.isnan(tests) else tests)):
        several = f"The first {_COUNT.get(together, together)} can't be told apart" if together > 1 else "Seeds decide"
        advice = (
            "Train the leaders again on fresh seeds and choose by the mean (confirm); or make training more stable."
        )
        return search.warning(
            "seeds", Gravity.MISLEADING, f"{several}: the noise between seeds is too large",
            f"{evidence}{_against(search)}.", advice, facts, _confirm(search, together),
        )  # fmt: skip
    if together < 2:
        return search.passed("seeds", title, f"{evidence}; the best trial leads by {{lead:.2g}}.", facts)
    remark = (
        "{together} of the best {of} trials are within {margin:.2g} of the best: take the cheapest, or confirm them."
    )
    return search.passed("seeds", title, f"{evidence}. {remark}", facts)


_COUNT = dict(enumerate(("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")))


def _mean_test(search: TaskSearch) -> float:
    """Return the mean of the finite test values, which no search selected; NaN without any."""
    runs = search.results.runs[search.results.runs["task"] == search.task]
    values = [value for values in runs["test_values"] for value in values if value is not None and math.isfinite(value)]
    return float(np.mean(values)) if values else math.nan


def _confirm(search: TaskSearch, together: int) -> tuple[Change, ...]:
    """Propose to confirm the leaders: up to five, within a fifth of the budget."""
    now = search.table("search").get("confirm", 0)
    count = min(CONFIRM, together)
    if _SHARE * count > search.results.budget:
        count = search.results.budget // (_SHARE * REPETITIONS)
    if now or count < 2:
        return ()
    return (Change(("search", "confirm"), count, 0, f"the first {together} trials can't be told apart"),)


def rows(search: TaskSearch) -> Finding:
    """Warn if there are too few validation rows to tell trials apart, and say what to do about ties.

    Rule: warn if the binomial standard error of the best value is material (`decides`), or if a quarter of the trials
    with the same rows, and at least five, share the best value. The error is √(p (1 − p) / n) on n validation rows. It
    applies to metrics that are a share of the rows. A few ties are ordinary.

    Pass only if the lead is at least `apart` · √2 standard errors, or if two standard errors are at most the smallest
    difference that matters: the margin of the plan, or 0.01 without one. Otherwise the finding says which differences
    can't be seen.

    Source: the binomial distribution; with the 100 validation images of *Deep Learning from Scratch*, section 6.5.3,
    it is 0.04 at an accuracy of 0.8.
    """
    title, noise, count = "Enough validation rows", binomial(search), validation_rows(search)
    if math.isnan(search.lead) or math.isnan(noise.sd) or count is None:
        return search.unknown("rows", title, "The value is no share of a known number of validation rows.")
    values = search.contenders["value"].to_numpy(dtype=np.float64)
    tied = int((values == values[0]).sum())
    facts: dict[str, Fact] = {"rows": count, "se": noise.sd, "lead": search.lead, "best": search.best, "tied": tied}
    facts |= {"trials": len(values), "spread": spread(search)}
    advice = "Take more validation rows, cross-validation, or several splits: repeats of the study are that."
    if tied >= max(_FEWEST_TIED, _TIED * len(values)):
        evidence = "{tied} of {trials} trials share the best value, {best} on {rows} validation rows."
        headline = "Too few validation rows: many trials tie"
        return search.warning("rows", Gravity.MISLEADING, headline, evidence, advice, facts)
    evidence = f"On {{rows}} validation rows a value of {{best}} has a standard error of {{se:.2g}}{_against(search)}."
    if decides(search, noise.sd, error_of(search, search.best)):
        headline = "Too few validation rows to tell trials apart"
        return search.warning("rows", Gravity.MISLEADING, headline, evidence, advice, facts)
    ties = " {tied} trials share the best value: the earliest is taken, and any of them will do." if tied > 1 else ""
    facts["twice"] = twice = 2 * noise.sd
    matters = float((search.results.first_plan or {}).get("margin") or LEAST)
    if twice > matters and search.lead < search.limits.apart * math.sqrt(2) * noise.sd:
        unseen = " Differences below {twice:.2g} can't be seen."
        return search.unknown(
            "rows", "Not clear whether the validation rows are enough", evidence + unseen + ties, facts
        )
    return search.passed("rows", title, evidence + ties, facts)
