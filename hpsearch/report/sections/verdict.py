"""Section: the verdict of each planned comparison of two levels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from hpsearch.analysis.comparison.level import ALPHA
from hpsearch.analysis.comparison.pairings import BASELINE, first_of
from hpsearch.analysis.comparison.verdicts import Verdict, verdicts
from hpsearch.report.judging import judging
from hpsearch.report.section import MOST, Column, Row, Section, Table, comparison_name, level_name, words
from hpsearch.report.text import NOTHING, Fact, aligned, listing, number, plural
from hpsearch.results.results import STRATEGY, Results

_TITLE = "The verdict"
_LEADS = {
    "better": "{level%s} is better than {against%s}",
    "worse": "{level%s} is worse than {against%s}",
    "equivalent": "{level%s} and {against%s} are practically equivalent",
    "not resolved": "Whether {level%s} is better than {against%s} is not resolved",
}
_MARGIN_SOURCES = {
    "retraining": "one standard deviation of retraining",
    "user": "the margin that the study file sets",
}
_MEASURES = {
    ("metric", 1): "{judged} {metric}",
    ("metric", 2): "{judged} {metric}, averaged over {tasks} tasks",
    ("regret", 2): "normalised {judged} regret over {tasks} tasks",
}
_FACT_NAMES = ("effect", "low", "high", "low90", "high90", "p", "p_holm", "margin", "repeats", "won", "drawn", "lost")


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
    return {
        "metric": results.metric,
        "judged": one.judged,
        "tasks": one.tasks,
        "budget": results.budget if results.epochs_budget is None else results.epochs_budget,
        "unit": _unit(results),
        "repeats_asked": one.repeats_asked,
        "first_strategy": next(iter(results.factors.get(STRATEGY, ())), NOTHING),
        "comparisons": len(comparisons),
        "level": 95,
        "level90": 90,
        "alpha": round(100 * ALPHA),
    }


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
    if verdict.margin_source:
        facts[f"source{s}"] = _MARGIN_SOURCES[verdict.margin_source]
    lead = _LEADS[verdict.verdict] % (s, s)
    return f"{lead}: {_EVIDENCE[verdict.basis](verdict, s)}."


def _by_t(verdict: Verdict, s: str) -> str:
    joint = ", and " if verdict.verdict == "equivalent" else "; "
    measure = _measure(verdict, s)
    measure += "," if ", averaged" in measure else ""
    return (
        f"the effect on the {measure} is {{effect{s}}} ({{level}} % interval {{low{s}}} to {{high{s}}}) "
        f"over {{repeats{s}}} paired repeats{_of(verdict)}{joint}{_why(verdict, s)}"
    )


def _why(verdict: Verdict, s: str) -> str:
    margin = f"the margin of {{margin{s}}} ({{source{s}}})"
    if verdict.verdict == "equivalent":
        reason = f"the whole {{level90}} % interval, {{low90{s}}} to {{high90{s}}}, lies within {margin}"
        aside = f"; it can be told from zero (p = {{p_holm{s}}}) but is too small to matter"
        return reason + (aside if verdict.resolved else "")
    if verdict.verdict != "not resolved":
        margin_note = f", and it reaches {margin}" if verdict.margin else ""
        return f"p = {{p_holm{s}}} after Holm's correction{margin_note}"
    if verdict.resolved:
        return f"it can be told from zero (p = {{p_holm{s}}} after Holm's correction), but does not reach {margin}"
    overlap = f", and the {{level90}} % interval goes beyond {margin}" if verdict.margin else ""
    return f"p = {{p_holm{s}}} after Holm's correction{overlap}"


def _by_signs(verdict: Verdict, s: str) -> str:
    infinite = verdict.effect is None or math.isinf(verdict.effect)
    cause = "a run that found no finite value has no place in a mean" if infinite else "all differences are equal"
    if verdict.drawn == verdict.repeats:
        nothing = verdict.level_mean is not None and not math.isfinite(verdict.level_mean)
        outcome = "neither found a finite value" if nothing else "both reached the same"
        return f"{outcome} in each of {{repeats{s}}} paired repeats{_of(verdict)}"
    conclusion = "so there is no interval, and the signs alone give"
    return (
        f"by {_measure(verdict, s)} it did better in {{won{s}}}, worse in {{lost{s}}} of {{repeats{s}}} paired "
        f"repeats{_of(verdict)}; {cause}, {conclusion} p = {{p_holm{s}}} after Holm's correction"
    )


def _by_nothing(verdict: Verdict, s: str) -> str:
    if not verdict.repeats:
        return "there is no repeat yet in which both have spent their budget"
    effect = f"(effect on the {_measure(verdict, s)}: {{effect{s}}}) " if verdict.effect is not None else ""
    return f"one repeat {effect}can't tell skill from chance"


_EVIDENCE = {"t": _by_t, "signs": _by_signs, "none": _by_nothing}


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
        "{side} did than the second: positive is better, whatever the direction of {metric}. The comparisons were "
        "fixed before there was a result; Holm's correction keeps the chance of any false better or worse among them "
        "below {alpha} %, while each interval (Student's t) is for its comparison alone."
    )
    if comparisons[0].scale == "regret":
        scale = "Normalised regret is zero at a task's best configuration and one at its median one; less is better."
        about = "The intervals speak of other repeats on these tasks, not of other tasks."
        yield " ".join(filter(None, (scale, judging(results).reference, about)))
    elif comparisons[0].tasks > 1:
        yield "The intervals speak of other repeats on these tasks, not of other tasks."
    if all(verdict.margin is None for verdict in comparisons):
        yield (
            "No margin of practical equality is known (it takes two retrainings a run, or a margin in the study file), "
            "so that nothing can be called equivalent."
        )


def _unit(results: Results) -> str:
    trials = results.epochs_budget is None
    return plural(results.budget if trials else results.epochs_budget or 0, "trial" if trials else "epoch")


def _columns(results: Results, frame: pd.DataFrame) -> Iterator[Column]:
    effects = frame[["effect", "low", "high", "low90", "high90", "margin"]].astype(float)
    write = aligned(effects.to_numpy().ravel())
    if len(frame["factor"].unique()) > 1:
        yield words("factor", "Factor")
    yield Column("Comparison", lambda row: comparison_name(results, row), numeric=False)
    yield Column("Verdict", lambda row: str(row["verdict"]), numeric=False)
    yield Column("Effect", lambda row: _number(row["effect"], write))
    yield Column("95 % interval", lambda row: _interval(row, "low", "high", write))
    yield Column("90 % interval", lambda row: _interval(row, "low90", "high90", write))
    yield Column("Margin", lambda row: _number(row["margin"], write))
    yield Column("P(better)", _better)
    yield Column("p", lambda row: _number(row["p"], lambda p: number(p, 2)))
    yield Column("p (Holm)", lambda row: _number(row["p_holm"], lambda p: number(p, 2)))
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
