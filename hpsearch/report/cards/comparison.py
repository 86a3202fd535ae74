"""Cards of a comparison and of its verdicts: what to use, the intervals, and a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hpsearch.analysis.comparison.run_values import run_values
from hpsearch.analysis.comparison.variant_table import variant_table
from hpsearch.analysis.comparison.verdicts import Verdict, verdicts
from hpsearch.notebook import card, paragraph, table
from hpsearch.report.cards import drawings
from hpsearch.report.recommendation import recommendation
from hpsearch.report.section import level_name
from hpsearch.report.sections.verdict_sentence import precision
from hpsearch.report.text import NOTHING, Fact, fill, measured, number
from hpsearch.results.results import Results

_READING = "Dot: mean advantage in {scale} over repeats; bar: its interval. Right of the line the first one is better."
_NOTHING = "Nothing is compared: no two variants differ in one factor only."


def comparison_card(results: Results) -> str:
    """Return the card of a comparison: its advice, the intervals of the verdicts, and the means of the variants."""
    frame = variant_table(results)
    judged = run_values(results).judged
    has_tests = bool(frame["test"].notna().any())
    several = frame["task"].nunique() > 1
    headings = [*(["Task"] if several else []), "Variant", f"Validation {results.metric}"]
    headings += [*([f"Test {results.metric}"] if has_tests else []), "Repeats"]
    rows = [
        [
            *([str(row["task"])] if several else []),
            str(row["variant"]),
            number(float(row["validation"])),
            *([number(float(row["test"]))] if has_tests else []),
            str(row["runs_complete"]),
        ]
        for row in frame.to_dict("records")
    ]
    return card(
        answer(results),
        _figure(results, verdicts(results)),
        table(headings, rows, f"Means over repeats; verdicts judge the {judged} values"),
    )


def verdicts_card(results: Results) -> str:
    """Return the card of verdicts: what they advise, their intervals, and a row for each."""
    every = verdicts(results)
    rows = [(_name(results, each), each.verdict, *_numbers(each), f"{each.repeats}") for each in every]
    headings = ("Comparison", "Verdict", "Advantage", "Interval", "Repeats")
    note = [paragraph("The intervals hold for all comparisons together.")] if len(every) > 1 else []
    parts = [_figure(results, every), table(headings, rows, "Verdicts"), *note] if every else []
    return card(answer(results), *parts)


def answer(results: Results) -> str:
    """Return what a comparison says to use, in one or two sentences."""
    facts: dict[str, Fact] = {}
    return fill(recommendation(results, facts), facts) or _NOTHING


def _numbers(each: Verdict) -> Iterator[str]:
    half = precision(each)
    yield NOTHING if each.effect is None else measured(each.effect, half)
    ends = [measured(end, half) for end in (each.low, each.high) if end is not None]
    yield " to ".join(ends) if len(ends) == 2 else NOTHING


def _figure(results: Results, every: Sequence[Verdict]) -> str:
    if not every:
        return ""
    rows = [drawings.Interval(_name(results, each), each.verdict, each.effect, each.low, each.high) for each in every]
    scale = "normalised regret" if every[0].scale == "regret" else f"{every[0].judged} {results.metric}"
    said = f"Mean advantage in {scale}: " + "; ".join(
        f"{_name(results, each)}: {', interval '.join(_numbers(each))}, {each.verdict}"
        for each in every[: drawings.MOST_LINES]
    )
    return drawings.intervals(rows, said=said, note=_READING.format(scale=scale))


def _name(results: Results, each: Verdict) -> str:
    level, against = (level_name(results, each.factor, side) for side in (each.level, each.against))
    return f"{level} against {against}"
