"""Section: the table of variants with their scores and costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import pandas as pd

from hpsearch.analysis.comparison.pairings import baseline
from hpsearch.analysis.comparison.variant_table import summary_over_tasks, variant_table
from hpsearch.analysis.comparison.verdicts import verdicts
from hpsearch.analysis.metrics import metric
from hpsearch.analysis.views import searching
from hpsearch.report.judging import Judging, judging
from hpsearch.report.precision import better_cell, half_width, interval_cell, uncertainty
from hpsearch.report.section import (
    MOST,
    Column,
    Row,
    Section,
    Table,
    by_count,
    by_task,
    counts,
    measures,
    numbers,
    words,
)
from hpsearch.report.text import NOTHING, Fact, Measured, listing, measured, plural, value
from hpsearch.results.results import Results
from hpsearch.text import plain

LEVEL = 95  # confidence level of the intervals in variant_table, in per cent
_TITLE, _ALONE = "Score and cost of each {noun}", "Score and cost of the search"


def variants_section(results: Results) -> Section:
    """Build the section with a table of variants per task and, for several tasks, one over all tasks."""
    frame = variant_table(results)
    if frame.empty:
        return Section("variants", by_count(results, _TITLE, _ALONE), ("No run has started yet.",))
    facts: dict[str, Fact] = {"level": LEVEL, "metric": results.metric, "baseline": baseline(results)}
    if searching(results).variants:
        facts["matched"] = baseline(searching(results))
    several = len(by_task(results)) > 1
    over_tasks = summary_over_tasks(results, frame)
    prose = [_leader(results, frame[frame["task"] == task], facts, s) for task, s in by_task(results)]
    return Section(
        "variants",
        by_count(results, _TITLE, _ALONE),
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


_UNTUNED = (
    "A variant that searches nothing is trained once in each repeat, and that training is scored on the test rows."
)
_PARTS = (
    "In brackets are the two parts of the gap: how much better the chosen trial looked than the same hyperparameters "
    "trained again, and how much harder the test rows are for these than the validation rows (below 0: easier)."
)
_CELLS = "The table has a row for each combination of levels; the comparisons average over the other factors."


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
        return f"{opening or 'So far '}no run has spent its budget."
    leader = rows.iloc[int((results.sign * rows[judged]).argmax())]
    facts |= _leader_facts(results, leader, judged, s)
    sentence = f"{opening}{{leader{s}}} has the best mean {judged} {{metric}}, {{best{s}}}"
    if len(rows) == 1:
        sentence = f"{opening}{{leader{s}}} has a mean {judged} {{metric}} of {{best{s}}}"
    if not math.isfinite(leader[judged]):
        return f"{opening or 'With every {noun} '}the mean {judged} {{metric}} is not a finite number."
    if judged == "validation":
        return f"{sentence}. Nothing was tested: validation values are optimistic and decide nothing."
    if math.isnan(leader["test_low"]):
        return f"{sentence}, over {{tested{s}}} {plural(leader['tested'], 'run')}: too few for an interval."
    sentence = f"{sentence} ({{level}} % interval {{low{s}}} to {{high{s}}}, over {{tested{s}}} runs)"
    others = [other for other in rows["variant"] if other != leader["variant"]]
    apart = told_apart(results, str(leader["variant"]))
    left = [other for other in others if other not in apart]
    if not left or _has_cells(results):
        return f"{sentence}."
    facts[f"not_apart{s}"] = listing(left, "or") if len(left) <= MOST else f"{len(left)} others"
    return f"{sentence}; no verdict calls it better than {{not_apart{s}}}."


def told_apart(results: Results, leader: str) -> set[str]:
    """Return the variants that a comparison found worse than `leader`, in studies that vary one factor."""
    worse = set()
    for each in verdicts(results):
        names = {results.levels[label].get(each.factor): label for label in results.variants}
        first, second = names.get(each.level), names.get(each.against)
        if leader == first and each.verdict == "better":
            worse.add(str(second))
        if leader == second and each.verdict == "worse":
            worse.add(str(first))
    return worse


def _leader_facts(results: Results, leader: Any, judged: str, s: str) -> dict[str, Fact]:
    half = uncertainty(results, str(leader["task"]), _half(leader), float(leader[judged]))
    bounds = metric(results.metric)
    return {
        f"leader{s}": str(leader["variant"]),
        f"best{s}": Measured(leader[judged], half),
        f"low{s}": Measured(bounds.clipped(float(leader["test_low"])), half),
        f"high{s}": Measured(bounds.clipped(float(leader["test_high"])), half),
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
        "{first_overall} has the best mean place, {rank_overall:#.2g}, over {tasks_compared} "
        f"{plural(int(summary['tasks'].iloc[0]), 'task')}, by the means over repeats. The comparisons say what of this "
        "is more than chance."
    )
    if summary["regret"].notna().any():
        yield (
            "Normalised regret is zero at a task's best configuration and one at its median one. "
            f"{judged.reference}".rstrip()
        )


def _reading(frame: pd.DataFrame, facts: dict[str, Fact], judged: Judging, untuned: Collection[str]) -> Iterator[str]:
    facts["runs_missing"] = int((frame["runs"] - frame["runs_complete"]).sum())
    if facts["runs_missing"] and frame["runs_complete"].any():
        yield (
            f"{{runs_missing}} {'run is' if facts['runs_missing'] == 1 else 'runs are'} not complete. "
            "The means leave them out; the costs include them."
        )
    searched = frame[~frame["variant"].isin(untuned)]
    if len(searched) < len(frame):
        yield _UNTUNED
    if searched["tested"].any():
        yield (
            f"{judged.test} Validation values are optimistic, because each is the best of many noisy ones; the gap "
            "says by how much."
        )
    if frame["gap_rows"].notna().any():
        yield _PARTS
    if frame["confirmed"].notna().any():
        yield judged.confirmed
    if frame["better"].notna().any():
        yield (
            "P(better) is the share of paired repeats in which a {noun} did better than {baseline} (ties count half), "
            "with Wilson's {level} % interval."
        )
    if frame["trials_to_random"].notna().any():
        yield (
            "Trials to match {matched} is the number of trials after which half of the runs were as good as the median "
            "{matched} run at its end."
        )


def _tables(results: Results, frame: pd.DataFrame) -> Iterator[Table]:
    columns = tuple(_columns(results, frame))
    for task, s in by_task(results):
        caption = (
            "The {nouns}, over their complete runs"
            if len(results.variants) > 1
            else "The search, over its complete runs"
        )
        yield Table(f"{caption}: {plain(task)}" if s else caption, frame[frame["task"] == task], columns)


def _columns(results: Results, frame: pd.DataFrame) -> Iterator[Column]:
    name, base = plain(results.metric), plain(baseline(results))
    searches = searching(results)

    def precision(row: Row) -> float:
        return uncertainty(results, str(row["task"]), _half(row))

    yield words("variant", "{Noun}")
    yield Column("Runs", lambda row: f"{row['runs_complete']} of {row['runs']}")
    yield measures("test", f"Test {name}", precision)
    yield Column(
        f"{LEVEL} % interval",
        lambda row: interval_cell(row, "test_low", "test_high", metric(results.metric).clipped, precision(row)),
    )
    if frame["confirmed"].notna().any():
        yield measures("confirmed", f"Confirmed validation {name}", precision)
    yield measures("validation", f"Validation {name} (optimistic)", precision)
    split = bool(frame["gap_rows"].notna().any())
    yield Column("Gap (selection, test rows)", partial(_gap, precision)) if split else measures("gap", "Gap", precision)
    if len(results.variants) > 1 and not _has_cells(results):
        yield Column(f"P(better than {base})", better_cell)
    if frame["regret"].notna().any():
        yield numbers(frame, "regret", "Normalised regret")
    if len(searches.variants) > 1:
        yield Column(f"Trials to match {plain(baseline(searches))}", lambda row: _to_target(row, results.budget))
    yield counts("trials", "Trials")
    yield counts("epochs", "Epochs")
    yield numbers(frame, "seconds", "Seconds")
    yield Column("Diverged or failed", lambda row: _percent(row["infeasible"]))


def _summary_table(summary: pd.DataFrame) -> Iterator[Table]:
    columns = [
        words("variant", "{Noun}"),
        numbers(summary, "rank", "Mean place"),
        Column("First on", lambda row: f"{row['first']} of {row['tasks']} tasks"),
    ]
    if summary["regret"].notna().any():
        columns.append(numbers(summary, "regret", "Mean normalised regret"))
    if summary["tasks"].any():
        yield Table("The {nouns} over all tasks", summary, tuple(columns))


def _gap(precision: Callable[[Row], float], row: Row) -> str:
    whole, *parts = (measured(float(row[name]), precision(row)) for name in ("gap", "gap_selection", "gap_rows"))
    return whole if math.isnan(row["gap_rows"]) else f"{whole} ({', '.join(parts)})"


def _half(row: Row) -> float:
    return half_width(float(row["test_low"]), float(row["test_high"]))


def _to_target(row: Row, budget: int) -> str:
    needed = float(row["trials_to_random"])
    return f"> {budget}" if math.isinf(needed) else value(needed)


def _percent(share: float) -> str:
    return NOTHING if math.isnan(share) else f"{100 * share:.0f} %"
