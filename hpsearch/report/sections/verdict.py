"""Section: the verdict of each planned comparison of two levels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial

import pandas as pd

from hpsearch.analysis.comparison.level import ALPHA, FAILURES, levels
from hpsearch.analysis.comparison.pairings import BASELINE, first_of
from hpsearch.analysis.comparison.verdicts import Verdict, verdicts
from hpsearch.analysis.metrics import metric
from hpsearch.report.judging import judging
from hpsearch.report.precision import better_cell, half_width, interval_cell
from hpsearch.report.repeats import repeats
from hpsearch.report.section import MOST, Column, Row, Section, Table, comparison_name, words
from hpsearch.report.sections.verdict_sentence import sentence
from hpsearch.report.text import NOTHING, Fact, measured, plural, value
from hpsearch.results.results import STRATEGY, Results

_TITLE = "Verdicts"


def verdict_section(results: Results) -> Section:
    """Build the section with a sentence per comparison, notes on how to read them, and a table."""
    comparisons = verdicts(results)
    if not comparisons:
        return Section("verdict", _TITLE, ("Nothing is compared: no two {nouns} differ in one factor only.",))
    facts = _facts(results, comparisons)
    named = _most_telling(comparisons, facts)
    sentences = [sentence(results, verdict, facts, f"_{place}") for place, verdict in enumerate(named, 1)]
    if len(named) < len(comparisons):
        sentences.append("The table also has the other {comparisons_left} comparisons.")
    frame = pd.DataFrame([asdict(verdict) | {"lost": verdict.lost} for verdict in comparisons])
    return Section(
        "verdict",
        _TITLE,
        (*sentences, *_reading(results, comparisons)),
        tables=(Table("The comparisons", frame, tuple(_columns(results, frame))),),
        data={"verdicts": frame.drop(columns="raw")},
        facts=facts,
    )


def _facts(results: Results, comparisons: Sequence[Verdict]) -> dict[str, Fact]:
    one = comparisons[0]
    facts: dict[str, Fact] = {
        "metric": results.metric,
        "judged": one.judged,
        "tasks": one.tasks,
        "budget": _budget(results, one),
        "unit": plural(_budget(results, one), "trial" if results.epochs_budget is None else "epoch"),
        "repeats_asked": one.repeats_asked,
        "first_strategy": next(iter(results.factors.get(STRATEGY, ())), NOTHING),
        "comparisons": len(comparisons),
        "alpha": round(100 * ALPHA),
        "hundred": 100,
        "failures_percent": round(100 * FAILURES),
    }
    if results.settings.get("claims"):
        facts["alpha_twice"] = round(200 * ALPHA)
    if results.first_plan is not None:
        planned, anytime = levels(results.first_plan)
        facts |= {"planned_percent": round(100 * planned), "anytime_percent": round(100 * anytime)}
        facts["plan_repeats"] = results.first_plan["repeats"]
    return facts


def _budget(results: Results, one: Verdict) -> int:
    """Return the spent budget of the runs that were compared, in trials or epochs."""
    if results.epochs_budget is None:
        return one.budget
    return results.epochs_budget // results.budget * one.budget


def _most_telling(comparisons: Sequence[Verdict], facts: dict[str, Fact]) -> Sequence[Verdict]:
    """Return all comparisons; of more than `MOST`, the first that are resolved, then the first others."""
    if len(comparisons) <= MOST:
        return comparisons
    facts["comparisons_left"] = len(comparisons) - MOST
    return sorted(comparisons, key=lambda each: each.verdict == "not resolved")[:MOST]


def _reading(results: Results, comparisons: Sequence[Verdict]) -> Iterator[str]:
    strategies = results.factors.get(STRATEGY, ())
    if len(strategies) > 1 and first_of(results, BASELINE) is None:
        yield "Random search is not in the study: the others are compared with its first strategy, {first_strategy}."
    if comparisons[0].judged == "validation":
        yield "Nothing was tested: the verdicts use validation values, which are optimistic."
    yield (
        "An effect is the mean over paired repeats of how much better the first {side} did than the second; positive "
        "is better."
    )
    if results.first_plan is None:
        yield (
            "No plan was stored before the first trial, so the intervals of the effects are valid at every number of "
            "repeats: in at most {alpha} of {hundred} studies is one or more of them wrong."
        )
    else:
        yield (
            "The plan of {plan_repeats} repeats was stored before the first trial. In at most {planned_percent} of "
            "{hundred} studies is one or more of the intervals of the effects wrong at this number of repeats; looks "
            "at any other number add at most {anytime_percent}."
        )
    if results.settings.get("claims"):
        yield (
            "The claims of the study have an error of their own. These comparisons are a second family, so that with "
            "both in at most {alpha_twice} of {hundred} studies something false is said."
        )
    if any(each.equal_low is not None for each in comparisons):
        yield (
            "An interval for equivalence is for its comparison alone: a verdict of equivalent is wrong in at most "
            "{planned_percent} of {hundred} studies, with looks at any other number in at most {alpha}."
        )
    yield _scope(results, comparisons)
    if all(verdict.margin is None for verdict in comparisons):
        yield "No margin was set before the first trial, so that nothing is called equivalent."


def _scope(results: Results, comparisons: Sequence[Verdict]) -> str:
    """Say what each kind of interval speaks for, and of which size the differences are if they are normalised."""
    one = comparisons[0]
    several = one.tasks > 1
    parts = []
    if several and one.scale == "regret":
        parts += ["Normalised regret is zero at a task's best configuration and one at its median one."]
        parts += [judging(results).reference]
    parts.append(f"The intervals speak for other repeats {'on these tasks' if several else 'with these data'}.")
    kind = repeats(results)
    parts += [kind.note] if kind is not None else []
    if any(each.rows_low is not None for each in comparisons):
        parts.append("Those over repeats and test rows also speak for other rows of this kind.")
    if any(each.tasks_low is not None for each in comparisons):
        parts.append("Those with tasks as blocks speak for other tasks of this kind; no verdict is read off them.")
    elif several:
        parts.append("Nothing here speaks for other tasks.")
    return " ".join(filter(None, parts))


def _columns(results: Results, frame: pd.DataFrame) -> Iterator[Column]:
    if len(frame["factor"].unique()) > 1:
        yield words("factor", "Factor")
    yield Column("Comparison", lambda row: comparison_name(results, row), numeric=False)
    yield Column("Verdict", lambda row: str(row["verdict"]), numeric=False)
    yield Column("Effect", lambda row: _effect(row))
    clip = metric(results.metric).clipped_difference if frame["scale"].eq("metric").all() else float
    yield Column("Interval", partial(interval_cell, low="low", high="high", clip=clip))
    for heading, low, high in (
        ("Over repeats and test rows", "rows_low", "rows_high"),
        ("With tasks as blocks", "tasks_low", "tasks_high"),
        ("For equivalence", "equal_low", "equal_high"),
    ):
        if frame[low].notna().any():
            yield Column(heading, partial(interval_cell, low=low, high=high, clip=clip))
    if frame["margin"].notna().any():
        yield Column("Margin", lambda row: NOTHING if _missing(row["margin"]) else value(float(row["margin"])))
    yield Column("P(better)", better_cell)
    yield Column("Repeats", lambda row: f"{row['repeats']} of {row['repeats_asked']}")


def _missing(cell: float | None) -> bool:
    return cell is None or math.isnan(cell)


def _effect(row: Row) -> str:
    if _missing(row["effect"]):
        return NOTHING
    half = math.nan if _missing(row["low"]) else half_width(float(row["low"]), float(row["high"]))
    return measured(float(row["effect"]), half if half > 0 else float(row["noise"] or math.nan))
