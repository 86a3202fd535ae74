"""Rules that decide a claim from the paired differences of its cells: every, most, any; directed, or equal.

Each test of a cell is one interval of :mod:`hpsearch.analysis.statistics.looks`, valid however often it is looked at.

- *every* holds if each cell's interval lies above zero, each at the claim's level. That is wrong only if the interval
  of a cell that is not above zero is wrong, too (intersection–union test, Berger 1982). It does not hold if one cell's
  interval lies below zero at the level divided by the number of cells.
- *any* holds if one cell's interval lies above zero at the level divided by the number of cells. It does not hold if
  each cell's interval lies below zero at the claim's level.
- *most* has one interval, of the share of cells that are won in a repeat minus one half; ties count one half.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.claims.cells import Differences
from hpsearch.analysis.statistics.anytime import first_deciding, sign_e_value
from hpsearch.analysis.statistics.looks import Look, Shares, has_one_size, look
from hpsearch.analysis.statistics.mean_difference import sign_test
from hpsearch.analysis.statistics.needed import FEWEST, MOST, needed, planned_may_resolve

Word = Literal["holds", "does not hold", "not resolved"]
WORDS: dict[int, Word] = {1: "holds", -1: "does not hold", 0: "not resolved"}


class Tested(NamedTuple):
    """A test of one series of differences: its side (1 for the claim, −1 against it, 0 unresolved) and interval."""

    side: int
    mean: float
    low: float
    high: float
    seen: Look


class Outcome(NamedTuple):
    """Outcome of a rule.

    Attributes
    ----------
    side
        1 if the claim holds, −1 if it does not, 0 if that is not resolved.
    cell
        Place of the cell that is shown: the least favourable one, or for *any* the most favourable; None for *most*.
    shown
        Its test.
    series
        The differences behind it.
    unresolved
        Series that are not resolved, where the claim is not.
    """

    side: int
    cell: int | None
    shown: Tested
    series: Differences
    unresolved: tuple[Differences, ...]


Test = Callable[[Differences, Shares], Tested]


def directed(differences: Differences, shares: Shares) -> Tested:
    """Test whether the mean difference is above or below zero; by order whether one side wins more often."""
    seen = look(differences.values, shares)
    side = seen.side or (seen.low > 0) - (seen.high < 0)
    if differences.by_order:
        return Tested(side, math.nan, math.nan, math.nan, seen)
    return Tested(side, seen.mean, seen.low, seen.high, seen)


def within(margin: float) -> Test:
    """Return the test whether the mean difference is within ± `margin`, at a one-sided level, or resolved beyond it.

    Without an interval (differences of one size, or not all finite) all of them must be on one side of the margin, and
    as many as can reach the level.
    """

    def test(differences: Differences, shares: Shares) -> Tested:
        values = differences.values
        seen = look(np.sign(values) if differences.by_order else values, shares)
        if differences.by_order or seen.rule == "signs":
            mean = math.nan if differences.by_order else seen.mean
            return Tested(_all_within(values, margin, shares), mean, math.nan, math.nan, seen)
        if -margin < seen.equal_low and seen.equal_high < margin:
            return Tested(1, seen.mean, seen.equal_low, seen.equal_high, seen)
        if seen.low >= margin or seen.high <= -margin:
            return Tested(-1, seen.mean, seen.low, seen.high, seen)
        return Tested(0, seen.mean, seen.equal_low, seen.equal_high, seen)

    return test


def _all_within(values: NDArray[Any], margin: float, shares: Shares) -> int:
    """Return 1 if all differences are within the margin, −1 if all are beyond it on one side, 0 if too few or mixed."""
    level = shares.planned if len(values) == shares.repeats else shares.anytime
    if not level or len(values) < first_deciding(level):
        return 0
    inside = np.abs(values) <= margin
    return int(inside.all()) - int((values > margin).all() or (values < -margin).all())


def every(series: Sequence[Differences], test: Test, shares: Shares, equal: bool) -> Outcome:
    """Decide whether it is so in every cell."""
    return _decided_by_one(series, test, shares, equal, -1)


def any_(series: Sequence[Differences], test: Test, shares: Shares, equal: bool) -> Outcome:
    """Decide whether it is so in at least one cell."""
    return _decided_by_one(series, test, shares, equal, 1)


def _decided_by_one(
    series: Sequence[Differences], test: Test, shares: Shares, equal: bool, side: Literal[-1, 1]
) -> Outcome:
    """Decide for `side` if one cell lies there, at the strict level, and against it if all cells lie opposite."""
    loose = [test(each, shares) for each in series]
    strict = _strictly(series, loose, test, shares, side)
    extreme = max if side > 0 else min
    deciding = [place for place, tested in strict.items() if tested.side == side]
    if deciding:
        place = extreme(deciding, key=lambda each: _favour(strict[each], equal))
        return Outcome(side, place, strict[place], series[place], ())
    place = extreme(range(len(series)), key=lambda each: _favour(loose[each], equal))
    left = tuple(each for each, tested in zip(series, loose, strict=True) if tested.side != -side)
    return Outcome(0 if left else -side, place, loose[place], series[place], left)


def _strictly(
    series: Sequence[Differences], loose: Sequence[Tested], test: Test, shares: Shares, side: int
) -> dict[int, Tested]:
    """Test the cells that are on a side already, each at the level divided by the number of all cells."""
    strict = divided(shares, len(series))
    return {place: test(series[place], strict) for place, each in enumerate(loose) if each.side == side}


def most(wins: Differences, shares: Shares) -> Outcome:
    """Decide whether the mean share of cells that are won, minus one half, is above or below zero."""
    tested = directed(wins, shares)
    return Outcome(tested.side, None, tested, wins, () if tested.side else (wins,))


def share_won(series: Sequence[Differences], margin: float | None) -> Differences:
    """Return the share of cells won in each repeat that all cells have, minus one half.

    With a `margin` a cell is won if its difference is within it, and lost otherwise.
    """
    repeats = min((len(each.values) for each in series), default=0)
    signs = np.array([_won(each, margin)[:repeats] for each in series], dtype=np.float64).reshape(len(series), repeats)
    return Differences(signs.mean(axis=0) / 2, False, sum(each.diverged for each in series))


def _won(differences: Differences, margin: float | None) -> NDArray[Any]:
    if margin is None:
        return np.sign(differences.values)
    return np.where(np.abs(differences.values) <= margin, 1.0, -1.0)


def divided(shares: Shares, count: int) -> Shares:
    """Return the levels divided by a number of tests."""
    return Shares(shares.repeats, *(level / count for level in shares[1:]))


def _favour(tested: Tested, equal: bool) -> tuple[int, float, float]:
    """Return how favourable a cell is for the claim; unknown intervals are least favourable."""
    ends = (tested.low, tested.high)
    has_interval = not any(map(math.isnan, ends))
    size = -math.inf if not has_interval else -max(map(abs, ends)) if equal else tested.low
    mean = -math.inf if math.isnan(tested.mean) else -abs(tested.mean) if equal else tested.mean
    return tested.side, size, mean


def forecast(differences: Differences, shares: Shares, margin: float | None) -> tuple[int | None, bool]:
    """Return the number of repeats that would probably resolve a series, and whether the planned number would.

    With fewer repeats than any decision needs it is the smallest number that can decide. Otherwise as
    :func:`~hpsearch.analysis.statistics.needed.needed`. Where only signs count and all agree so far, it is the number
    with which as many of them would decide. None: more than 100, or unknown.
    """
    values, planned = differences.values, shares.repeats
    n = len(values)
    ahead = planned is not None and n < planned
    if n >= FEWEST and not differences.by_order and not has_one_size(values):
        moments = float(values.mean()), float(values.std(ddof=1)), n
        first = planned is not None and planned_may_resolve(*moments, planned, shares.planned, margin)
        return needed(*moments, shares.anytime, margin), first
    fewest = first_deciding(shares.anytime)
    if n < 2 or not (differences.by_order or has_one_size(values)):
        early = planned if ahead and shares.planned > 0 else None
        return (early or fewest if n < fewest else None), early is not None
    return _forecast_of_signs(values, shares, margin, ahead)


def _forecast_of_signs(
    values: NDArray[Any], shares: Shares, margin: float | None, ahead: bool
) -> tuple[int | None, bool]:
    """Return the same where signs decide: if all agree, how many repeats of that kind would."""
    signs = np.sign(values) if margin is None else np.where(np.abs(values) <= margin, 1.0, -1.0)
    share = abs(float(signs.sum())) / len(signs)
    if not share or len(set(signs[signs != 0].tolist())) > 1:
        return None, False
    can_be = range(len(values) + 1, MOST + 1)
    count = next((n for n in can_be if sign_e_value(int(share * n), 0) >= 1 / shares.anytime), None)
    planned = shares.repeats
    return count, ahead and planned is not None and sign_test(np.ones(int(share * planned))) < shares.planned
