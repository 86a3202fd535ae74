"""Pairings of strategies, determined by the study file before there are results."""

from __future__ import annotations

from typing import NamedTuple

from hpsearch.results.results import Results

BASELINE = "random"
RIVALS = ("narrowing", "tpe")  # the two adaptive strategies that are compared with each other


class Pairing(NamedTuple):
    """Two strategies of a study: the candidate, and the one it is compared with."""

    strategy: str
    against: str


def first_of(results: Results, wanted: str) -> str | None:
    """Return the strategy named `wanted`, else the first label of that strategy; None without either."""
    if wanted in results.strategies:
        return wanted
    return next((label for label in results.strategies if results.strategy_of(label) == wanted), None)


def baseline(results: Results) -> str:
    """Return the strategy that all others are compared with: random, else the first of the study."""
    return first_of(results, BASELINE) or results.strategies[0]


def pairings(results: Results) -> tuple[Pairing, ...]:
    """Pair each strategy with the baseline, in the study's order, then narrowing with TPE if both are present.

    The list depends only on the study file, so that no result influences the choice of pairings.
    """
    if not results.strategies:
        return ()
    base = baseline(results)
    pairs = [Pairing(label, base) for label in results.strategies if label != base]
    first, second = (first_of(results, rival) for rival in RIVALS)
    if first and second and base not in (first, second):
        pairs.append(Pairing(first, second))
    return tuple(pairs)
