"""Diagnostics: best trials at the edge of a range, or beside a region of divergence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding
from hpsearch.analysis.diagnostics.ranges import change, values_of, wider
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.diagnostics.stability import Boundary, boundary
from hpsearch.analysis.thresholds import Thresholds

KEY, STABILITY = "edge", "stability"
_FEWEST = 5
_FEWEST_VALUES = 10  # with fewer values, a tenth of the range may contain none


@dataclass(frozen=True)
class _Crowd:
    """The best `of` trials, with `count` of them at one end of a parameter's range."""

    name: str
    end: str
    count: int
    of: int
    limit: Boundary | None


def edge(search: TaskSearch) -> Finding:
    """Report best trials at an edge: the range is too narrow, unless trials there diverge (see `stability`).

    Rule: at least 3 of the best 5, 5 of 10 or 7 of 20 trials (`edge_of_5`, `edge_of_10`, `edge_of_20`) are in the same
    outer tenth (`edge_share`) of the range, in log or linear position. Only trials drawn independently count (random,
    qmc), since adaptive ones cluster anyway. Ranges with fewer than ten values are skipped.

    Under uniform draws the false alarm rate for one edge of one parameter is 0.9 % (0.16 %, 0.24 %) of searches.

    Source: Google's deep learning tuning playbook, "Identifying bad search space boundaries", which gives no numbers.
    """
    title = "Best trials away from the edges of the ranges"
    why = _obstacle(search)
    if why:
        return search.unknown(KEY, title, why)
    crowds = [crowd for crowd in _all_crowds(search) if not crowd.limit]
    if crowds:
        return _fired(search, crowds)
    evidence = "Among the best of {trials} trials drawn at random, none crowd at an edge of a range."
    return search.finding(KEY, "pass", title, evidence, facts={"trials": len(search.independent_good)})


def stability(search: TaskSearch) -> Finding:
    """Report best trials beside a region of divergence: stability limits the parameter, not its range.

    Rule: as many of the best as in `edge` are within a tenth (`edge_share`) of the range beside a region at its end.
    The region has at least `stability_trials` trials, a share `stability_share` of them infeasible; at most half of
    the others are. A wider range would only diverge more, so the edge rule does not apply there.

    Source: Google's deep learning tuning playbook, "How can optimization failures be debugged and mitigated?".
    """
    title = "No hyperparameter is limited by stability"
    why = _obstacle(search)
    if why:
        return search.unknown(STABILITY, title, why)
    crowds = [crowd for crowd in _all_crowds(search) if crowd.limit]
    if crowds:
        return _fired(search, crowds)
    return search.finding(STABILITY, "pass", title, "The best trials lie away from where trials diverge.")


def _obstacle(search: TaskSearch) -> str:
    """Return the reason why neither rule can be applied; empty if they can."""
    if not search.numeric:
        return "No numeric hyperparameter is searched, so there is no range with an edge."
    if search.independent.empty:
        return "No trial is known to be drawn at random, and adaptive strategies crowd together by themselves."
    if len(search.independent_good) < _FEWEST:
        return "Fewer than five trials drawn at random are complete and feasible."
    return ""


def _all_crowds(search: TaskSearch) -> Iterator[_Crowd]:
    for name in search.numeric:
        yield from _crowds(search, name)


def _crowds(search: TaskSearch, name: str) -> Iterator[_Crowd]:
    if values_of(search.numeric[name]) < _FEWEST_VALUES:
        return
    share = search.limits.edge_share
    places = search.positions(search.independent_good, name)
    for end in ("low", "high"):
        away = places if end == "low" else 1 - places
        limit = boundary(search, name, end)
        crowd = crowded(away <= share + 1e-12, search.limits)
        if limit is not None:
            room = away - (limit.position if end == "low" else 1 - limit.position)
            beside = crowded(room <= share + 1e-12, search.limits)
            crowd = beside or crowd
        if crowd:
            yield _Crowd(name, end, *crowd, limit)


def crowded(inside: NDArray[np.bool_], limits: Thresholds) -> tuple[int, int] | None:
    """Return the first (count inside, number of best) that reaches its limit, else None.

    `inside` is a flag per trial, best first.
    """
    for of, least in ((5, limits.edge_of_5), (10, limits.edge_of_10), (20, limits.edge_of_20)):
        if len(inside) >= of and inside[:of].sum() >= least:
            return int(inside[:of].sum()), of
    return None


def _fired(search: TaskSearch, crowds: list[_Crowd]) -> Finding:
    facts: dict[str, Fact] = {"share": 100 * search.limits.edge_share}
    evidence, advice, changes = [], [], []
    for place, crowd in enumerate(crowds, 1):
        facts |= _facts(search, crowd, place)
        evidence.append(_evidence(crowd, place))
        change = None if crowd.limit else _widening(search, crowd)
        changes += [change] if change else []
        if change:
            facts[f"new_{place}"] = change.value
        advice.append(_advice(crowd, place, change))
    names = " and ".join(dict.fromkeys(crowd.name for crowd in crowds))
    limited = crowds[0].limit is not None
    title = (
        f"{names} is limited by stability" if limited else f"Best trials at the edge: {names} may range too narrowly"
    )
    key, level = (STABILITY, "warn") if limited else (KEY, "fail")
    finding = search.finding(key, level, title, " ".join(evidence), " ".join(advice), facts)  # type: ignore[arg-type]
    return replace(finding, changes=tuple(changes))


def _facts(search: TaskSearch, crowd: _Crowd, place: int) -> dict[str, Fact]:
    distribution = search.numeric[crowd.name]
    facts: dict[str, Fact] = {
        f"name_{place}": crowd.name,
        f"end_{place}": crowd.end,
        f"count_{place}": crowd.count,
        f"of_{place}": crowd.of,
        f"low_{place}": distribution.low,
        f"high_{place}": distribution.high,
    }
    if crowd.limit:
        facts |= {f"bad_{place}": crowd.limit.bad, f"beyond_{place}": crowd.limit.trials}
    return facts


def _evidence(crowd: _Crowd, place: int) -> str:
    where = (
        f"in the {{share:.3g}} % of the range of {{name_{place}}} beside the {{end_{place}}} region where "
        f"{{bad_{place}}} of {{beyond_{place}}} trials diverged"
        if crowd.limit
        else f"in the outer {{share:.3g}} % at the {{end_{place}}} end of the range of {{name_{place}}} "
        f"({{low_{place}:.4g}} to {{high_{place}:.4g}})"
    )
    return f"{{count_{place}}} of the best {{of_{place}}} trials drawn at random lie {where}."


def _advice(crowd: _Crowd, place: int, change: Change | None) -> str:
    if crowd.limit:
        return (
            f"Don't widen {{name_{place}}}: stability limits it. For a learning rate, warm-up, a schedule, smaller "
            "initial weights, batch normalisation or another optimizer may let larger ones train."
        )
    if change is None:
        return f"Nothing sensible lies beyond the {{end_{place}}} end of {{name_{place}}}; look at what it stands for."
    return f"Widen {{name_{place}}}: {{end_{place}}} = {{new_{place}:.4g}}."


def _widening(search: TaskSearch, crowd: _Crowd) -> Change | None:
    distribution = search.numeric[crowd.name]
    value = wider(crowd.name, crowd.end, distribution)
    if value is None:
        return None
    return change(
        crowd.name, crowd.end, value, distribution,
        f"{crowd.count} of the best {crowd.of} trials drawn at random lie at this end of its range",
    )  # fmt: skip
