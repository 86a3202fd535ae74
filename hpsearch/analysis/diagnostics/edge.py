"""Diagnostics: best trials at the edge of a range, or beside a region of divergence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hpsearch.analysis.diagnostics.additive import Additive
from hpsearch.analysis.diagnostics.edge_tests import crowded, exact_limits
from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding, Gravity
from hpsearch.analysis.diagnostics.ranges import change, values_of, wider
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.diagnostics.stability import Boundary, boundary

KEY, STABILITY = "edge", "stability"
_FEWEST = 5
_FEWEST_VALUES = 10  # with fewer values, a tenth of the range may contain none
_BESIDE = ((5, 3), (10, 5), (20, 7))  # of so many best, so many are a crowd beside a region of divergence
_ENDS = ("low", "high")


@dataclass(frozen=True)
class _Crowd:
    """End of a parameter's range where the best trials lie: `count` of the best `of`, or 0 of 0 by the regression."""

    name: str
    end: str
    count: int
    of: int
    limit: Boundary | None = None


def edge(search: TaskSearch) -> Finding:
    """Report best values at an edge: the range is too narrow, unless trials there diverge (see `stability`).

    Rule: of the best 5, 10 or 20 trials, more are in the outer tenth (`edge_share`) of the range than chance allows, or
    the values still improve there (`Additive`). Both are tests of uniform draws. All ends of all parameters together
    give at most `false_alarms` false alarms (Bonferroni). Only trials drawn independently count (random, qmc), since
    adaptive ones cluster anyway. Ranges with fewer than ten values are skipped.

    Source: Google's deep learning tuning playbook, "Identifying bad search space boundaries", which gives no numbers.
    """
    title = "Best trials away from the edges of the ranges"
    why = _obstacle(search)
    if why:
        return search.unknown(KEY, title, why)
    crowds = list(_at_ends(search))
    if crowds:
        return _too_narrow(search, crowds)
    evidence = "The best of {trials} trials drawn at random lie at no end of a range."
    return search.passed(KEY, title, evidence, {"trials": len(search.independent_good)})


def stability(search: TaskSearch) -> Finding:
    """Report best trials beside a region of divergence: stability limits the parameter, not its range.

    Rule: 3 of the best 5, 5 of 10 or 7 of 20 trials are within a tenth (`edge_share`) of the range beside a region at
    its end. The region has at least `stability_trials` trials, a share `stability_share` of them infeasible; at most
    half of the others are. A wider range would only diverge more, so the edge rule does not apply there.

    Source: Google's deep learning tuning playbook, "How can optimization failures be debugged and mitigated?".
    """
    title = "No hyperparameter is limited by stability"
    why = _obstacle(search)
    if why:
        return search.unknown(STABILITY, title, why)
    crowds = list(_beside_divergence(search))
    if crowds:
        return _limited(search, crowds)
    return search.passed(STABILITY, title, "The best trials lie away from where trials diverge.")


def _obstacle(search: TaskSearch) -> str:
    """Return the reason why neither rule can be applied; empty if they can."""
    if not search.numeric:
        return "No numeric hyperparameter is searched, so there is no range with an edge."
    if search.independent.empty:
        return "No trial is known to be drawn at random, and adaptive strategies crowd together by themselves."
    if len(search.independent_good) < _FEWEST:
        return "Fewer than five trials drawn at random are complete and feasible."
    return ""


def _names(search: TaskSearch) -> list[str]:
    return [name for name, distribution in search.numeric.items() if values_of(distribution) >= _FEWEST_VALUES]


def _at_ends(search: TaskSearch) -> Iterator[_Crowd]:
    names, share = _names(search), search.limits.edge_share
    level = search.limits.false_alarms / (2 * max(len(names), 1)) / 2  # two ends, two tests
    additive = Additive(search, search.independent_good)
    limits = exact_limits(len(search.independent_good), share, level)
    for name in names:
        places = search.positions(search.independent_good, name)
        for end in _ENDS:
            if boundary(search, name, end) is not None:
                continue
            crowd = crowded((places if end == "low" else 1 - places) <= share + 1e-12, limits)
            if crowd or additive.improves(name, end, share, level):
                yield _Crowd(name, end, *(crowd or (0, 0)))


def _beside_divergence(search: TaskSearch) -> Iterator[_Crowd]:
    share = search.limits.edge_share
    for name in _names(search):
        places = search.positions(search.independent_good, name)
        for end in _ENDS:
            limit = boundary(search, name, end)
            if limit is None:
                continue
            away = places if end == "low" else 1 - places
            room = away - (limit.position if end == "low" else 1 - limit.position)
            crowd = crowded(room <= share + 1e-12, _BESIDE) or crowded(away <= share + 1e-12, _BESIDE)
            if crowd:
                yield _Crowd(name, end, *crowd, limit)


def _too_narrow(search: TaskSearch, crowds: list[_Crowd]) -> Finding:
    facts: dict[str, Fact] = {"share": 100 * search.limits.edge_share}
    parts, advice, changes = [], [], []
    for place, crowd in enumerate(crowds, 1):
        facts |= _facts(search, crowd, place)
        counted = f"{{count_{place}}} of the best {{of_{place}}} trials" if crowd.of else "the best values"
        parts.append(
            f"{counted} at the {{end_{place}}} end of {{name_{place}}} ({{low_{place}:.4g}} to {{high_{place}:.4g}})"
        )
        widening = _widening(search, crowd)
        if widening is None:
            advice.append(
                f"nothing sensible lies beyond the {{end_{place}}} end of {{name_{place}}}: look at what it means"
            )
        else:
            changes.append(widening)
            facts[f"new_{place}"] = widening.value
            advice.append(f"widen {{name_{place}}}: {{end_{place}}} = {{new_{place}:.4g}}")
    evidence = f"Among trials drawn at random, the outer {{share:.3g}} % of a range holds {'; '.join(parts)}."
    title = f"Best trials at the edge: {_listed(crowds)} may range too narrowly"
    return search.warning(
        KEY, Gravity.MISSED, title, evidence, _sentence(advice), facts, tuple(changes), level="fail"
    )  # fmt: skip


def _limited(search: TaskSearch, crowds: list[_Crowd]) -> Finding:
    facts: dict[str, Fact] = {"share": 100 * search.limits.edge_share}
    parts = []
    for place, crowd in enumerate(crowds, 1):
        facts |= _facts(search, crowd, place)
        parts.append(
            f"{{count_{place}}} of the best {{of_{place}}} trials lie beside the {{end_{place}}} end of "
            f"{{name_{place}}}, where {{bad_{place}}} of {{beyond_{place}}} diverged"
        )
    advice = (
        f"Don't widen {' or '.join(f'{{name_{place}}}' for place in range(1, len(crowds) + 1))}. Warm-up, a schedule, "
        "smaller initial weights, batch normalisation or another optimizer may let larger learning rates train."
    )
    title = f"{_listed(crowds)} is limited by stability"
    return search.warning(STABILITY, Gravity.MISSED, title, _sentence(parts), advice, facts)


def _listed(crowds: list[_Crowd]) -> str:
    return " and ".join(dict.fromkeys(crowd.name for crowd in crowds))


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


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


def _widening(search: TaskSearch, crowd: _Crowd) -> Change | None:
    distribution = search.numeric[crowd.name]
    value = wider(crowd.name, crowd.end, distribution)
    if value is None:
        return None
    reason = (
        f"{crowd.count} of the best {crowd.of} trials drawn at random lie at this end of its range"
        if crowd.of
        else "the values of trials drawn at random still improve at this end of its range"
    )
    return change(crowd.name, crowd.end, value, distribution, reason)
