"""Diagnostic: number of trials near the best, in value."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding, Gravity
from hpsearch.analysis.diagnostics.noise import noise
from hpsearch.analysis.diagnostics.search import TaskSearch

KEY = "density"
_TOP = 0.5  # share of the trials whose gaps are compared
_FEWEST_GAPS = 8
_GOOD = 0.05  # the best twentieth of the space


def density(search: TaskSearch) -> Finding:
    """Warn of too few trials near the best: it may be a lucky one, and a better one may be close by.

    Rule: warn if one of these holds.

    - Fewer than `few_trials` are complete and feasible. With 13 random trials, none is among the best 5 % of the space
      with a probability of 0.95¹³ = 51 %, whatever the number of hyperparameters.
    - A gap separates fewer than `near_trials` best trials from the others. It is larger than the tail of the other
      values explains. With exponential tails, the gap below the i-th best times i is exponential, independently for
      each i, so that its share among k such gaps has a beta distribution. Bounded tails have smaller gaps at the top.
      `false_alarms` is divided over the possible gaps. The gap must also exceed the noise of a difference.

    The distance in the space is not used: in five dimensions or more hardly any trial is near another in all of them.

    Source: Google's deep learning tuning playbook, "Not sampling enough points"; Bergstra and Bengio (2012) on the best
    5 %; Rényi (1953) on the gaps.
    """
    title = "Enough trials near the best"
    if search.good.empty or not search.columns:
        return search.unknown(KEY, title, "No trial with hyperparameters is complete and feasible.")
    trials, limits = len(search.good), search.limits
    facts: dict[str, Fact] = {"trials": trials, "least": limits.few_trials}
    if trials < limits.few_trials:
        facts |= {"percent": 100 * (1 - _GOOD) ** trials, "good": round(100 * _GOOD)}
        evidence = (
            "With {trials} trials, the chance that none is among the best {good} % of the space is {percent:.0f} %."
        )
        reason = f"only {trials} trials are complete and feasible"
        return _fired(search, evidence, "Run at least {least} trials.", facts, reason)
    leaders = _leaders(search)
    if leaders:
        count, gap = leaders
        facts |= {"near": count, "gap": gap}
        evidence = (
            f"The best {'trial leads' if count == 1 else '{near} trials lead'} all others by {{gap:.2g}}, far more "
        )
        evidence += "than the others differ."
        reason = f"only {count} of {trials} trials lie near the best"
        return _fired(search, evidence, "Spend more trials, or search a smaller space around the best.", facts, reason)
    return search.passed(KEY, title, "No gap separates the best of {trials} trials from the others.", facts)


def _leaders(search: TaskSearch) -> tuple[int, float] | None:
    """Return the number of best trials above the first significant gap, and the gap; None without such a gap."""
    values = search.results.sign * search.contenders["value"].to_numpy(dtype=np.float64)
    gaps = -np.diff(values[: max(math.ceil(_TOP * len(values)), _FEWEST_GAPS) + 1])
    if len(gaps) < _FEWEST_GAPS:
        return None
    groups = min(search.limits.near_trials - 1, len(gaps) // 2)
    sd = noise(search).sd
    real = 0.0 if math.isnan(sd) else search.limits.apart * math.sqrt(2) * sd
    for place in np.flatnonzero(_chances(gaps)[:groups] * max(groups, 1) <= search.limits.false_alarms):
        if gaps[place] > real:
            return int(place) + 1, float(gaps[place])
    return None


def _chances(gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each gap, the probability of one so large: P(Beta(1, k − 1) > share) = (1 − share)^(k − 1)."""
    normalised = gaps * np.arange(1, len(gaps) + 1)
    total = float(normalised.sum())
    return (1 - normalised / total) ** (len(gaps) - 1) if total > 0 else np.ones(len(gaps))


def _fired(search: TaskSearch, evidence: str, advice: str, facts: dict[str, Fact], reason: str) -> Finding:
    changes = (Change(("search", "trials"), 2 * search.results.budget, search.results.budget, reason),)
    return search.warning(KEY, Gravity.MISSED, "Too few trials near the best", evidence, advice, facts, changes)
