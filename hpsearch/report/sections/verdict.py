"""Section: the verdict of each planned comparison of two levels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from hpsearch.analysis.comparison.level import ALPHA, FAILURES, levels
from hpsearch.analysis.comparison.pairings import BASELINE, first_of
from hpsearch.analysis.comparison.verdicts import Verdict, verdicts
from hpsearch.report.judging import judging
from hpsearch.report.section import MOST, Column, Row, Section, Table, comparison_name, level_name, words
from hpsearch.report.text import NOTHING, Fact, aligned, listing, plural
from hpsearch.results.results import STRATEGY, Results

_TITLE = "The verdict"
_LEADS = {
    "better": "{level%s} is better than {against%s}",
    "worse": "{level%s} is worse than {against%s}",
    "equivalent": "{level%s} and {against%s} are practically equivalent",
    "not resolved": "Whether {level%s} is better than {against%s} is not resolved",
}
_MEASURES = {
    ("metric", 1): "{judged} {metric}",
    ("metric", 2): "{judged} {metric}, averaged over {tasks} tasks",
    ("regret", 2): "normalised {judged} regret over {tasks} tasks",
}
_FACT_NAMES = (
    "effect",
    "low",
    "high",
    "equal_low",
    "equal_high",
    "margin",
    "noise",
    "repeats",
    "won",
    "drawn",
    "lost",
    "budget",
    "needed",
    "repeats_planned",
    "failed_level",
    "failed_level_of",
    "failed_against",
    "failed_against_of",
)


def verdict_section(results: Results) -> Section:
    """Build the section with a sentence per comparison, notes on how to read them, and a table."""
    comparisons = verdicts(results)
    if not comparisons:
        return Section("verdict", _TITLE, ("Nothing is compared: no two {nouns} differ in one factor only.",))
    facts = _facts(results, comparisons)
    told = _most_telling(comparisons, facts)
    sentences = [_sentence(results, verdict, facts, f"_{place}") for place, verdict in enumerate(told, 1)]
    if len(told) < len(comparisons):
        sentences.append("The table has the other {comparisons_left} comparisons too.")
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
        "failures_percent": round(100 * FAILURES),
    }
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


def _sentence(results: Results, verdict: Verdict, facts: dict[str, Fact], s: str) -> str:
    """Write a verdict and its evidence, and add its facts to `facts`, with names that end in `s`."""
    names = {side: level_name(results, verdict.factor, getattr(verdict, side)) for side in ("level", "against")}
    facts |= {f"{side}{s}": name for side, name in names.items()}
    facts[f"verdict{s}"] = verdict.verdict
    if verdict.cells > 1:
        facts |= {f"cells{s}": verdict.cells, f"over{s}": _others(results, verdict)}
    facts |= {f"{name}{s}": fact for name in _FACT_NAMES if (fact := getattr(verdict, name)) is not None}
    lead = _LEADS[verdict.verdict] % (s, s)
    size = ""
    if verdict.by_margin:
        size = f", by at least the margin of {{margin{s}}}"
    elif verdict.within_margin and verdict.verdict != "equivalent":
        size = f", but by less than the margin of {{margin{s}}}"
    return " ".join([f"{lead}{size}: {_evidence(verdict, s)}.", *_remarks(verdict, s)])


def _evidence(verdict: Verdict, s: str) -> str:
    if not verdict.repeats:
        return "there is no repeat yet in which both have spent their budget"
    if verdict.effect is None:
        return f"in none of {{repeats{s}}} paired repeats{_of(verdict)} did both find a finite value"
    measure = _measure(verdict, s)
    if verdict.rule == "signs":
        counts = f"it did better in {{won{s}}}, worse in {{lost{s}}} of {{repeats{s}}} paired repeats{_of(verdict)}"
        return f"by {measure} {counts}; all differences have the same size, so that only their signs count"
    measure += "," if ", averaged" in measure else ""
    effect = f"the effect on the {measure} is {{effect{s}}}"
    over = f"over {{repeats{s}}} paired {plural(verdict.repeats, 'repeat')}{_of(verdict)}"
    if verdict.low is None:
        return f"{effect} {over}, too few for an interval"
    return f"{effect} (interval {{low{s}}} to {{high{s}}}) {over}{_about_margin(verdict, s)}"


def _about_margin(verdict: Verdict, s: str) -> str:
    if verdict.within_margin and verdict.equal_low is not None:
        inside = f"the interval for equivalence, {{equal_low{s}}} to {{equal_high{s}}}, lies within the margin"
        return f", and {inside} of {{margin{s}}}"
    if verdict.within_noise:
        return f"; the interval lies within one standard deviation of a single training, {{noise{s}}}"
    return ""


def _remarks(verdict: Verdict, s: str) -> Iterator[str]:
    if not verdict.at_planned_budget:
        yield "The plan has another number of trials, so that there is no verdict."
    if not verdict.planned:
        yield "The plan did not have this comparison."
    if verdict.contradicted:
        yield "The planned interval contradicts all repeats together, so that it is left out."
    if verdict.failed_level or verdict.failed_against:
        rates = (
            f"{{failed_level{s}}} of {{failed_level_of{s}}} trainings of {{level{s}}} failed, and "
            f"{{failed_against{s}}} of {{failed_against_of{s}}} of {{against{s}}}; they are not in the mean."
        )
        yield rates
        if verdict.failures_verdict != "not resolved":
            more = "more" if verdict.failures_verdict == "worse" else "less"
            yield f"{{level{s}}} fails {more} often (by the signs, level {{failures_percent}} %)."
    if verdict.skewed:
        yield "The differences are skewed, so that an interval of their mean may err more often."
    if verdict.planned_may_resolve:
        yield f"The planned {{repeats_planned{s}}} repeats will probably resolve it."
    elif verdict.needed is not None:
        yield f"About {{needed{s}}} repeats would probably resolve it."


def _of(verdict: Verdict) -> str:
    """Return the budget of a repeat in words; empty if a side is not searched."""
    return " of {budget} {unit}" if verdict.searched else ""


def _measure(verdict: Verdict, s: str) -> str:
    text = _MEASURES[verdict.scale, min(verdict.tasks, 2)]
    if verdict.cells == 1:
        return text
    joint = " and" if verdict.tasks > 1 else ", averaged over"
    return f"{text}{joint} the {{cells{s}}} {{over{s}}}"


def _others(results: Results, verdict: Verdict) -> str:
    """Return what the cells of a comparison are: levels of another factor, or combinations of several."""
    names = [name for name, labels in results.factors.items() if name != verdict.factor and len(labels) > 1]
    return f"{'levels' if len(names) == 1 else 'combinations'} of {listing(names)}"


def _reading(results: Results, comparisons: Sequence[Verdict]) -> Iterator[str]:
    strategies = results.factors.get(STRATEGY, ())
    if len(strategies) > 1 and first_of(results, BASELINE) is None:
        yield (
            "None of the strategies is random search: the others are compared with {first_strategy}, the study's first "
            "one."
        )
    if comparisons[0].judged == "validation":
        yield (
            "Nothing was tested: the verdicts rest on validation values, for which the searches chose their best and "
            "which are therefore optimistic."
        )
    yield (
        "An effect is the mean over paired repeats of how much better the first "
        "{side} did than the second: positive is better, whatever the direction of {metric}. The intervals hold for "
        "all comparisons together: at most {alpha} % of such studies say something false."
    )
    if results.first_plan is None:
        yield "They hold at every number of repeats, since no plan was stored before the first result."
    else:
        yield (
            "The plan ({plan_repeats} repeats) was stored before the first result; looked at there, it may err in "
            "{planned_percent} % of studies. The remaining {anytime_percent} % covers every other look, before or "
            "after, however many there are."
        )
    if comparisons[0].scale == "regret":
        scale = "Normalised regret is zero at a task's best configuration and one at its median one; less is better."
        about = "The intervals speak of other repeats on these tasks, not of other tasks."
        yield " ".join(filter(None, (scale, judging(results).reference, about)))
    elif comparisons[0].tasks > 1:
        yield "The intervals speak of other repeats on these tasks, not of other tasks."
    if all(verdict.margin is None for verdict in comparisons):
        yield "No margin was declared before the first result, so that nothing can be called equivalent."


def _columns(results: Results, frame: pd.DataFrame) -> Iterator[Column]:
    effects = frame[["effect", "low", "high", "equal_low", "equal_high", "margin"]].astype(float)
    write = aligned(effects.to_numpy().ravel())
    if len(frame["factor"].unique()) > 1:
        yield words("factor", "Factor")
    yield Column("Comparison", lambda row: comparison_name(results, row), numeric=False)
    yield Column("Verdict", lambda row: str(row["verdict"]), numeric=False)
    yield Column("Effect", lambda row: _number(row["effect"], write))
    yield Column("Interval", lambda row: _interval(row, "low", "high", write))
    if frame["margin"].notna().any():
        yield Column("For equivalence", lambda row: _interval(row, "equal_low", "equal_high", write))
        yield Column("Margin", lambda row: _number(row["margin"], write))
    yield Column("P(better)", _better)
    yield Column("Repeats", lambda row: f"{row['repeats']} of {row['repeats_asked']}")


def _number(cell: Any, write: Callable[[float], str]) -> str:
    return NOTHING if _missing(cell) else write(float(cell))


def _missing(cell: float | None) -> bool:
    return cell is None or math.isnan(cell)


def _interval(row: Row, low: str, high: str, write: Callable[[float], str]) -> str:
    return NOTHING if _missing(row[low]) else f"{write(row[low])} to {write(row[high])}"


def _better(row: Row) -> str:
    if _missing(row["better"]):
        return NOTHING
    return f"{row['better']:.2f} ({row['better_low']:.2f} to {row['better_high']:.2f})"
