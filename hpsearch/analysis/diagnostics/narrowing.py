"""Diagnostic: narrowed ranges that exclude trials as good as the best."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from hpsearch.analysis.diagnostics.finding import Fact, Finding, Gravity
from hpsearch.analysis.diagnostics.noise import as_good, places_as_good
from hpsearch.analysis.diagnostics.ranges import outward
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.results.results import PARAM
from hpsearch.space import Numeric

KEY = "narrowing"
_FEWEST = 5  # minimum number of trials as good as the best for locating them
_MANY = 12  # with this many, their extent is visible, and narrowing around two is unlikely
_CHANCE = 0.05
_BY_EYE = 2  # with more numeric parameters, no one reads ranges off a plot, and good trials are spread in each
_DROPPED = 0.5  # share of excluded trials from which a narrowed run is unsafe


@dataclass(frozen=True)
class _Drop:
    """Narrowed range of a parameter, with the number of trials as good as the best outside it."""

    name: str
    low: float
    high: float
    dropped: int
    of: int
    who: str


def narrowing(search: TaskSearch) -> Finding:
    """Warn of a narrowed range that would exclude trials as good as the best.

    As good means: at most `apart` · √2 · sd below the best, the chance difference of two values. Here sd is the larger
    of the validation rows' binomial error and the spread of retraining. Without either, the best five count.

    Rule: if ``[report] narrowed`` sets ranges, one excluded trial is too many. Otherwise two kinds of range are
    judged:

    - with one or two numeric parameters, the range by eye, as in section 6.5.3 of the book: around the best two trials
      to whole decades (tenths in linear ranges). It is unsafe if it excludes any of few (5 to 11) trials as good as the
      best that are spread over the parameter's range. They count as spread if u^m, the probability of m uniform draws
      all below their highest (or above their lowest), is above 0.05. There is then no evidence where the parameter is
      better, and two lucky draws are no reason to narrow it. Only trials drawn independently count;
    - the final range of a run of narrowing, if recorded: unsafe if, over all such runs, at least half of the trials as
      good as the run's best are outside it.

    Source: *Deep Learning from Scratch*, section 6.5.3: its narrowed range of weight decay, 1e-8 to 1e-6, excludes
    three of its best five.
    """
    title = "Narrowing would keep what is as good as the best"
    drops = list(_from_file(search)) if search.limits.narrowed else [*_by_eye(search), *_by_strategy(search)]
    if not drops:
        return search.unknown(KEY, title, "Too few trials are as good as the best, or none has a narrowed range.")
    unsafe = [each for each in drops if each.dropped]
    if not unsafe:
        facts = {"kept": " and ".join(dict.fromkeys(each.name for each in drops))}
        evidence = (
            "The trials that are as good as the best are many, lie in one part of the range, or lie within the "
            "narrowed range: {kept}."
        )
        return search.passed(KEY, title, evidence, facts)
    return _fired(search, unsafe)


def _from_file(search: TaskSearch) -> Iterator[_Drop]:
    for name, (low, high) in search.limits.narrowed.items():
        if name in search.numeric and len(search.good):
            yield _drop(search.good[as_good(search, search.good["value"].to_numpy())], name, low, high, "as given")


def _drop(trials: pd.DataFrame, name: str, low: float, high: float, who: str) -> _Drop:
    values = trials[PARAM + name].astype(float).dropna()
    outside = (values < low * (1 - math.copysign(1e-9, low))) | (values > high * (1 + math.copysign(1e-9, high)))
    return _Drop(name, low, high, int(outside.sum()), len(values), who)


def _by_eye(search: TaskSearch) -> Iterator[_Drop]:
    if len(search.numeric) > _BY_EYE:
        return
    best = search.independent_good
    for name, equals, places in places_as_good(search, _FEWEST):
        distribution = search.numeric[name]
        low, high = eye_range(best[PARAM + name].astype(float).dropna().head(2), distribution)
        drop = _drop(equals, name, low, high, "by eye")
        bounded = min(places.max() ** len(places), (1 - places.min()) ** len(places)) < _CHANCE
        yield replace(drop, dropped=0) if bounded or drop.of >= _MANY else drop


def eye_range(values: pd.Series[Any], distribution: Numeric) -> tuple[float, float]:
    """Return the range of the values, extended to whole decades, or to tenths of a linear range."""
    low, high = float(values.min()), float(values.max())
    if distribution.log:
        return 10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high))
    tenth = (distribution.high - distribution.low) / 10
    steps = math.floor((low - distribution.low) / tenth), math.ceil((high - distribution.low) / tenth)
    return distribution.low + steps[0] * tenth, distribution.low + steps[1] * tenth


def _by_strategy(search: TaskSearch) -> Iterator[_Drop]:
    """Yield the trials excluded by the final ranges of narrowing runs, summed over runs."""
    ranges = search.results.ranges
    if ranges.empty:
        return
    mine = ranges[(ranges["task"] == search.task) & ranges["variant"].isin(search.results.variants)]
    for name, distribution in search.numeric.items():
        narrowed = mine[(mine["parameter"] == name) & (mine["low"].notna()) & (mine["high"].notna())]
        drops = [_of_run(search, run, name) for _, run in narrowed.groupby(["variant", "repeat"])]
        dropped, of = sum(each.dropped for each in drops), sum(each.of for each in drops)
        if len(drops) == 0 or of < _FEWEST:
            continue
        low, high = min(each.low for each in drops), max(each.high for each in drops)
        yield _Drop(
            name, outward(low, "low", distribution), outward(high, "high", distribution),
            dropped if dropped >= _DROPPED * of else 0, of, "by the strategy",
        )  # fmt: skip


def _of_run(search: TaskSearch, ranges: pd.DataFrame, name: str) -> _Drop:
    """Compare the run's last narrowed range with the run's own trials."""
    first = ranges.iloc[0]
    run = search.every[(search.every["variant"] == first["variant"]) & (search.every["repeat"] == first["repeat"])]
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
    sentences = []
    for place, each in enumerate(unsafe, 1):
        facts |= {
            f"name_{place}": each.name,
            f"low_{place}": each.low,
            f"high_{place}": each.high,
            f"dropped_{place}": each.dropped,
            f"of_{place}": each.of,
            f"who_{place}": each.who,
        }
        sentences.append(
            f"Narrowed {{who_{place}}} to {{low_{place}:.3g}} to {{high_{place}:.3g}}, {{name_{place}}} drops "
            f"{{dropped_{place}}} of {{of_{place}}} trials that are as good as the best."
        )
    names = " and ".join(dict.fromkeys(each.name for each in unsafe))
    advice = (
        "Keep these ranges as wide as all trials that are as good as the best, or settle it with more trials first."
    )
    return search.warning(KEY, Gravity.MISSED, f"Narrowing {names} is unsafe", " ".join(sentences), advice, facts)
