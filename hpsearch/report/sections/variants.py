"""Section: the table of variants with their scores and costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pandas as pd

from hpsearch.analysis.comparison.pairings import baseline
from hpsearch.analysis.comparison.variant_table import summary_over_tasks, variant_table
from hpsearch.analysis.views import searching
from hpsearch.report.judging import Judging, judging
from hpsearch.report.section import Column, Row, Section, Table, by_task, counts, numbers, words
from hpsearch.report.text import NOTHING, Fact, aligned, plural, value
from hpsearch.results.results import Results
from hpsearch.text import plain

LEVEL = 95  # confidence level of the intervals in variant_table, in per cent
_TITLE = "What each {noun} found and spent"


def variants_section(results: Results) -> Section:
    """Build the section with a table of variants per task and, for several tasks, one over all tasks."""
    frame = variant_table(results)
    if frame.empty:
        return Section("variants", _TITLE, ("No run has begun: there is nothing to compare.",))
    facts: dict[str, Fact] = {"level": LEVEL, "metric": results.metric, "baseline": baseline(results)}
    if searching(results).variants:
        facts["matched"] = baseline(searching(results))
    several = len(by_task(results)) > 1
    over_tasks = summary_over_tasks(results, frame)
    prose = [_leader(results, frame[frame["task"] == task], facts, s) for task, s in by_task(results)]
    return Section(
        "variants",
        _TITLE,
        (
            *(_over_tasks(over_tasks, facts, judging(results)) if several else ()),
            *prose,
            *((_CELLS,) if _has_cells(results) else ()),
            *_reading(frame, facts, judging(results), results.untuned),
        ),
        tables=(*(_summary_table(over_tasks) if several else ()), *_tables(results, frame)),
        data={"variants": frame} | ({"variants_over_tasks": over_tasks} if several else {}),
        shared=("runs",),
        facts=facts,
    )


_UNTUNED = "A variant that searches nothing is trained once in each repeat; that training itself is judged by the test."
_CELLS = "The table shows each combination of levels; no test was made between them."


def _has_cells(results: Results) -> bool:
    """Return whether several factors have several levels."""
    return sum(len(labels) > 1 for labels in results.factors.values()) > 1


def _leader(results: Results, rows: pd.DataFrame, facts: dict[str, Fact], s: str) -> str:
    """Name the leading variant of a task in a sentence, and add its facts to `facts`, with names that end in `s`."""
    facts[f"task{s}"] = str(rows["task"].iloc[0])
    opening = f"On {{task{s}}}: " if s else ""
    judged = "test" if rows["test"].notna().any() else "validation"
    rows = rows[rows[judged].notna()]
    if rows.empty:
        return f"{opening or 'So far '}no run has spent its budget, so there is nothing to compare."
    leader = rows.iloc[int((results.sign * rows[judged]).argmax())]
    facts |= _leader_facts(leader, judged, s)
    sentence = f"{opening}{{leader{s}}} has the best mean {judged} {{metric}} of those compared, {{best{s}}}"
    if len(rows) == 1:
        sentence = f"{opening}{{leader{s}}} has a mean {judged} {{metric}} of {{best{s}}}"
    if not math.isfinite(leader[judged]):
        return f"{opening or 'With every {noun} '}the mean {judged} {{metric}} is not a finite number."
    if judged == "validation":
        return f"{sentence}, but nothing has been tested: validation values are optimistic and decide nothing."
    if math.isnan(leader["test_low"]):
        sentence += f", over {{tested{s}}} {plural(leader['tested'], 'run')}"
        return f"{sentence}: too few for an interval, so chance and skill can't be told apart."
    return f"{sentence} ({{level}} % interval {{low{s}}} to {{high{s}}}, over {{tested{s}}} runs)."


def _leader_facts(leader: Any, judged: str, s: str) -> dict[str, Fact]:
    return {
        f"leader{s}": str(leader["variant"]),
        f"best{s}": float(leader[judged]),
        f"low{s}": float(leader["test_low"]),
        f"high{s}": float(leader["test_high"]),
        f"tested{s}": int(leader["tested"]),
    }


def _over_tasks(summary: pd.DataFrame, facts: dict[str, Fact], judged: Judging) -> Iterator[str]:
    facts["tasks_compared"] = int(summary["tasks"].iloc[0])
    if not facts["tasks_compared"]:
        yield "There is no task yet on which every {noun} has a complete run."
        return
    leader = summary.iloc[int((-summary["rank"]).argmax())]
    facts |= {"first_overall": str(leader["variant"]), "rank_overall": float(leader["rank"])}
    yield (
        "{first_overall} has the best mean place, {rank_overall}, over {tasks_compared} "
        f"{plural(int(summary['tasks'].iloc[0]), 'task')}; places are those of the means over repeats."
    )
    if summary["regret"].notna().any():
        yield (
            "Regret is normalised: (value − best) / (median − best) of the task's configurations, so that zero is the "
            f"best one and one is what the median one reaches. {judged.reference}".rstrip()
        )


def _reading(frame: pd.DataFrame, facts: dict[str, Fact], judged: Judging, untuned: Collection[str]) -> Iterator[str]:
    facts["runs_missing"] = int((frame["runs"] - frame["runs_complete"]).sum())
    if facts["runs_missing"] and frame["runs_complete"].any():
        yield (
            f"{{runs_missing}} {'run is' if facts['runs_missing'] == 1 else 'runs are'} not complete: "
            "left out of every mean, counted in what was spent."
        )
    searched = frame[~frame["variant"].isin(untuned)]
    if len(searched) < len(frame):
        yield _UNTUNED
    if searched["tested"].any():
        yield (
            f"{judged.test} Validation values are optimistic, since the search picked the best of many noisy ones; the "
            "gap says by how much."
        )
    if frame["confirmed"].notna().any():
        yield judged.confirmed
    if frame["better"].notna().any():
        yield (
            "P(better) is the share of paired repeats in which a {noun} did better than {baseline}, ties counting "
            "half, with Wilson's {level} % interval."
        )
    if frame["trials_to_random"].notna().any():
        yield (
            "Trials to match {matched}: how many trials half of the runs needed to be as good as the median "
            "{matched} run at its end."
        )


def _tables(results: Results, frame: pd.DataFrame) -> Iterator[Table]:
    columns = tuple(_columns(results, frame))
    for task, s in by_task(results):
        caption = "The {nouns}, each over its complete runs"
        yield Table(f"{caption}: {plain(task)}" if s else caption, frame[frame["task"] == task], columns)


def _columns(results: Results, frame: pd.DataFrame) -> Iterator[Column]:
    metric, base = plain(results.metric), plain(baseline(results))
    searches = searching(results)
    bound = aligned(frame["test"].astype(float))
    yield words("variant", "{Noun}")
    yield Column("Runs", lambda row: f"{row['runs_complete']} of {row['runs']}")
    yield numbers(frame, "test", f"Test {metric}")
    yield Column(f"{LEVEL} % interval", lambda row: _interval(row, bound))
    if frame["confirmed"].notna().any():
        yield numbers(frame, "confirmed", f"Confirmed validation {metric}")
    yield numbers(frame, "validation", f"Validation {metric} (optimistic)")
    yield numbers(frame, "gap", "Gap", 3)
    if len(results.variants) > 1 and not _has_cells(results):
        yield Column(f"P(better than {base})", _better)
    if frame["regret"].notna().any():
        yield numbers(frame, "regret", "Normalised regret", 3)
    if len(searches.variants) > 1:
        yield Column(f"Trials to match {plain(baseline(searches))}", lambda row: _to_target(row, results.budget))
    yield counts("trials", "Trials")
    yield counts("epochs", "Epochs")
    yield numbers(frame, "seconds", "Seconds", 3)
    yield Column("Infeasible", lambda row: _percent(row["infeasible"]))


def _summary_table(summary: pd.DataFrame) -> Iterator[Table]:
    columns = [
        words("variant", "{Noun}"),
        numbers(summary, "rank", "Mean place", 3),
        Column("First on", lambda row: f"{row['first']} of {row['tasks']} tasks"),
    ]
    if summary["regret"].notna().any():
        columns.append(numbers(summary, "regret", "Mean normalised regret", 3))
    if summary["tasks"].any():
        yield Table("The {nouns} over all tasks", summary, tuple(columns))


def _interval(row: Row, write: Callable[[float], str]) -> str:
    return NOTHING if math.isnan(row["test_low"]) else f"{write(row['test_low'])} to {write(row['test_high'])}"


def _better(row: Row) -> str:
    if math.isnan(row["better"]):
        return NOTHING
    return f"{row['better']:.2f} ({row['better_low']:.2f} to {row['better_high']:.2f})"


def _to_target(row: Row, budget: int) -> str:
    needed = float(row["trials_to_random"])
    return f"> {budget}" if math.isinf(needed) else value(needed)


def _percent(share: float) -> str:
    return NOTHING if math.isnan(share) else f"{100 * share:.0f} %"
