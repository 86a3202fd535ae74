"""A verdict and its evidence in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from hpsearch.analysis.comparison.verdicts import Verdict
from hpsearch.analysis.metrics import metric
from hpsearch.report.precision import half_width
from hpsearch.report.section import level_name
from hpsearch.report.text import Fact, Measured, listing, plural
from hpsearch.results.results import Results

_LEADS = {
    "better": "{level%s} is better than {against%s}",
    "worse": "{level%s} is worse than {against%s}",
    "equivalent": "{level%s} and {against%s} are equivalent",
    "not resolved": "Whether {level%s} is better than {against%s} is not resolved",
}
_MEASURES = {
    ("metric", 1): "{judged} {metric}",
    ("metric", 2): "{judged} {metric}, averaged over {tasks} tasks",
    ("regret", 2): "normalised {judged} regret over {tasks} tasks",
}
_COUNTS = (
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
_MEASURED = ("effect", "low", "high", "equal_low", "equal_high", "margin", "noise", "rows_low", "rows_high")


def precision(verdict: Verdict) -> float:
    """Return half the width of a verdict's interval, or without one the noise of a training; NaN if unknown."""
    half = half_width(verdict.low, verdict.high)
    return half if half > 0 else verdict.noise or float("nan")


def sentence(results: Results, verdict: Verdict, facts: dict[str, Fact], s: str) -> str:
    """Write a verdict and its evidence, and add its facts to `facts`, with names that end in `s`."""
    names = {side: level_name(results, verdict.factor, getattr(verdict, side)) for side in ("level", "against")}
    facts |= {f"{side}{s}": name for side, name in names.items()}
    facts[f"verdict{s}"] = verdict.verdict
    if verdict.cells > 1:
        facts |= {f"cells{s}": verdict.cells, f"over{s}": _others(results, verdict)}
    facts |= {f"{name}{s}": count for name in _COUNTS if (count := getattr(verdict, name)) is not None}
    half = precision(verdict)
    clip = metric(results.metric).clipped_difference if verdict.scale == "metric" else float
    facts |= {
        f"{name}{s}": number if name == "margin" else Measured(clip(number), half)
        for name in _MEASURED
        if (number := getattr(verdict, name)) is not None
    }
    size = ""
    if verdict.by_margin:
        size = f" by at least the margin, {{margin{s}:.3g}}"
    elif verdict.within_margin and verdict.verdict != "equivalent":
        size = f", but by less than the margin, {{margin{s}:.3g}}"
    lead = _LEADS[verdict.verdict] % (s, s)
    return " ".join([f"{lead}{size}: {_evidence(verdict, s)}.", *_remarks(verdict, s)])


def _evidence(verdict: Verdict, s: str) -> str:
    if not verdict.repeats:
        return "there is no repeat yet in which both have spent their budget"
    if verdict.effect is None:
        return f"in none of {{repeats{s}}} paired repeats{_of(verdict)} did both have a finite value"
    measure = _measure(verdict, s)
    if verdict.rule == "signs":
        paired = f"{{repeats{s}}} paired {plural(verdict.repeats, 'repeat')}{_of(verdict)}"
        if verdict.drawn == verdict.repeats:
            return f"the {measure} is the same in {'all ' if verdict.repeats > 1 else ''}{paired}"
        counts = f"{{level{s}}} is better in {{won{s}}} and worse in {{lost{s}}} of {paired}"
        same = (
            "; all differences other than zero have the same size, so only their signs count"
            if verdict.repeats > 1
            else ""
        )
        return f"by {measure} {counts}{same}"
    measure += "," if ", averaged" in measure else ""
    effect = f"the effect on the {measure} is {{effect{s}}}"
    over = f"over {{repeats{s}}} paired {plural(verdict.repeats, 'repeat')}{_of(verdict)}"
    if verdict.low is None:
        return f"{effect} {over}, too few for an interval"
    return f"{effect} (interval {{low{s}}} to {{high{s}}}) {over}{_about_margin(verdict, s)}"


def _about_margin(verdict: Verdict, s: str) -> str:
    if verdict.within_margin and verdict.equal_low is not None:
        inside = f"the interval for equivalence, {{equal_low{s}}} to {{equal_high{s}}}"
        return f"; {inside}, lies within the margin of {{margin{s}:.3g}}"
    if verdict.within_noise:
        return f"; the interval lies within the noise of one training, {{noise{s}}}"
    return ""


def _remarks(verdict: Verdict, s: str) -> Iterator[str]:
    if not verdict.at_planned_budget:
        yield "There is no verdict, because the plan has another number of trials."
    if not verdict.planned:
        yield "This comparison is not in the plan."
    if verdict.contradicted:
        yield "The interval at the planned number of repeats contradicts that of all repeats, and is left out."
    if verdict.failed_level or verdict.failed_against:
        yield (
            f"{{failed_level{s}}} of {{failed_level_of{s}}} trainings of {{level{s}}} and {{failed_against{s}}} of "
            f"{{failed_against_of{s}}} of {{against{s}}} failed; the means leave them out."
        )
        if verdict.failures_verdict != "not resolved":
            more = "more" if verdict.failures_verdict == "worse" else "less"
            yield f"{{level{s}}} fails {more} often (sign test at {{failures_percent}} %)."
    if verdict.skewed:
        yield "The differences are skewed, so that the interval may be wrong more often than it says."
    if not verdict.at_planned_budget:
        return
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
