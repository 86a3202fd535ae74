"""Sentences for the number that a figure of paths quotes: for each path, and for all together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from hpsearch.report.text import Fact, fill, listing, plural

DEFAULT = "function_value"

_NAMED = 3  # paths with the same extreme that are named


class Words(NamedTuple):
    """Words for a measure of paths.

    Attributes
    ----------
    each
        What a path did; ``{value}`` is the measure, a curve's at its end, ``{times}`` "time" or "times".
    together
        How the paths differ; ``{low}`` and ``{high}`` are the extremes, ``{lowest}`` and ``{highest}`` who has them.
        After the first of these names a verb ends in "(s)".
    counts
        Whether the measure is a whole number.
    """

    each: str
    together: str
    counts: bool = False


def _turns(axis: str) -> Words:
    together = f"{{highest}} turn(s) most often in {axis}, {{high}} times; {{lowest}} least often, {{low}} times"
    return Words(f"turns in {axis} {{value}} {{times}}", together, counts=True)


def _crossings(axis: str) -> Words:
    together = "changes its sign most often with {highest}, {high} times; least often with {lowest}, {low} times"
    return Words(f"{axis} changes sign {{value}} {{times}}", f"{axis} {together}", counts=True)


def _ends(axis: str) -> Words:
    together = f"{{highest}} end(s) at the largest {axis}, {{high:.2g}}; {{lowest}} at the smallest, {{low:.2g}}"
    return Words(f"ends at {axis} = {{value:.2g}}", together)


WORDS: Mapping[str, Words] = {
    DEFAULT: Words(
        "ends at f = {value:.2g}", "{lowest} end(s) lowest, at f = {low:.2g}; {highest} highest, at f = {high:.2g}"
    ),
    "distance": Words(
        "{value:.2g} from the minimum",
        "{lowest} end(s) nearest to the minimum, {low:.2g} away; {highest} farthest, {high:.2g} away",
    ),
    "straightness": Words(
        "straightness {value:.2g}",
        "{highest} take(s) the straightest path, {high:.2g} of 1; {lowest} the least straight one, {low:.2g}",
    ),
    "turns.x": _turns("x"),
    "turns.y": _turns("y"),
    "crossings.x": _crossings("x"),
    "crossings.y": _crossings("y"),
    "x": _ends("x"),
    "y": _ends("y"),
}
"""Words by measure."""


def finding(measure: str, values: Mapping[str, float]) -> tuple[str, dict[str, Fact]]:
    """Return the sentence, without full stop, that says how paths differ in a measure, and its facts.

    `values` has the measure by name of the path; NaN or infinity if it diverged.
    """
    finite = {name: value for name, value in values.items() if math.isfinite(value)}
    facts: dict[str, Fact] = {}
    sentences = []
    if finite:
        low, high = min(finite.values()), max(finite.values())
        lowest, highest = ([name for name in finite if finite[name] == extreme] for extreme in (low, high))
        facts |= _facts(measure, low) | {"low": _as_fact(measure, low), "high": _as_fact(measure, high)}
        facts |= {"lowest": _names(lowest), "highest": _names(highest)}
        together = WORDS[measure].together
        subject = lowest if together.startswith("{lowest}") else highest
        together = together.replace("(s)", "s" if len(subject) == 1 else "")
        sentences.append(together if low < high else f"{{lowest}}: {WORDS[measure].each}")
    if len(finite) < len(values):
        facts["diverged"] = _names([name for name in values if name not in finite])
        sentences.append("Diverged: {diverged}")
    return ". ".join(sentences), facts


def of_each(measure: str, values: Mapping[str, float]) -> tuple[str, dict[str, Fact]]:
    """Return what each path did, as a sentence without full stop, and its facts."""
    facts: dict[str, Fact] = {}
    parts = []
    for place, (name, value) in enumerate(values.items(), 1):
        facts |= {f"path_{place}": name, f"did_{place}": words_of(measure, value)}
        parts.append(f"{{path_{place}}}: {{did_{place}}}")
    return "; ".join(parts), facts


def words_of(measure: str, value: float) -> str:
    """Return what a path did."""
    return fill(WORDS[measure].each, _facts(measure, value)) if math.isfinite(value) else "diverges"


def _facts(measure: str, value: float) -> dict[str, Fact]:
    return {"value": _as_fact(measure, value), "times": plural(value, "time")}


def _as_fact(measure: str, value: float) -> Fact:
    return int(value) if WORDS[measure].counts else float(value)


def _names(names: list[str]) -> str:
    """Join names, those with commas in brackets; count them where there are many."""
    apart = [f"({name})" if "," in name else name for name in names]
    return listing(apart) if len(names) <= _NAMED else f"{len(names)} paths"
