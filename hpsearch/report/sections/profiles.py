"""Section: performance profiles, the share of tasks against slowdown relative to the fastest variant."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from hpsearch.analysis.comparison.pairings import baseline
from hpsearch.analysis.comparison.profiles import ENOUGH_TASKS, profiles
from hpsearch.analysis.incumbents import tasks
from hpsearch.report import figures, scales, style
from hpsearch.report.data import changes
from hpsearch.report.section import Drawing, Section, few_variants, leading
from hpsearch.report.text import Fact
from hpsearch.results.results import Results

_TITLE = "On how many tasks each {noun} is fast"
_TOO_FEW = (
    "No figure: performance profiles need {enough} tasks on which every {noun} has a complete run and one of them "
    "reached the target of {baseline}; the study has {tasks}."
)
_READING = (
    "A line at x is the share of tasks on which half of the {noun}'s runs reached the target within x times the trials "
    "of the fastest {noun}. Its left end is how often it was among the fastest, its right end how often it reached the "
    "target at all."
)
_PANEL = 2.6
_LABEL = 18


def profiles_section(results: Results) -> Section:
    """Build the section with performance profiles over tasks, by the median number of trials to the target."""
    steps = profiles(results)
    facts: dict[str, Fact] = {
        "enough": ENOUGH_TASKS, "baseline": baseline(results), "metric": results.metric, "tasks": len(tasks(results)),
    }  # fmt: skip
    if steps.empty:
        return Section("profiles", _TITLE, (_TOO_FEW,), facts=facts)
    facts["tasks"] = int(steps["tasks"].iloc[0])
    sentence = _sentence(steps, facts)
    shown, notes = few_variants(results, facts)
    return Section(
        "profiles",
        _TITLE,
        (_READING, *notes),
        drawing=Drawing(_draw(shown, steps), sentence),
        data={"profiles": changes(steps, ["variant"], ["share"]).drop(columns="tasks")},
        facts=facts,
    )


def _sentence(steps: pd.DataFrame, facts: dict[str, Fact]) -> str:
    first = steps[steps["factor"] == 1.0].sort_values("share", ascending=False, kind="stable")
    for place, row in enumerate(first.to_dict("records"), 1):
        facts |= {f"variant_{place}": str(row["variant"]), f"fastest_{place}": round(row["share"] * row["tasks"])}
    parts = [f"{{variant_{place}}} on {{fastest_{place}}}" for place in range(1, len(first) + 1)]
    return f"Fastest to the target, of {{tasks}} tasks (a tie counts for each): {leading(parts, facts)}."


def _draw(results: Results, steps: pd.DataFrame) -> Figure:
    longest = max(len(style.label(name, _LABEL)) for name in results.variants)
    height = max(_PANEL, 0.19 * len(results.variants))
    layout = figures.Layout(1, 1, height, right=0.4 + 0.085 * longest)
    with style.applied():
        figure, (axes,) = figures.new_figure(layout)
        _lines(axes, results, steps, height)
    return figure


def _lines(axes: Axes, results: Results, steps: pd.DataFrame, height: float) -> None:
    right = max(float(steps["factor"].max()), 1.5) * 1.15
    ends = []
    for index, name in enumerate(results.variants):
        line = steps[steps["variant"] == name]
        look, last = style.look(index), float(line["share"].iloc[-1])
        axes.step(
            [*line["factor"], right], [*line["share"], last], where="post",
            color=look.color, linestyle=look.line, marker=look.marker, markersize=5,
            markevery=((0.02 + 0.013 * index) % 0.13, 0.13),
        )  # fmt: skip
        ends.append((right, last, style.label(name, _LABEL)))
    axes.set(xlim=(1, right), ylim=(-0.03, 1.03))
    scales.log_axis(axes, "x", right)
    axes.set(xlabel=f"times the trials of the fastest {results.noun}", ylabel="tasks")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    scales.label_ends(axes, ends, height)
