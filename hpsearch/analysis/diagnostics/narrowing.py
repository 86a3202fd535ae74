"""Would a narrowed range drop trials that are as good as the best?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from hpsearch.analysis.diagnostics.finding import Fact, Finding
from hpsearch.analysis.diagnostics.noise import as_good, places_as_good
from hpsearch.analysis.diagnostics.ranges import outward
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.results.results import PARAM
from hpsearch.space import Numeric

KEY = "narrowing"
_FEWEST = 5  # as many trials as good as the best as it takes to say where they lie
_MANY = 12  # as many show where they end: nobody would narrow around two of them
_CHANCE = 0.05
_DROPPED = 0.5  # a run that narrowed is blamed if it left out at least this share


@dataclass(frozen=True)
class _Drop:
    """A narrowed range of a parameter, and how many of the trials as good as the best lie outside it."""

    name: str
    low: float
    high: float
    dropped: int
    of: int
    who: str


def narrowing(search: TaskSearch) -> Finding:
    """A narrowed range that would drop trials as good as the best is unsafe.

    As good means: not further below the best than two values may be by chance, `apart` · √2 · sd, where sd is the
    larger of the validation rows' binomial error and the spread of retraining; without either, the best five.

    Judged are, where ``[report] narrowed`` names ranges, those: one trial dropped is too many. Otherwise

    - the range by eye: as section 6.5.3 of the book does it, around the best two trials to whole decades (in linear
      ranges to tenths). It is unsafe if it drops any of the trials as good as the best, of which there are few (5 to
      11) and all over the parameter's range: that they would all lie below their highest (or above their lowest) by
      chance alone has a probability above 0.05, u^m for m uniform draws. Then nothing says where the parameter is
      better, and two lucky draws are no reason to narrow it. Only trials drawn independently count;
    - the range that a run of narrowing ended with, where the ranges are known: unsafe if over all such runs at least
      half of the trials as good as the run's best lie outside it.

    Source: *Deep Learning from Scratch*, section 6.5.3, whose narrowed range of weight decay, 1e-8 to 1e-6, drops three
    of its own best five.
    """
    title = "Narrowing would keep what is as good as the best"
    drops = list(_given(search)) if search.limits.narrowed else [*_by_eye(search), *_by_strategy(search)]
    if not drops:
        return search.unknown(KEY, title, "Too few trials are as good as the best, or none has a narrowed range.")
    unsafe = [each for each in drops if each.dropped]
    if not unsafe:
        facts = {"kept": " and ".join(dict.fromkeys(each.name for each in drops))}
        evidence = (
            "The trials that are as good as the best are many, lie in one part of the range, or lie within the "
            "narrowed range: {kept}."
        )
        return search.finding(KEY, "pass", title, evidence, facts=facts)
    return _fired(search, unsafe)


def _given(search: TaskSearch) -> Iterator[_Drop]:
    for name, (low, high) in search.limits.narrowed.items():
        if name in search.numeric and len(search.good):
            yield _drop(search.good[as_good(search, search.good["value"].to_numpy())], name, low, high, "as given")


def _drop(trials: pd.DataFrame, name: str, low: float, high: float, who: str) -> _Drop:
    values = trials[PARAM + name].astype(float).dropna()
    outside = (values < low * (1 - math.copysign(1e-9, low))) | (values > high * (1 + math.copysign(1e-9, high)))
    return _Drop(name, low, high, int(outside.sum()), len(values), who)


def _by_eye(search: TaskSearch) -> Iterator[_Drop]:
    best = search.independent_good
    for name, equals, places in places_as_good(search, _FEWEST):
        distribution = search.numeric[name]
        low, high = eye_range(best[PARAM + name].astype(float).dropna().head(2), distribution)
        drop = _drop(equals, name, low, high, "by eye")
        bounded = min(places.max() ** len(places), (1 - places.min()) ** len(places)) < _CHANCE
        yield replace(drop, dropped=0) if bounded or drop.of >= _MANY else drop


def eye_range(values: pd.Series[Any], distribution: Numeric) -> tuple[float, float]:
    """From the lowest to the highest value, out to whole decades, in linear ranges out to tenths of the range."""
    low, high = float(values.min()), float(values.max())
    if distribution.log:
        return 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high))
    tenth = (distribution.high - distribution.low) / 10
    steps = math.floor((low - distribution.low) / tenth), math.ceil((high - distribution.low) / tenth)
    return distribution.low + steps[0] * tenth, distribution.low + steps[1] * tenth


def _by_strategy(search: TaskSearch) -> Iterator[_Drop]:
    """What the runs that narrowed left out at their end, summed over them."""
    ranges = search.results.ranges
    if ranges.empty:
        return
    mine = ranges[(ranges["task"] == search.task) & ranges["strategy"].isin(search.results.strategies)]
    for name, distribution in search.numeric.items():
        narrowed = mine[(mine["parameter"] == name) & (mine["low"].notna()) & (mine["high"].notna())]
        drops = [_of_run(search, run, name) for _, run in narrowed.groupby(["strategy", "repeat"])]
        dropped, of = sum(each.dropped for each in drops), sum(each.of for each in drops)
        if len(drops) == 0 or of < _FEWEST:
            continue
        low, high = min(each.low for each in drops), max(each.high for each in drops)
        yield _Drop(
            name, outward(low, "low", distribution), outward(high, "high", distribution),
            dropped if dropped >= _DROPPED * of else 0, of, "by the strategy",
        )  # fmt: skip


def _of_run(search: TaskSearch, ranges: pd.DataFrame, name: str) -> _Drop:
    """The run's last range narrower than what is declared, against the run's own trials."""
    first = ranges.iloc[0]
    run = search.every[(search.every["strategy"] == first["strategy"]) & (search.every["repeat"] == first["repeat"])]
    run = run[~run["bad"] & (run["state"] == "COMPLETE")]
    declared = search.numeric[name]
    low, high = ranges["low"].astype(float), ranges["high"].astype(float)
    narrow = ranges[(low > declared.low) | (high < declared.high)].sort_values("number")
    if narrow.empty or run.empty:
        return _Drop(name, declared.low, declared.high, 0, 0, "by the strategy")
    equals = run[as_good(search, run["value"].to_numpy())]
    last = narrow.iloc[-1]
    return _drop(equals, name, float(last["low"]), float(last["high"]), "by the strategy")


def _fired(search: TaskSearch, unsafe: list[_Drop]) -> Finding:
    facts: dict[str, Fact] = {}
    told = []
    for place, each in enumerate(unsafe, 1):
        facts |= {
            f"name_{place}": each.name,
            f"low_{place}": each.low,
            f"high_{place}": each.high,
            f"dropped_{place}": each.dropped,
            f"of_{place}": each.of,
            f"who_{place}": each.who,
        }
        told.append(
            f"Narrowed {{who_{place}}} to {{low_{place}:.3g}} to {{high_{place}:.3g}}, {{name_{place}}} drops "
            f"{{dropped_{place}}} of {{of_{place}}} trials that are as good as the best."
        )
    names = " and ".join(dict.fromkeys(each.name for each in unsafe))
    advice = (
        "Keep these ranges as wide as all trials that are as good as the best, or settle it with more trials first."
    )
    return search.finding(KEY, "warn", f"Narrowing {names} is unsafe", " ".join(told), advice, facts=facts)
