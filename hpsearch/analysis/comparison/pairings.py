"""Pairings of levels, determined by the study file before there are results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hpsearch.results.results import STRATEGY, Results

BASELINE = "random"
RIVALS = ("narrowing", "tpe")  # the two adaptive strategies that are compared with each other


class Pairing(NamedTuple):
    """Two levels of a factor, averaged over the other factors' levels.

    Attributes
    ----------
    factor
        Name of the factor.
    level, against
        The candidate, and the level that it is compared with.
    variants, against_variants
        Variants of the two levels. Those at the same place differ in this factor only.
    """

    factor: str
    level: str
    against: str
    variants: tuple[str, ...]
    against_variants: tuple[str, ...]


def first_of(results: Results, wanted: str) -> str | None:
    """Return the strategy level named `wanted`, else the first level of that strategy; None without either."""
    labels = results.factors.get(STRATEGY, ())
    if wanted in labels:
        return wanted
    return next((label for label in labels if results.strategy_of(_of_strategy(results, label)) == wanted), None)


def _of_strategy(results: Results, label: str) -> str:
    """Return the first variant with that strategy level."""
    return next((each for each in results.variants if results.levels[each].get(STRATEGY) == label), label)


def reference(results: Results, factor: str) -> str:
    """Return the level that the factor's others are compared with: random for strategies, else the first one."""
    labels = results.factors[factor]
    return (first_of(results, BASELINE) if factor == STRATEGY else None) or labels[0]


def baseline(results: Results) -> str:
    """Return the variant of the reference levels: without factors random, else the study's first strategy."""
    references = {factor: reference(results, factor) for factor, labels in results.factors.items() if labels}
    wanted = (each for each in results.variants if _has(results.levels[each], references))
    return next(wanted, results.variants[0])


def _has(levels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(levels.get(factor) == label for factor, label in wanted.items())


def pairings(results: Results) -> tuple[Pairing, ...]:
    """Pair each level of a factor with the factor's reference, in the study's order.

    Strategies are compared with random, and narrowing with TPE if both are present. The list depends only on the study
    file, so that no result influences the choice of pairings.
    """
    return tuple(
        Pairing(factor, level, against, *matched)
        for factor, labels in results.factors.items()
        for level, against in level_pairs(results, factor, labels)
        for matched in [_matched(results, factor, level, against)]
        if matched[0]
    )


def pairing_of(results: Results, variant: str) -> Pairing | None:
    """Return the variant's pairing with the baseline if one factor alone has several levels, else None."""
    varied = [factor for factor, labels in results.factors.items() if len(labels) > 1]
    base = baseline(results)
    if len(varied) != 1 or variant == base:
        return None
    (factor,) = varied
    levels = results.levels
    return Pairing(factor, levels[variant][factor], levels[base][factor], (variant,), (base,))


def level_pairs(results: Results, factor: str, labels: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pair the levels of a factor: each with the reference, and the two adaptive strategies with each other."""
    if len(labels) < 2:
        return []
    base = reference(results, factor)
    pairs = [(label, base) for label in labels if label != base]
    if factor == STRATEGY:
        first, second = (first_of(results, rival) for rival in RIVALS)
        if first and second and base not in (first, second):
            pairs.append((first, second))
    return pairs


def _matched(results: Results, factor: str, level: str, against: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the variants of both levels, cell by cell over the other factors' levels; cells need both."""
    cells = {_cell(results, factor, each): each for each in results.variants if _level(results, factor, each) == level}
    others = {
        _cell(results, factor, each): each for each in results.variants if _level(results, factor, each) == against
    }
    shared = [cell for cell in cells if cell in others]
    return tuple(cells[cell] for cell in shared), tuple(others[cell] for cell in shared)


def _level(results: Results, factor: str, variant: str) -> str | None:
    return results.levels[variant].get(factor)


def _cell(results: Results, factor: str, variant: str) -> tuple[str | None, ...]:
    return tuple(_level(results, each, variant) for each in results.factors if each != factor)
