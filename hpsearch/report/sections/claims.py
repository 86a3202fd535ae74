"""Section: the claims of the study file, and whether they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import pandas as pd

from hpsearch.analysis.claims import Decision, decided
from hpsearch.analysis.comparison.level import ALPHA, levels
from hpsearch.report.claim_sentence import advice, counted, effect_text, evidence, remarks
from hpsearch.report.section import Card, Column, Level, Section, Table, words
from hpsearch.report.text import Fact
from hpsearch.results.results import Results
from hpsearch.text import plain

_TITLE = "Claims"
_LEVELS: dict[str, Level] = {"holds": "pass", "does not hold": "fail", "not resolved": "unknown"}


def claims_section(results: Results) -> Section:
    """Build the section with a card per claim, notes on how to read them, and a table of all fields."""
    decisions = decided(results)
    facts: dict[str, Fact] = {"alpha": round(100 * ALPHA), "hundred": 100}
    summary = counted(decisions, facts)
    frame = pd.DataFrame([asdict(each) for each in decisions], dtype=object)  # None stays None
    return Section(
        "claims",
        _TITLE,
        (summary, *_reading(results, decisions, facts)),
        cards=tuple(_card(results, each) for each in decisions),
        tables=(Table(_TITLE, frame, tuple(_columns(decisions))),),
        facts=facts,
    )


def _card(results: Results, decision: Decision) -> Card:
    facts: dict[str, Fact] = {"word": decision.word}
    parts = [evidence(results, decision, facts), *remarks(decision, facts), advice(decision, facts)]
    if decision.source:
        facts["source"] = decision.source
        parts.append("Source: {source}.")
    return Card(_LEVELS[decision.word], plain(decision.text), " ".join(filter(None, parts)), facts, decision.word)


def _reading(results: Results, decisions: Sequence[Decision], facts: dict[str, Fact]) -> Iterator[str]:
    yield (
        "An effect is the mean over paired repeats, positive in the claim's direction. A claim holds if its interval "
        "lies on that side, and does not hold if it lies on the other."
    )
    across = {each.across for each in decisions if each.cells > 1}
    if "every" in across:
        yield "A claim about every cell needs the interval of each, and falls with one that is resolved against it."
    if "any" in across:
        yield "A claim about any cell needs one that is resolved, and falls if all are resolved against it."
    if "most" in across:
        yield "A claim about most cells is about the share of cells that agree in a repeat, against one half."
    if any(each.exact for each in decisions):
        yield "Where nothing is random, the sign of the difference decides."
    if all(each.exact for each in decisions):
        return
    if results.first_plan is None:
        yield (
            "No plan was stored before the first trial, so the intervals are valid at every number of repeats: in at "
            "most {alpha} of {hundred} studies is one or more of the words wrong."
        )
    else:
        planned, anytime = levels(results.first_plan)
        facts |= {"planned_percent": round(100 * planned), "anytime_percent": round(100 * anytime)}
        facts["plan_repeats"] = int(results.first_plan["repeats"])
        yield (
            "The claims and {plan_repeats} repeats were planned before the first trial. In at most {planned_percent} "
            "of {hundred} studies is one or more of the words wrong at this number of repeats; looks at any other "
            "number add at most {anytime_percent}."
        )
    if not all(each.planned for each in decisions):
        yield "Claims that were added or changed later are not part of this."


def _columns(decisions: Sequence[Decision]) -> Iterator[Column]:
    yield words("text", "Claim")
    yield words("word", "Word")
    texts = iter([*map(effect_text, decisions)] * 2)
    yield Column("Effect and interval", lambda row: next(texts), numeric=False)
    yield Column("Cells that agree", lambda row: f"{row['cells_for']} of {row['cells']}")
    yield Column("Repeats", lambda row: "exact" if row["exact"] else f"{row['repeats']}")
    if any(each.source for each in decisions):
        yield words("source", "Source")


def _effect(decision: Decision) -> str:
    return effect_text(decision)
