"""A claim's word and its evidence in sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from hpsearch.analysis.claims.decision import Decision
from hpsearch.analysis.claims.rules import Word
from hpsearch.analysis.statistics.needed import FEWEST, MOST
from hpsearch.report.naming import measure_name
from hpsearch.report.precision import half_width
from hpsearch.report.text import Fact, Measured, fill, listing, plural
from hpsearch.results.results import Results

_COUNTED: dict[Word, tuple[str, str]] = {
    "holds": ("holds", "hold"),
    "does not hold": ("does not", "do not"),
    "not resolved": ("is not resolved", "are not resolved"),
}  # of one claim, and of several
_AMOUNTS = {"more": "more", "less": "less", "equal": "different"}
_OPPOSITE = {"more": "less", "less": "more"}
_SINGLE = {"holds": "holds", "does not hold": "does not hold", "not resolved": "is not resolved"}


def counted(decisions: Sequence[Decision], facts: dict[str, Fact]) -> str:
    """Say how many claims hold, do not, and are not resolved; adds the numbers to `facts`."""
    if len(decisions) == 1:
        return f"The claim {_SINGLE[decisions[0].word]}."
    counts = Counter(each.word for each in decisions)
    facts["claims"] = len(decisions)
    parts = []
    for word, verbs in _COUNTED.items():
        if counts[word]:
            name = f"claims_{word.replace(' ', '_')}"
            facts[name] = counts[word]
            verb = verbs[counts[word] > 1]
            alone = word == "does not hold" and not counts["holds"]
            parts.append(f"{{{name}}} {verb}{' hold' if alone else ''}")
    return f"Of {{claims}} claims {listing(parts)}."


def evidence(results: Results, decision: Decision, facts: dict[str, Fact]) -> str:
    """Return what the word rests on, without what would resolve it; adds names and numbers to `facts`."""
    facts |= {"compared": decision.compared, "measure": _measure(results, decision)}
    facts |= {"repeats": decision.repeats, "cells": decision.cells, "cells_for": decision.cells_for}
    if decision.reason and decision.effect is None and not decision.won + decision.lost + decision.drawn:
        return f"{{compared}}, {{measure}}: {decision.reason}."
    shown = f"{_effect(decision, facts)}{_where(decision, facts)}"
    return f"{{compared}}, {{measure}}: {shown}{_over(decision)}{_agree(decision)}."


def effect_text(decision: Decision) -> str:
    """Return effect and interval as text, with the digits that its uncertainty bears; empty without an effect."""
    facts: dict[str, Fact] = {}
    text = _effect(decision, facts) if decision.repeats else ""
    return fill(text, facts)


def advice(decision: Decision, facts: dict[str, Fact]) -> str:
    """Say what would resolve a claim; empty if that is not known, or if it is resolved."""
    if decision.word != "not resolved" or decision.exact:
        return ""
    facts["reason"] = decision.reason
    if decision.planned_may_resolve and decision.repeats_planned is not None:
        facts["repeats_planned"] = decision.repeats_planned
        return "The planned {repeats_planned} repeats will probably resolve it."
    if decision.needed is not None:
        facts["needed"] = decision.needed
        return "About {needed} repeats would probably resolve it."
    if decision.repeats < FEWEST or decision.low is None:
        return ""
    facts["most_repeats"] = MOST
    return "It would take more than {most_repeats} repeats, or there is no difference."


def remarks(decision: Decision, facts: dict[str, Fact]) -> Iterator[str]:
    """Yield what a reader has to know beside the evidence."""
    if decision.diverged:
        facts["diverged"] = decision.diverged
        runs = plural(decision.diverged, "run")
        yield f"{{diverged}} {runs} diverged and {'counts' if decision.diverged == 1 else 'count'} as worst."
    if decision.effect_is == "order":
        yield "Not all numbers are finite, so only their order counts."
    elif decision.rule == "signs" and decision.repeats > 1:
        yield "All differences have one size, so only their signs count."
    if not decision.planned:
        yield "The claim was not in the plan that was stored before the first result."


def _measure(results: Results, decision: Decision) -> str:
    """Return the compared number in words."""
    name = measure_name(results, decision.measure)
    how = decision.reduced
    if how.startswith("steps"):
        return f"steps until {name} reaches {how.rpartition(' ')[2]}"
    if how.startswith("spread"):
        return f"{how.replace('spread', f'spread of {name}', 1)}"
    if how == "mean":
        return f"mean of {name} over the steps"
    return f"{name} at the end" if how == "end" else f"{name} {how}".strip()


def _effect(decision: Decision, facts: dict[str, Fact]) -> str:
    """Return effect and interval in words with placeholders."""
    if decision.effect is None:
        facts |= {"won": decision.won, "lost": decision.lost}
        return "{won} repeats agree, {lost} contradict"
    half = half_width(decision.low, decision.high)
    share = decision.effect_is == "share"
    names = [("effect", decision.effect), ("low", decision.low), ("high", decision.high)]
    clip = (lambda end: min(max(end, 0.0), 1.0)) if share else float
    facts |= {
        name: Measured(clip(number), half if half > 0 else math.nan, percent=share)
        for name, number in names
        if number is not None
    }
    if decision.exact and not share and decision.effect.is_integer():
        facts["effect"] = int(decision.effect)
    interval = " ({low:bare} to {high})" if share else " ({low} to {high})"
    interval = "" if decision.low is None else interval
    if share:
        facts["cells"] = decision.cells
        return f"{{effect}} of the {{cells}} cells agree{interval}"
    lead = f"{_AMOUNTS[decision.direction]} by {{effect}}"
    if decision.effect < 0 and decision.direction in _OPPOSITE:
        facts["effect"] = Measured(-decision.effect, half if half > 0 else math.nan)
        lead = f"{_AMOUNTS[_OPPOSITE[decision.direction]]} by {{effect}}, against the claim"
        interval = interval.replace(")", " in its direction)")
    if decision.margin is not None:
        facts["margin"] = decision.margin
        interval += ", margin {margin:.3g}"
    return lead + interval


def _where(decision: Decision, facts: dict[str, Fact]) -> str:
    """Say which cell the effect is of."""
    if decision.cells == 1 or decision.across == "most":
        return ""
    facts["cell"] = decision.cell
    which = "least" if decision.across == "every" else "most"
    return f" in the {which} favourable of {{cells}} cells ({{cell}})"


def _agree(decision: Decision) -> str:
    """Say in how many cells most repeats agree with the claim."""
    return "; {cells_for} of {cells} cells agree" if decision.cells > 1 and decision.across != "most" else ""


def _over(decision: Decision) -> str:
    if decision.exact:
        return "; exact, since nothing is random"
    return f", over {{repeats}} {plural(decision.repeats, 'repeat')}"
