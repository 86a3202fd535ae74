"""Diagnostics: lead of the best trial against the noise of epochs, of seeds, and of the validation rows."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.diagnostics.finding import Change, Finding
from hpsearch.analysis.diagnostics.noise import binomial, retraining, validation_rows
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.run.confirmation import REPETITIONS

_SHORTEST = 6  # minimum epochs for estimating the noise of a step
CONFIRM = 5
_SHARE = 5  # confirmation gets at most one fifth of the budget


def steps(search: TaskSearch) -> Finding:
    """Warn if the noise from epoch to epoch exceeds the lead of the best trial.

    Rule: warn if the noise of a step exceeds the lead of the best trial over the second one with the same validation
    rows. The noise of a curve is the standard deviation of second differences of the validation score, divided by √6,
    over the last half of its epochs. This is the white noise after removal of a linear trend. The median over the best
    ten trials is used.

    Source: Google's deep learning tuning playbook, "Is there high step-to-step variance in the validation error late
    in training?".
    """
    title = "The best leads by more than the noise of a step"
    noises = [_step_noise(curve["validation_score"].to_numpy(dtype=float)) for curve in search.curves_of_best]
    finite = [each for each in noises if math.isfinite(each)]
    if math.isnan(search.lead) or not finite:
        return search.unknown("steps", title, "No two trials to compare, or no learning curve of six epochs.")
    noise = float(np.median(finite))
    facts = {"noise": noise, "lead": search.lead}
    evidence = "The best trial leads by {lead:.2g}; from epoch to epoch the score moves by {noise:.2g}."
    if noise <= search.lead:
        return search.finding("steps", "pass", title, evidence, facts=facts)
    advice = (
        "Average over the last epochs, let the learning rate decay, take larger batches, or train the leaders again "
        "before you choose."
    )
    return search.finding(
        "steps", "warn", "Noise between epochs is larger than the lead", evidence, advice, facts=facts
    )


def _step_noise(scores: NDArray[Any]) -> float:
    late = scores[len(scores) // 2 :] if len(scores) >= _SHORTEST else scores[:0]
    late = late[np.isfinite(late)]
    return float(np.sqrt(np.mean(np.diff(late, 2) ** 2) / 6)) if len(late) > 2 else math.nan


def seeds(search: TaskSearch) -> Finding:
    """Warn if the spread of retraining exceeds the lead, and count the leading trials without a clear difference.

    Rule: warn if the second of the trials with the same validation rows is within `apart` · √2 · sd of the best. Here
    sd is the pooled standard deviation among trainings that differ only in their seed (test values of incumbents and
    confirmations). The finding counts how many of the best ten are: "the first three can't be told apart".

    Source: Google's deep learning tuning playbook, "trial variance"; *Deep Learning from Scratch*, section 6.5.3, with
    such a case among its first three trials.
    """
    title, noise = "The best leads by more than its seed", retraining(search)
    if math.isnan(search.lead) or math.isnan(noise.sd):
        return search.unknown("seeds", title, "No two trials to compare, or none was trained again on fresh seeds.")
    margin = search.limits.apart * math.sqrt(2) * noise.sd
    values = search.contenders["value"].head(10).to_numpy()
    together = int((np.abs(values - values[0]) <= margin).sum())
    facts = {"together": together, "sd": noise.sd, "margin": margin, "lead": search.lead, "of": len(values)}
    evidence = (
        "The best trial leads by {lead:.2g}; trained again on another seed it moves by {sd:.2g} (standard deviation), "
        "so that values closer than {margin:.2g} are not told apart."
    )
    if together < 2:
        return search.finding("seeds", "pass", title, evidence, facts=facts)
    several = f"The first {_COUNT.get(together, together)} can't be told apart"
    advice = "Train the leaders again on fresh seeds and choose by the mean: confirm does that within the budget."
    finding = search.finding("seeds", "warn", several, evidence, advice, facts=facts)
    return replace(finding, changes=_confirm(search, together))


_COUNT = dict(enumerate(("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")))


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
    """Warn if there are too few validation rows to resolve the lead.

    Rule: warn if the binomial standard error of the best value exceeds the lead of the best trial over the second one
    with the same rows. The error is √(p (1 − p) / n) on n validation rows. It applies to metrics that are a share of
    the rows.

    Source: the binomial distribution; with the 100 validation images of *Deep Learning from Scratch*, section 6.5.3,
    it is 0.04 at an accuracy of 0.8.
    """
    title, noise, count = "Enough validation rows for the lead", binomial(search), validation_rows(search)
    if math.isnan(search.lead) or math.isnan(noise.sd) or count is None:
        return search.unknown("rows", title, "The value is no share of a known number of validation rows.")
    facts = {"rows": count, "se": noise.sd, "lead": search.lead, "best": search.best}
    evidence = "On {rows} validation rows a value of {best} has a standard error of {se:.2g}; the lead is {lead:.2g}."
    if noise.sd <= search.lead:
        return search.finding("rows", "pass", title, evidence, facts=facts)
    advice = "More validation rows, cross-validation, or several splits: repeats of the study are that."
    return search.finding("rows", "warn", "Too few validation rows for so small a lead", evidence, advice, facts=facts)
