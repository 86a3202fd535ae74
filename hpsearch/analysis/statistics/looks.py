"""One interval for the mean of paired differences: of the planned look, and of any other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.statistics.anytime import first_deciding, half_width, sign_e_value
from hpsearch.analysis.statistics.mean_difference import sign_test
from hpsearch.analysis.statistics.spread import mean_interval

Bounds = tuple[float, float]
Rule = Literal["planned", "anytime", "planned and anytime", "signs", "none"]

_SAME = 1e-9  # relative difference below which two sizes are equal, up to rounding
_UNKNOWN = (math.nan, math.nan)


class Shares(NamedTuple):
    """Errors that one comparison may make.

    Attributes
    ----------
    repeats
        Planned number of repeats; None without a planned look.
    planned, anytime
        Level of the planned look and of all other looks, divided by the number of comparisons.
    equal_planned, equal_anytime
        One-sided levels of the interval for equivalence, not divided.
    """

    repeats: int | None
    planned: float
    anytime: float
    equal_planned: float
    equal_anytime: float


@dataclass(frozen=True)
class Look:
    """What the repeats so far say about the mean difference; NaN if undefined.

    Attributes
    ----------
    rule
        Where the interval comes from: the planned look, the anytime-valid rule, both (their intersection), or none.
        ``"signs"`` if all differences have one size, so that there is no interval.
    mean
        Mean of the finite differences.
    low, high
        The interval, simultaneous over the comparisons.
    equal_low, equal_high
        The interval for equivalence.
    side
        Direction that the signs show: 1, −1, or 0 if they decide nothing or there is an interval.
    contradicted
        Whether the planned interval has no point in common with the anytime-valid one, which is then used alone.
    """

    rule: Rule
    mean: float
    low: float = math.nan
    high: float = math.nan
    equal_low: float = math.nan
    equal_high: float = math.nan
    side: int = 0
    contradicted: bool = False


def look(differences: NDArray[Any], shares: Shares) -> Look:
    """Return the interval of the mean difference, valid however often this is computed.

    - Before the planned number of repeats, or without one: x̄ ± c · s/√n, see :mod:`.anytime`.
    - At the planned number: Student's t.
    - After it: the intersection of the two. If that is empty, the anytime-valid interval alone.
    - All non-zero differences of one size: t is not used, since their spread says nothing. The side is that of an
      e-value of the signs ≥ 1/level, or, at the planned number, of an exact two-sided binomial p < level.

    Parameters
    ----------
    differences
        Shape (n,), in the order of the repeats, from the first on without a gap; NaN where a side failed.
    shares
        Levels of this comparison.
    """
    counted = differences[~np.isnan(differences)]
    mean = float(counted.mean()) if len(counted) else math.nan
    reached = shares.repeats is not None and len(differences) >= shares.repeats
    first = differences[: shares.repeats][~np.isnan(differences[: shares.repeats])] if reached else counted[:0]
    at_plan = reached and len(differences) == shares.repeats
    if has_one_size(counted):
        side = _side(counted, first, shares, at_plan)
        return Look("signs" if len(counted) else "none", mean, side=side)
    planned = _planned(first, shares.planned, shares.equal_planned)
    anytime = (_UNKNOWN, _UNKNOWN) if at_plan else _anytime(counted, shares.anytime, shares.equal_anytime)
    (low, high), ours = _joint(planned[0], anytime[0])
    equal, _ = _joint(planned[1], anytime[1])
    both = reached and not math.isnan(planned[0][0])
    rule: Rule = "anytime" if not both or ours == "second" else "planned and anytime" if ours == "both" else "planned"
    return Look("none" if math.isnan(low) else rule, mean, low, high, *equal, contradicted=both and ours == "second")


def has_one_size(differences: NDArray[Any]) -> bool:
    """Return whether all non-zero differences have the same absolute value, up to rounding."""
    sizes = np.abs(differences[differences != 0])
    return not len(sizes) or bool(sizes.max() - sizes.min() <= _SAME * sizes.max())


def sign_side(differences: NDArray[Any], level: float) -> int:
    """Return the side that wins at an anytime-valid `level`: 1, −1, or 0 if the signs decide nothing."""
    won, lost = int((differences > 0).sum()), int((differences < 0).sum())
    return int(np.sign(won - lost)) if sign_e_value(won, lost) >= (1 - 1e-12) / level else 0


def _side(differences: NDArray[Any], first: NDArray[Any], shares: Shares, at_plan: bool) -> int:
    """Return the side by the signs of all differences, else by those of the `first`, which the plan has."""
    planned = int(np.sign(np.sign(first).sum())) if sign_test(first) < shares.planned else 0
    anytime = 0 if at_plan else sign_side(differences, shares.anytime)
    return anytime or planned


def _planned(first: NDArray[Any], level: float, equal: float) -> tuple[Bounds, Bounds]:
    """Return Student's intervals at 1 − level and 1 − 2 · equal; NaN without a spread."""
    if has_one_size(first) or not level:
        return _UNKNOWN, _UNKNOWN
    wide, narrow = (mean_interval(first, 1 - each) for each in (level, 2 * equal))
    return _finite(wide.low, wide.high), _finite(narrow.low, narrow.high)


def _anytime(differences: NDArray[Any], level: float, equal: float) -> tuple[Bounds, Bounds]:
    """Return the anytime-valid intervals at 1 − level and 1 − 2 · equal; NaN below the first deciding number."""
    n = len(differences)
    if n < 2:
        return _UNKNOWN, _UNKNOWN
    mean, error = float(differences.mean()), float(differences.std(ddof=1)) / math.sqrt(n)
    halves = [half_width(n, each) * error if n >= first_deciding(each) else math.nan for each in (level, 2 * equal)]
    wide, narrow = (_finite(mean - half, mean + half) for half in halves)
    return wide, narrow


def _finite(low: float, high: float) -> Bounds:
    return (low, high) if math.isfinite(low) and math.isfinite(high) else _UNKNOWN


def _joint(first: Bounds, second: Bounds) -> tuple[Bounds, Literal["first", "second", "both"]]:
    """Return the intersection, or the second where that is empty or the first is unknown."""
    if math.isnan(second[0]):
        return first, "first"
    low, high = max(first[0], second[0]), min(first[1], second[1])
    return ((low, high), "both") if low <= high else (second, "second")
