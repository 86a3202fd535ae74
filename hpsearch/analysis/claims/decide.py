"""Decide the claims of a study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.claims.cells import Cell, Differences, Side, cells, differences
from hpsearch.analysis.claims.claim import REACHES, REST, Claim
from hpsearch.analysis.claims.decision import Decision
from hpsearch.analysis.claims.family import Family, family
from hpsearch.analysis.claims.names import UNSTEADY
from hpsearch.analysis.claims.reduce import Reduced, reduced
from hpsearch.analysis.claims.rules import (
    WORDS,
    Outcome,
    Tested,
    any_,
    directed,
    divided,
    every,
    forecast,
    most,
    share_won,
    within,
)
from hpsearch.analysis.comparison.run_values import run_values
from hpsearch.analysis.exact import is_exact
from hpsearch.analysis.statistics.looks import Look, Rule, Shares
from hpsearch.results.results import Results, once


@once
def decided(results: Results) -> tuple[Decision, ...]:
    """Return the decision on each claim of the study file, in the file's order.

    A claim compares, repeat by repeat, one number of a measure on two sides. There is a cell for each level that it
    names and each combination of the other factors' levels; `rules` says how they are combined. The plan's claims are
    the family whose errors are at most 5 % together, over all looks: the planned look has 4 %, all others 1 %, each
    divided by the number of claims. A claim that was added or changed after the plan was stored has an anytime-valid
    interval, and its error is not part of the 5 %.

    A diverged run has the worst value. Where a number is not finite, the cell is compared by order: the signs decide.
    Where nothing is random, in a family with the trait `deterministic` without a search, the sign of one difference
    decides.
    """
    judged = results.at_plan or results
    claims = family(judged)
    numbers: dict[tuple[str, str], Reduced] = {}
    return tuple(_decision(judged, claims, place, numbers) for place in range(len(claims.claims)))


def _decision(results: Results, claims: Family, place: int, numbers: dict[tuple[str, str], Reduced]) -> Decision:
    claim, shares = claims.claims[place], claims.shares(place)

    def number_of(name: str) -> Reduced:
        key = (name, repr(claim.reduce))
        if key not in numbers:
            numbers[key] = reduced(results, name, claim.reduce)
        return numbers[key]

    name = claim.measure or run_values(results).judged.replace("validation", "value")
    of_claim = cells(results, claim, claims.labels)
    mine = number_of(name)
    other = number_of(str(claim.than)) if _names_a_measure(claim, of_claim) else None
    series = [differences(each, claim, mine, other) for each in of_claim]
    exact = _is_exact(results, name, of_claim, series)
    outcome = _exactly(claim, series) if exact else _outcome(claim, series, shares)
    at_budget = claims.plan is None or claims.plan.get("trials", results.budget) == results.budget
    repeats = min((len(each.values) for each in series), default=0)
    resolved = at_budget and repeats > 0 and outcome.side != 0
    expected, ahead = (None, False) if resolved or exact or not at_budget else _forecast(claim, series, outcome, shares)
    shown = outcome.shown
    is_share = claim.across == "most"
    half = 0.5 if is_share else 0.0
    values = outcome.series.values
    return Decision(
        text=claim.text,
        source=claim.source,
        word=WORDS[outcome.side if resolved else 0],
        effect=_finite(shown.mean + half),
        low=_finite(shown.low + half),
        high=_finite(shown.high + half),
        effect_is="share" if is_share else "order" if outcome.series.by_order else "difference",
        measure=name,
        reduced=_reduction(claim, mine),
        direction=claim.direction,
        across=claim.across,
        compared=_compared(claim),
        cell="" if outcome.cell is None else of_claim[outcome.cell].name,
        margin=claim.margin if claim.direction == "equal" else None,
        cells=len(series),
        cells_for=sum(_is_for(each, claim) for each in series),
        won=int(_wins(values, claim, is_share).sum()),
        drawn=0 if claim.direction == "equal" and not is_share else int((values == 0).sum()),
        lost=int(_losses(values, claim, is_share).sum()),
        repeats=repeats,
        repeats_planned=shares.repeats,
        exact=exact,
        diverged=sum(each.diverged for each in series),
        rule=shown.seen.rule,
        level_percent=0.0 if exact else _percent(shown.seen.rule, claims, place, repeats),
        claims=claims.comparisons if claims.planned[place] else claims.every,
        planned=claims.planned[place],
        needed=expected,
        planned_may_resolve=ahead,
        reason="" if resolved else _reason(results, name, mine, series, outcome, at_budget),
    )


def _names_a_measure(claim: Claim, of_claim: Sequence[Cell]) -> bool:
    return isinstance(claim.than, str) and claim.than != REST and all(each.than is None for each in of_claim)


def _is_exact(results: Results, name: str, of_claim: Sequence[Cell], series: Sequence[Differences]) -> bool:
    """Return whether nothing is random: no search, a deterministic family, and no difference between repeats."""
    if name in UNSTEADY or not all(len(each.values) for each in series):
        return False
    variants = {(side.task, variant) for each in of_claim for side in _sides(each) for variant in side.variants}
    fixed = all(is_exact(results, task, variant) for task, variant in variants)
    return fixed and all(bool((each.values == each.values[0]).all()) for each in series)


def _sides(cell: Cell) -> Sequence[Side]:
    return [cell.side] if cell.than is None else [cell.side, cell.than]


def _outcome(claim: Claim, series: Sequence[Differences], shares: Shares) -> Outcome:
    margin = claim.margin if claim.direction == "equal" else None
    if claim.across == "most":
        return most(share_won(series, margin), shares)
    rule = every if claim.across == "every" else any_
    return rule(series, directed if margin is None else within(margin), shares, margin is not None)


def _exactly(claim: Claim, series: Sequence[Differences]) -> Outcome:
    """Decide by the sign of one difference in each cell; equal is within the margin, its ends included."""
    one = [replace(each, values=each.values[:1]) for each in series]
    equal = claim.direction == "equal"
    agree = [bool(abs(each.values[0]) <= (claim.margin or 0.0) if equal else each.values[0] > 0) for each in one]
    if claim.across == "most":
        ties = 0 if equal else sum(each.values[0] == 0 for each in one)
        share = (sum(agree) + ties / 2) / len(one) - 0.5
        return Outcome(1 if share > 0 else -1, None, _as_tested(share), Differences(np.array([share]), False, 0), ())
    sizes = [-abs(float(each.values[0])) if equal else float(each.values[0]) for each in one]
    choose, holds = (min, all(agree)) if claim.across == "every" else (max, any(agree))
    place = choose(range(len(one)), key=lambda each: sizes[each])
    mean = math.nan if one[place].by_order else float(one[place].values[0])
    return Outcome(1 if holds else -1, place, _as_tested(mean), one[place], ())


def _as_tested(mean: float) -> Tested:
    return Tested(int(np.sign(mean)) if math.isfinite(mean) else 0, mean, math.nan, math.nan, Look("none", mean))


def _forecast(claim: Claim, series: Sequence[Differences], outcome: Outcome, shares: Shares) -> tuple[int | None, bool]:
    """Return how many repeats would probably resolve the claim, None if unknown, and whether the planned number would.

    One cell alone can make *any* hold or refute *every*, at the level divided by the number of cells. If a cell is on
    that side, the first one to be resolved counts. Otherwise all unresolved cells must be, each at the level.
    """
    margin = claim.margin if claim.direction == "equal" and claim.across != "most" else None
    alone = (
        [] if claim.across == "most" else [each for each in series if _is_for(each, claim) == (claim.across == "any")]
    )
    if len(series) > 1 and alone:
        strict = divided(shares, len(series))
        forecasts = [forecast(each, strict, margin) for each in alone]
        known = [number for number, _ in forecasts if number is not None]
        return min(known, default=None), any(planned for _, planned in forecasts)
    forecasts = [forecast(each, shares, margin) for each in outcome.unresolved]
    numbers = [number for number, _ in forecasts if number is not None]
    is_known = bool(forecasts) and len(numbers) == len(forecasts)
    return (max(numbers) if is_known else None), bool(forecasts) and all(planned for _, planned in forecasts)


def _is_for(series: Differences, claim: Claim) -> bool:
    return bool(_wins(series.values, claim, False).sum() > _losses(series.values, claim, False).sum())


def _wins(values: NDArray[Any], claim: Claim, is_share: bool) -> NDArray[Any]:
    inside: NDArray[Any] = np.abs(values) <= (claim.margin or 0.0)
    return inside if claim.direction == "equal" and not is_share else values > 0


def _losses(values: NDArray[Any], claim: Claim, is_share: bool) -> NDArray[Any]:
    inside: NDArray[Any] = np.abs(values) <= (claim.margin or 0.0)
    return ~inside if claim.direction == "equal" and not is_share else values < 0


def _finite(number: float) -> float | None:
    return float(number) if math.isfinite(number) else None


def _percent(rule: Rule, claims: Family, place: int, repeats: int) -> float:
    """Return the level of the interval over all claims, in per cent."""
    shares = claims.shares(place)
    count = claims.comparisons if claims.planned[place] else claims.every
    planned, anytime = 100 * shares.planned * count, 100 * shares.anytime * count
    if rule == "signs":
        at_plan = repeats == shares.repeats
        after = shares.repeats is not None and repeats > shares.repeats
        return round(planned if at_plan else anytime + (planned if after else 0.0), 9)
    return round({"none": 0.0, "planned": planned, "anytime": anytime}.get(rule, planned + anytime), 9)


def _reduction(claim: Claim, numbers: Reduced) -> str:
    """Return in words which number of a curve is compared; empty for a number of the run."""
    if isinstance(claim.reduce, Mapping):
        ((key, value),) = claim.reduce.items()
        return f"steps to reach {value:g}" if key == REACHES else f"spread over {value}"
    if not numbers.has_steps:
        return ""
    return f"at step {claim.reduce}" if isinstance(claim.reduce, int) else str(claim.reduce)


def _compared(claim: Claim) -> str:
    """Return the comparison in words."""
    than = f"{claim.than:g}" if isinstance(claim.than, float | int) else str(claim.than)
    levels = ", ".join(claim.levels) or claim.measure or ""
    return f"{levels} against {'the rest' if than == REST else than}" if levels else f"against {than}"


def _reason(
    results: Results, name: str, numbers: Reduced, series: Sequence[Differences], outcome: Outcome, at_budget: bool
) -> str:
    """Return why a claim is not resolved."""
    if not at_budget:
        return "the plan has another number of trials"
    if not numbers.by_variant and results.runs["complete"].any():
        return f"no run has recorded {name}"
    counts = [len(each.values) for each in series]
    if not min(counts, default=0):
        return "no repeat is complete" if not max(counts, default=0) else "a cell has no complete repeat"
    if outcome.shown.seen.rule == "none":
        return "there are too few repeats"
    if outcome.shown.seen.rule == "signs":
        return "the order of the repeats does not decide"
    return "the interval does not decide"
