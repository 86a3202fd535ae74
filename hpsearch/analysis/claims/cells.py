"""Cells of a claim: each comparison that it makes, one per level and combination of the other factors' levels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.claims.claim import REST, Claim
from hpsearch.analysis.claims.reduce import Reduced, spread
from hpsearch.analysis.incumbents import tasks
from hpsearch.results.results import Results

Labels = Mapping[str, Sequence[str]]
_ROUNDING = 1e-12  # relative difference below which two numbers are equal


@dataclass(frozen=True)
class Side:
    """One side of a cell: a level at one combination of the other factors' levels.

    `variants` are several only where a spread over their factor is compared; empty if they have no run.
    """

    task: str
    variants: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """One comparison of a claim.

    Attributes
    ----------
    name
        Its levels in words; empty if the claim makes one comparison.
    side
        Side of a level that the claim is about.
    than
        Side that it is compared with; None if that is a number or another measure.
    """

    name: str
    side: Side
    than: Side | None = None


@dataclass(frozen=True)
class Differences:
    """Paired differences of a cell, for the repeats 0, 1, … up to the first that is not finished.

    Attributes
    ----------
    values
        Positive in the claim's direction; for *equal*, the side minus what it is compared with, ±∞ if only one of them
        is finite. By order they are 1, 0 or −1 in the claims of another direction.
    by_order
        Whether a number is not finite, so that only the order of the numbers counts.
    diverged
        Number of runs that diverged.
    """

    values: NDArray[np.float64]
    by_order: bool
    diverged: int


def cells(results: Results, claim: Claim, labels: Labels) -> tuple[Cell, ...]:
    """Return the cells of a claim over these levels of the factors, with or without runs, in the study's order."""
    names = [name for name in labels if name not in (claim.factor if claim.levels else None, claim.spread_over)]
    kept = {name: [each for each in labels[name] if each in claim.where.get(name, labels[name])] for name in labels}
    several = [name for name in names if len(kept[name]) > 1]
    made = []
    for task in tasks(results):
        for combination in product(*(kept[name] for name in names)):
            fixed = dict(zip(names, combination, strict=True))
            place = [task] if len(tasks(results)) > 1 else []
            place += [f"{name} {fixed[name]}" for name in several]
            for level, than in _pairs(claim, kept):
                sides = [
                    None if each is None else Side(task, _variants(results, claim, kept, fixed, each))
                    for each in (level, than)
                ]
                pair = [*([level] if len(claim.levels) > 1 else []), *([f"than {than}"] if claim.than == REST else [])]
                made.append(
                    Cell(", ".join([" ".join(pair), *place] if pair else place), sides[0] or _NOTHING, sides[1])
                )
    return tuple(made)


_NOTHING = Side("", ())
_ANY = ""  # label of the level in claims without levels


def _pairs(claim: Claim, kept: Mapping[str, list[str]]) -> Iterator[tuple[str, str | None]]:
    """Yield each level with the level that it is compared with, None for a number or a measure."""
    if not claim.levels or claim.factor is None:
        yield _ANY, None
        return
    others = [level for level in kept.get(claim.factor, ()) if level not in claim.levels]
    for level in claim.levels:
        if claim.than == REST:
            yield from ((level, other) for other in others)
        else:
            yield level, claim.than if _is_level(claim, kept) else None


def _is_level(claim: Claim, kept: Mapping[str, list[str]]) -> bool:
    return isinstance(claim.than, str) and claim.factor is not None and claim.than in kept.get(claim.factor, ())


def _variants(
    results: Results, claim: Claim, kept: Mapping[str, list[str]], fixed: Mapping[str, str], level: str
) -> tuple[str, ...]:
    """Return the variants of a side: one, or one for each level of the factor that a spread is over; else none."""
    wanted = dict(fixed) | ({claim.factor: level} if level and claim.factor else {})
    over = claim.spread_over
    by_levels = {tuple(sorted(levels.items())): variant for variant, levels in results.levels.items()}
    sides = [wanted | {over: each} for each in kept[over]] if over else [wanted]
    variants = [by_levels.get(tuple(sorted(each.items()))) for each in sides]
    return tuple(each for each in variants if each is not None) if all(variants) else ()


def differences(cell: Cell, claim: Claim, reduced: Reduced, other: Reduced | None) -> Differences:
    """Return the paired differences of a cell.

    Parameters
    ----------
    other
        The measure that the claim compares with, if it names one.
    """
    mine = _by_repeat(cell.side, claim, reduced)
    if cell.than is not None:
        theirs: Mapping[int, float] = _by_repeat(cell.than, claim, reduced)
    elif other is not None:
        theirs = _by_repeat(cell.side, claim, other)
    else:
        theirs = dict.fromkeys(mine, claim.than)
    repeats = _unbroken(mine.keys() & theirs.keys())
    sign = -1 if claim.direction == "less" else 1
    pairs = [(sign * mine[repeat], sign * theirs[repeat]) for repeat in range(repeats)]
    by_order = not all(math.isfinite(number) for pair in pairs for number in pair)
    values = np.array([_difference(*pair) for pair in pairs], dtype=np.float64)
    as_signs = by_order and claim.direction != "equal"
    return Differences(np.sign(values) if as_signs else values, by_order, _diverged(cell, reduced, other, repeats))


def _by_repeat(side: Side, claim: Claim, reduced: Reduced) -> Mapping[int, float]:
    of_variants = [reduced.by_variant.get((side.task, variant), {}) for variant in side.variants]
    if not of_variants:
        return {}
    if claim.spread_over is None:
        return of_variants[0]
    repeats = set.intersection(*(set(each) for each in of_variants))
    return {repeat: spread([each[repeat] for each in of_variants]) for repeat in repeats}


def _unbroken(repeats: Any) -> int:
    """Return how many of the repeats 0, 1, … there are before the first gap."""
    return next(count for count in range(len(repeats) + 1) if count not in repeats)


def _difference(one: float, other: float) -> float:
    """Return the difference; 0 for equal infinities, for numbers that differ by rounding, and if one is unknown."""
    if one == other or math.isnan(one) or math.isnan(other) or math.isclose(one, other, rel_tol=_ROUNDING):
        return 0.0
    return one - other


def _diverged(cell: Cell, reduced: Reduced, other: Reduced | None, repeats: int) -> int:
    sides = [side for side in (cell.side, cell.than) if side is not None]
    runs = {(side.task, variant, repeat) for side in sides for variant in side.variants for repeat in range(repeats)}
    return len(runs & (reduced.diverged | (other.diverged if other else frozenset())))
