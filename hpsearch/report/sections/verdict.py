"""Section: the verdict of each planned comparison of two strategies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from hpsearch.analysis.comparison.pairings import BASELINE, baseline
from hpsearch.analysis.comparison.verdicts import ALPHA, Verdict, verdicts
from hpsearch.report.judging import judging
from hpsearch.report.section import Column, Row, Section, Table
from hpsearch.report.text import NOTHING, Fact, aligned, number, plural
from hpsearch.results.results import Results
from hpsearch.text import plain

_TITLE = "The verdict"
_LEADS = {
    "better": "{strategy%s} is better than {against%s}",
    "worse": "{strategy%s} is worse than {against%s}",
    "equivalent": "{strategy%s} and {against%s} are practically equivalent",
    "not resolved": "Whether {strategy%s} is better than {against%s} is not resolved",
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
        why = "the study has one strategy" if results.strategies else "no run has begun"
        return Section("verdict", _TITLE, (f"Nothing is compared: {why}.",))
    facts = _facts(results, comparisons)
    sentences = [_sentence(verdict, facts, f"_{place}") for place, verdict in enumerate(comparisons, 1)]
    frame = pd.DataFrame([asdict(verdict) | {"lost": verdict.lost} for verdict in comparisons])
    return Section(
        "verdict",
        _TITLE,
        (*sentences, *_reading(results, comparisons)),
        tables=(Table("The comparisons", frame, tuple(_columns(frame))),),
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
        "baseline": baseline(results),
        "comparisons": len(comparisons),
        "level": 95,
        "level90": 90,
        "alpha": round(100 * ALPHA),
    }


def _sentence(verdict: Verdict, facts: dict[str, Fact], s: str) -> str:
    """Write a verdict and its evidence, and add its facts to `facts`, with names that end in `s`."""
    facts |= {f"strategy{s}": verdict.strategy, f"against{s}": verdict.against, f"verdict{s}": verdict.verdict}
    facts |= {f"{name}{s}": fact for name in _FACT_NAMES if (fact := getattr(verdict, name)) is not None}
    if verdict.margin_source:
        facts[f"source{s}"] = _MARGIN_SOURCES[verdict.margin_source]
    lead = _LEADS[verdict.verdict] % (s, s)
    return f"{lead}: {_EVIDENCE[verdict.basis](verdict, s)}."


def _by_t(verdict: Verdict, s: str) -> str:
    joint = ", and " if verdict.verdict == "equivalent" else "; "
    return (
        f"the effect on the {_measure(verdict)} is {{effect{s}}} ({{level}} % interval {{low{s}}} to {{high{s}}}) over "
        f"{{repeats{s}}} paired repeats of {{budget}} {{unit}}{joint}{_why(verdict, s)}"
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
        nothing = verdict.strategy_mean is not None and not math.isfinite(verdict.strategy_mean)
        outcome = "neither found a finite value" if nothing else "both reached the same"
        return f"{outcome} in each of {{repeats{s}}} paired repeats of {{budget}} {{unit}}"
    conclusion = "so there is no interval, and the signs alone give"
    return (
        f"by {_measure(verdict)} it did better in {{won{s}}}, worse in {{lost{s}}} of {{repeats{s}}} paired repeats of "
        f"{{budget}} {{unit}}; {cause}, {conclusion} p = {{p_holm{s}}} after Holm's correction"
    )


def _by_nothing(verdict: Verdict, s: str) -> str:
    if not verdict.repeats:
        return "there is no repeat yet in which both have spent their budget"
    effect = f"(effect on the {_measure(verdict)}: {{effect{s}}}) " if verdict.effect is not None else ""
    return f"one repeat {effect}can't tell skill from chance"


_EVIDENCE = {"t": _by_t, "signs": _by_signs, "none": _by_nothing}


def _measure(verdict: Verdict) -> str:
    return _MEASURES[verdict.scale, min(verdict.tasks, 2)]


def _reading(results: Results, comparisons: Sequence[Verdict]) -> Iterator[str]:
    if results.strategy_of(baseline(results)) != BASELINE:
        yield "None of the strategies is random search: the others are compared with {baseline}, the study's first one."
    if comparisons[0].judged == "validation":
        yield (
            "Nothing was tested: the verdicts rest on validation values, for which the searches chose their best and "
            "which are therefore optimistic."
        )
    yield (
        "An effect is the mean over paired repeats of how much better the first "
        "strategy did than the second: positive is better, whatever the direction of {metric}. The comparisons were "
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


def _columns(frame: pd.DataFrame) -> Iterator[Column]:
    effects = frame[["effect", "low", "high", "low90", "high90", "margin"]].astype(float)
    write = aligned(effects.to_numpy().ravel())
    yield Column("Comparison", lambda row: plain(f"{row['strategy']} against {row['against']}"), numeric=False)
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
