"""Print the claims of a study with their decisions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hpsearch.text import plain, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from hpsearch.analysis.claims import Decision

_LONGEST = 200  # letters of a claim
_ONE = {"holds": "holds", "does not hold": "does not", "not resolved": "is not resolved"}
_SEVERAL = {"holds": "hold", "does not hold": "do not", "not resolved": "are not resolved"}


def print_claims(console: Console, decisions: Sequence[Decision]) -> None:
    """Print how many claims hold, and a line for each with its word, its effect and what would resolve it."""
    if not decisions:
        return
    console.print(_counts(decisions), soft_wrap=True, markup=False)
    for each in decisions:
        line = f"  {each.word}: {shorten(plain(each.text), _LONGEST)}{_effect(each)}{_needed(each)}"
        console.print(line, soft_wrap=True, markup=False)
    console.print()


def print_claims_left(console: Console, repeats: int, decisions: Sequence[Decision]) -> None:
    """Print how many claims are resolved after a number of repeats."""
    resolved = sum(each.word != "not resolved" for each in decisions)
    console.print(f"after {repeats} repeats {resolved} of {len(decisions)} claims are resolved", soft_wrap=True)


def _counts(decisions: Sequence[Decision]) -> str:
    """Return the numbers in words, such as "claims: 2 of 3 hold, 1 does not"."""
    counts = Counter[str](each.word for each in decisions)
    holding = counts.pop("holds", 0)
    parts = [f"{holding} of {len(decisions)} {_ONE['holds'] if holding == 1 else _SEVERAL['holds']}"]
    for word in ("does not hold", "not resolved"):
        if counts[word]:
            count = counts[word]
            parts.append(f"{count} {(_ONE if count == 1 else _SEVERAL)[word]}")
    return f"claims: {', '.join(parts)}"


def _effect(decision: Decision) -> str:
    from hpsearch.report.claim_sentence import effect_text

    text = effect_text(decision)
    return f" – {plain(text)}" if text else f" – {decision.reason}" if decision.reason else ""


def _needed(decision: Decision) -> str:
    if decision.word != "not resolved":
        return ""
    if decision.planned_may_resolve:
        return f"; the planned {decision.repeats_planned} repeats would probably resolve it"
    return "" if decision.needed is None else f"; about {decision.needed} repeats would probably resolve it"
