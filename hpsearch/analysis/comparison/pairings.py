"""Which strategies are compared with which: fixed by the study's strategies, before there is a result."""

from __future__ import annotations

from typing import NamedTuple

from hpsearch.results.results import Results

BASELINE = "random"
RIVALS = ("narrowing", "tpe")  # of the strategies that learn, the two that a study is asked about most


class Pairing(NamedTuple):
    """Two of a study's strategies; the first one is the one that has to prove itself."""

    strategy: str
    against: str


def first_of(results: Results, wanted: str) -> str | None:
    """The strategy that is called `wanted`, else the first one of that kind; None where there is none."""
    if wanted in results.strategies:
        return wanted
    return next((label for label in results.strategies if results.strategy_of(label) == wanted), None)


def baseline(results: Results) -> str:
    """What all others are compared with: random, and the study's first strategy where none is random."""
    return first_of(results, BASELINE) or results.strategies[0]


def pairings(results: Results) -> tuple[Pairing, ...]:
    """Each strategy against the baseline, in the study's order, then narrowing against TPE where both are there.

    The list depends on the study file alone, so that no result decides which pairings are made.
    """
    if not results.strategies:
        return ()
    base = baseline(results)
    pairs = [Pairing(label, base) for label in results.strategies if label != base]
    first, second = (first_of(results, rival) for rival in RIVALS)
    if first and second and base not in (first, second):
        pairs.append(Pairing(first, second))
    return tuple(pairs)
