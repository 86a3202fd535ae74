"""Section: the variants and comparisons summarised over several tasks.

Source: Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice", NeurIPS 2021, and their
package rliable.
"""

from __future__ import annotations

import pandas as pd

from hpsearch.analysis.comparison.run_values import run_values
from hpsearch.analysis.comparison.task_summary import ENOUGH_REPEATS, LEVEL, improvement, interquartile_means
from hpsearch.report.precision import interval_cell, value_cell
from hpsearch.report.section import Column, Section, Table, comparison_name, counts, words
from hpsearch.report.text import NOTHING, Fact
from hpsearch.results.results import Results

_TITLE = "Each {noun} over all tasks"
_NONE = "No summary yet: it needs two tasks, and on each a complete run of both sides of a comparison."
_MEANS = (
    "The interquartile mean is the mean {judged} normalised regret of the middle half of the runs of all tasks; less "
    "is better."
)
_IMPROVEMENT = (
    "The probability of improvement is the share of paired repeats in which the first {side} did better, ties counting "
    "one half, averaged over tasks."
)
_INTERVALS = (
    "The {level} % intervals draw repeats again within each task (stratified bootstrap). They speak for these tasks "
    "only, and decide no verdict."
)
_TOO_FEW = "With {fewest} repeats on a task they are too narrow."


def task_summary_section(results: Results) -> Section:
    """Build the section with interquartile means of normalised regrets, and probabilities of improvement."""
    means, better = interquartile_means(results), improvement(results)
    if means.empty and better.empty:
        return Section("task_summary", _TITLE, (_NONE,))
    values = run_values(results.at_plan or results)
    fewest = int(values.frame.groupby(["task", "variant"]).size().min())
    facts: dict[str, Fact] = {"judged": values.judged, "level": round(100 * LEVEL), "fewest": fewest}
    several = (
        (_MEANS, _means(means)),
        (_IMPROVEMENT, _improvements(results, better)),
    )
    present = [(sentence, table) for sentence, table in several if len(table.frame)]
    caution = f"{_INTERVALS} {_TOO_FEW}" if fewest < ENOUGH_REPEATS else _INTERVALS
    prose = (*(sentence for sentence, _ in present), caution)
    return Section("task_summary", _TITLE, prose, tables=tuple(table for _, table in present), facts=facts)


def _means(frame: pd.DataFrame) -> Table:
    estimate = _estimate("mean", "Interquartile mean")
    columns = (words("variant", "{Noun}"), *estimate, counts("runs", "Runs"), counts("tasks", "Tasks"))
    return Table("Interquartile mean over all tasks", frame, columns)


def _improvements(results: Results, frame: pd.DataFrame) -> Table:
    comparison = Column("Comparison", lambda row: comparison_name(results, row), numeric=False)
    columns = (comparison, *_estimate("probability", "P(improvement)"), counts("tasks", "Tasks"))
    return Table("Probability of improvement over all tasks", frame, columns)


def _estimate(name: str, heading: str) -> tuple[Column, Column]:
    """Return the columns of an estimate and its interval; none where all resamples agree, which says nothing."""
    return (
        Column(heading, lambda row: value_cell(row, name, "low", "high")),
        Column(
            f"{round(100 * LEVEL)} % interval",
            lambda row: NOTHING if row["low"] == row["high"] else interval_cell(row, "low", "high"),
        ),
    )
