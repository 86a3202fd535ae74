"""Diagnostic: number of trials near the best, in value."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

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
    - Fewer than `near_trials` best trials lead the others by more than the tail of the other values explains, either
      by one gap, or by the gaps above and below them together: a narrow peak has trials at all heights. With
      exponential tails, the gap below the i-th best times i is exponential, independently for each i, so that the share
      of m among k such gaps has the distribution Beta(m, k − m). Bounded tails have smaller gaps at the top.
      A single leader has half of `false_alarms`; the tests of more leaders share the rest. The gap must also exceed the
      noise of a difference.

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
            f"The best {'trial leads all others by' if count == 1 else '{near} trials lead all others by up to'} "
            "{gap:.2g}, far more than the others differ."
        )
        reason = f"only {count} of {trials} trials lie near the best"
        return _fired(search, evidence, "Spend more trials, or search a smaller space around the best.", facts, reason)
    return search.passed(KEY, title, "No gap separates the best of {trials} trials from the others.", facts)


def _leaders(search: TaskSearch) -> tuple[int, float] | None:
    """Return how many best trials lead the others, and by how much the best one does; None if none do."""
    values = search.results.sign * search.contenders["value"].to_numpy(dtype=np.float64)
    gaps = -np.diff(values[: max(math.ceil(_TOP * len(values)), _FEWEST_GAPS) + 1])
    if len(gaps) < _FEWEST_GAPS:
        return None
    groups = min(search.limits.near_trials - 1, len(gaps) // 2)
    sd = noise(search).sd
    real = 0.0 if math.isnan(sd) else search.limits.apart * math.sqrt(2) * sd
    leads = values[0] - values[1 : groups + 1]
    single, joint = (each[:groups] for each in _chances(gaps))
    tests = np.where(np.arange(groups) > 0, 4 * (groups - 1), 2)  # which each p value is multiplied by
    chances = tests * np.fmin(np.where(gaps[:groups] > real, single, 1.0), np.where(leads > real, joint, 1.0))
    if not groups or chances.min() > search.limits.false_alarms:
        return None
    place = int(chances.argmin())
    return place + 1, float(leads[place])


def _chances(gaps: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the probability of so large a gap, and of so large a sum of it and all above, for each gap."""
    normalised = gaps * np.arange(1, len(gaps) + 1)
    total, count = float(normalised.sum()), np.arange(1, len(gaps))
    if not total > 0:
        return np.ones(len(gaps)), np.ones(len(gaps))
    sums = stats.beta.sf(np.cumsum(normalised)[:-1] / total, count, len(gaps) - count)
    return (1 - normalised / total) ** (len(gaps) - 1), np.append(sums, 1.0)


def _fired(search: TaskSearch, evidence: str, advice: str, facts: dict[str, Fact], reason: str) -> Finding:
    changes = (Change(("search", "trials"), 2 * search.results.budget, search.results.budget, reason),)
    return search.warning(KEY, Gravity.MISSED, "Too few trials near the best", evidence, advice, facts, changes)
