"""Card of claims: how many hold, where each stands, and a row for each."""

from __future__ import annotations

from collections.abc import Sequence

from hpsearch.analysis.claims import Decision
from hpsearch.notebook import card, table
from hpsearch.report.cards import drawings
from hpsearch.report.claim_sentence import counted, effect_text
from hpsearch.report.text import NOTHING, Fact, fill

_READING = (
    "Dot: effect; bar: its interval; each row on a scale of its own. Right of the line the effect is in the claim's "
    "direction."
)


def claims_card(decisions: Sequence[Decision]) -> str:
    """Return the card of decided claims."""
    if not decisions:
        return card("The study makes no claims.")
    facts: dict[str, Fact] = {}
    answer = fill(counted(decisions, facts), facts)
    rows = [(each.text, each.word, effect_text(each) or NOTHING, str(each.repeats)) for each in decisions]
    return card(answer, _figure(decisions), table(("Claim", "Decision", "Effect", "Repeats"), rows, "The claims"))


def _figure(decisions: Sequence[Decision]) -> str:
    rows = [
        drawings.Interval(
            each.text, each.word, each.effect, each.low, each.high, 0.5 if each.effect_is == "share" else 0.0
        )
        for each in decisions
    ]
    said = "; ".join(f"{each.text}: {each.word}" for each in decisions[: drawings.MOST_LINES])
    return drawings.intervals(rows, said=said, note=_READING, own_scales=True)
