"""The rule of the verdicts once more, for thousands of studies at once and at every number of repeats.

Written from the formulas and not from the product; `test_simulated.py` shows that both agree. Arrays have the shape
(studies, comparisons, repeats); NaN stands for a pair in which a side has no finite value.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special, stats


@dataclass(frozen=True)
class Plan:
    """Planned repeats (None: no plan), whether it adds repeats until all is resolved, and the declared margin."""

    repeats: int | None = None
    until: bool = False
    margin: float | None = None

    @property
    def levels(self):
        """Levels over all comparisons of the planned look and of the others."""
        if self.repeats is None:
            return 0.0, 0.05
        return (0.01, 0.04) if self.until else (0.04, 0.01)

    def __str__(self):
        if self.repeats is None:
            return "no plan"
        return f"until resolved, {self.repeats}" if self.until else f"plan of {self.repeats}"


@dataclass(frozen=True)
class Told:
    """What is said at each number of repeats: bounds, and 1 for better, −1 for worse, 0 for neither."""

    low: np.ndarray
    high: np.ndarray
    equal_low: np.ndarray
    equal_high: np.ndarray
    side: np.ndarray
    equivalent: np.ndarray
    by_margin: np.ndarray


@cache
def widths(level, most):
    """Half widths of the anytime interval in standard errors for 0 … most differences; infinite where undecided."""
    n = np.arange(most + 1)
    fewest = math.ceil(1 + math.log2(1 / level) - 1e-12)
    with np.errstate(all="ignore"):
        a = 1.0 + n
        root = (a / level**2) ** (1 / n)
        c = np.sqrt((n - 1) * a * (root - 1) / (a - root))
    return np.where((n >= max(fewest, 2)) & (root < a), c, np.inf)


@cache
def quantiles(tail, most):
    """Upper quantiles of Student's t for 0 … most differences."""
    freedom = np.arange(most + 1) - 1
    return np.where(freedom > 0, stats.t.isf(tail, np.maximum(freedom, 1)), np.inf)


@cache
def sign_tables(most):
    """E-value and exact two-sided p value of each number of won and lost pairs."""
    won, lost = np.arange(most + 1)[:, None], np.arange(most + 1)[None, :]
    log_e = (won + lost) * math.log(2) + special.betaln(won + 0.5, lost + 0.5) - special.betaln(0.5, 0.5)
    p = np.minimum(2 * stats.binom.cdf(np.minimum(won, lost), won + lost, 0.5), 1.0)
    return log_e, p


class Sums:
    """Running sums over the repeats, the same for every plan."""

    def __init__(self, x):
        seen = ~np.isnan(x)
        filled = np.where(seen, x, 0.0)
        self.repeats = x.shape[-1]
        self.n = seen.cumsum(axis=-1)
        with np.errstate(all="ignore"):
            self.mean = filled.cumsum(axis=-1) / self.n
            squares = (filled**2).cumsum(axis=-1) - self.n * self.mean**2
            self.error = np.sqrt(np.maximum(squares, 0.0) / (self.n - 1) / self.n)
        sizes = np.abs(filled)
        self.largest = np.maximum.accumulate(sizes, axis=-1)
        smallest = np.minimum.accumulate(np.where(sizes > 0, sizes, np.inf), axis=-1)
        self.one_size = (self.largest == 0) | (self.largest - smallest <= 1e-9 * self.largest)
        self.won, self.lost = (filled > 0).cumsum(axis=-1), (filled < 0).cumsum(axis=-1)


def tell(sums, plan, comparisons):
    """Return what is said at every number of repeats."""
    most, n = sums.repeats, np.arange(1, sums.repeats + 1)
    planned, anytime = plan.levels
    bounds = []
    for at_plan, others in ((planned / 2 / comparisons, anytime / comparisons), (planned, 2 * anytime)):
        with np.errstate(all="ignore"):
            half = np.where(sums.one_size, np.nan, widths(others, most)[sums.n] * sums.error)
        half = np.where(np.isfinite(half), half, np.nan)
        low, high = sums.mean - half, sums.mean + half
        if plan.repeats is not None and plan.repeats <= most:
            place = plan.repeats - 1
            with np.errstate(all="ignore"):
                half = quantiles(at_plan, most)[sums.n[..., place]] * sums.error[..., place]
            half = np.where(np.isfinite(half) & ~sums.one_size[..., place], half, np.nan)
            first, last = sums.mean[..., place] - half, sums.mean[..., place] + half
            low[..., place], high[..., place] = first, last
            both_low = np.fmax(low, first[..., None])
            both_high = np.fmin(high, last[..., None])
            joint = (n > plan.repeats) & (both_low <= both_high) & ~sums.one_size
            low, high = np.where(joint, both_low, low), np.where(joint, both_high, high)
        bounds += [low, high]
    low, high, equal_low, equal_high = bounds
    side = np.where(low > 0, 1, 0) - np.where(high < 0, 1, 0)
    side = np.where(sums.one_size, _by_signs(sums, plan, comparisons), side)
    if plan.margin is None:
        nothing = np.zeros(side.shape, dtype=bool)
        return Told(low, high, equal_low, equal_high, side, nothing, nothing)
    inside = (-plan.margin < equal_low) & (equal_high < plan.margin)
    enough = sums.n >= math.ceil(1 + math.log2(comparisons / anytime) - 1e-12)
    equivalent = np.where(sums.one_size, enough & (sums.largest < plan.margin), inside)
    return Told(low, high, equal_low, equal_high, side, equivalent, np.maximum(low, -high) >= plan.margin)


def _by_signs(sums, plan, comparisons):
    log_e, p = sign_tables(sums.repeats)
    planned, anytime = plan.levels
    decided = log_e[sums.won, sums.lost] >= math.log(comparisons / anytime) - 1e-9
    direction = np.sign(sums.won - sums.lost)
    side = np.where(decided, direction, 0)
    if plan.repeats is not None and plan.repeats <= sums.repeats:
        place = plan.repeats - 1
        first = p[sums.won[..., place], sums.lost[..., place]] < planned / comparisons
        at_plan = np.where(first, direction[..., place], 0)
        later = np.arange(sums.repeats) > place
        side = np.where(later & (side == 0), at_plan[..., None], side)
        side[..., place] = at_plan
    return side


def over_rows(told, by_row):
    """Return low and high over repeats and test rows, at the last number of repeats.

    `by_row` has the difference of each repeat on each row: (studies, comparisons, repeats, rows).
    """
    comparisons, rows = by_row.shape[1], by_row.shape[-1]
    quantile = stats.t.isf(0.025 / comparisons, rows - 1)
    extra = quantile * by_row.mean(axis=2).std(axis=-1, ddof=1) / math.sqrt(rows)
    mean = by_row.mean(axis=(2, 3))
    low, high = told.low[..., -1], told.high[..., -1]
    return mean - np.hypot(mean - low, extra), mean + np.hypot(high - mean, extra)


def failures(level_failed, against_failed, comparisons):
    """Return 1 where the level fails less often, −1 where it fails more often, else 0, at every number of repeats."""
    more = (level_failed & ~against_failed).cumsum(axis=-1)
    less = (~level_failed & against_failed).cumsum(axis=-1)
    log_e, _ = sign_tables(more.shape[-1])
    return np.where(log_e[less, more] >= math.log(comparisons / 0.01) - 1e-9, np.sign(less - more), 0)
