"""Section: the best value so far of each variant, against the budget spent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpsearch.analysis.best_so_far import LEVEL, best_so_far, coverage
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.random_at_twice import random_at_twice
from hpsearch.analysis.true_value import retrained_at_the_end
from hpsearch.report import figures, scales, style, value_curves
from hpsearch.report.data import changes
from hpsearch.report.precision import uncertainties, uncertainty
from hpsearch.report.section import (
    Drawing,
    Section,
    Table,
    by_count,
    few,
    few_variants,
    leading,
)
from hpsearch.report.text import Fact, Measured, plural
from hpsearch.results.results import Results

_TITLE, _ALONE = "How fast each {noun} improved", "How the best value improved"
_NONE = "No figure: no {noun} has a finite median of its best values yet."
_READING = (
    "A line is the median over runs of the best validation {metric} so far; a whisker is its {level} % interval "
    "(bootstrap over runs). A line ends where the shortest run of its {noun} ends, and early values may lie below the "
    "axis."
)
_ONE_RUN = "The line is the best validation {metric} so far; early values may lie beyond the axis."
_RETRAINED = (
    "The diamond at the end is the median over runs of the best trial's mean validation {metric} when retrained. As "
    "far as it is worse than the line, the selected value is optimistic."
)
_DIAMOND = "In the figure: the diamond is the median of the best trials' mean validation {metric} when retrained."
_SMALL = "With {fewest_runs} runs a whisker covers at most {most_covered} %."
_PANEL = 3.0  # minimum height in inches; more labels beside a panel need more
_WIDE = 3  # up to this many tasks, panels are as wide as the figure and each line has a label


def best_so_far_section(results: Results) -> Section:
    """Build the section with the median and interval, over repeats, of the best value so far."""
    bands = best_so_far(results)
    finite = bands[np.isfinite(bands["median"].astype(float))]
    if finite.empty:
        return Section("best_so_far", by_count(results, _TITLE, _ALONE), (_NONE,))
    facts: dict[str, Fact] = {"metric": results.metric, "unit": value_curves.unit(results), "level": round(100 * LEVEL)}
    task_names, notes = few([task for task in tasks(results) if (finite["task"] == task).any()], 1, facts)
    shown, left = few_variants(results, facts)
    several = len(tasks(results)) > 1
    sentence = _across(results, finite, facts) if several else _sentence(results, finite, facts)
    retrained = retrained_at_the_end(results)
    retrained = retrained[np.isfinite(retrained["value"].astype(float)) & retrained["task"].isin(task_names)]
    again = () if retrained.empty else (_RETRAINED,)
    reading = _ONE_RUN if int(finite["repeats"].max()) == 1 else _READING
    return Section(
        "best_so_far",
        by_count(results, _TITLE, _ALONE),
        (reading, *again, *_caution(finite, facts), *_twice(results, task_names, facts), *notes, *left),
        tables=_tables(results, finite) if several else (),
        drawing=Drawing(_draw(shown, finite, retrained, task_names), sentence, note=_DIAMOND if again else ""),
        data={"best_so_far": changes(bands, ["task", "variant"], ["median", "low", "high"]).drop(columns="repeats")}
        | ({} if retrained.empty else {"retrained": retrained}),
        shared=("trials", "runs", *(("tasks",) if "twice" in facts else ())),
        facts=facts,
    )


def _sentence(results: Results, curves: pd.DataFrame, facts: dict[str, Fact]) -> str:
    """List the medians at the largest common budget of all started variants, best first."""
    end = value_curves.at_the_end(curves)
    facts["after"] = spent = int(end["spent"].max())
    trials = plural(spent, value_curves.unit(results)[:-1])
    level = end.set_index("variant")["median"].astype(float)
    level = level.sort_values(ascending=results.direction == "minimize", kind="stable")
    moves = uncertainty(results)
    for place, (name, median) in enumerate(level.items(), 1):
        facts |= {f"variant_{place}": str(name), f"median_{place}": Measured(median, moves)}
    if len(level) == 1:
        of_runs = "median over runs of the best validation" if int(end["repeats"].max()) > 1 else "best validation"
        return f"After {{after}} {trials} the {of_runs} {{metric}} is {{median_1}}."
    places = [f"{{median_{place}}} for {{variant_{place}}}" for place in range(1, len(level) + 1)]
    return f"After {{after}} {trials} the median best validation {{metric}} is {leading(places, facts)}."


def _across(results: Results, curves: pd.DataFrame, facts: dict[str, Fact]) -> str:
    return f"Best median {value_curves.leaders(results, curves, facts)}"


def _caution(curves: pd.DataFrame, facts: dict[str, Fact]) -> Iterator[str]:
    fewest = int(curves["repeats"].min())
    if coverage(fewest) < LEVEL:
        facts |= {"fewest_runs": fewest, "most_covered": round(100 * coverage(fewest))}
        yield from (_SMALL,) if fewest > 1 else ()


def _twice(results: Results, task_names: list[str], facts: dict[str, Fact]) -> Iterator[str]:
    values = {task: random_at_twice(results, task) for task in task_names}
    if any(map(math.isfinite, values.values())):
        facts["twice"] = 2 * results.budget
        yield "The thin grey line is the best value of the median run of random search after {twice} trials."


def _tables(results: Results, curves: pd.DataFrame) -> tuple[Table, ...]:
    """Return a table of final medians, one row per task, for readers who can't see the figure."""
    moves = uncertainties(results)
    caption = "Median of the best values at the largest budget that all {nouns} reached"
    return (value_curves.final_medians(results, curves, caption, lambda task, _: moves.get(task, math.nan)),)


def _draw(results: Results, curves: pd.DataFrame, retrained: pd.DataFrame, names: list[str]) -> Figure:
    wide = len(names) <= _WIDE
    longest = max(len(style.label(name, value_curves.LABEL)) for name in results.variants)
    height = max(_PANEL, 0.19 * len(results.variants)) if wide else 1.5
    layout = figures.Layout(
        len(names),
        1 if wide else 3,
        height,
        right=0.4 + 0.085 * longest if wide else 0.15,
        head=0.55 if len(names) > 1 else 0.3,
        across=0.2 if wide else 0.62,
        foot=0.5 if wide else 0.65 + 0.18 * -(-len(results.variants) // 4),
        share=False,
        wide=figures.NARROW if len(results.variants) == 1 and len(names) == 1 else figures.WIDTH,
    )
    with style.applied():
        figure, panels = figures.new_figure(layout)
        for axes, task in zip(panels, names, strict=True):
            _panel(axes, results, _of(curves, task), _of(retrained, task), layout, wide=wide)
            if len(names) > 1:
                axes.set_title(style.label(task, figures.letters(layout.width)), loc="left")
        scales.outer_labels(panels, layout.columns)
        if not wide:
            value_curves.key(figure, results)
    return figure


def _of(frame: pd.DataFrame, task: str) -> pd.DataFrame:
    rows: pd.DataFrame = frame[frame["task"] == task]
    return rows


def _panel(
    axes: Axes, results: Results, curves: pd.DataFrame, retrained: pd.DataFrame, layout: figures.Layout, *, wide: bool
) -> None:
    bands = value_curves.draw(axes, results, curves, wide=wide)
    marks = _mark_retrained(axes, results, bands, retrained)
    axes.set_xlim(1, max(value_curves.budget(results), 2) * 1.01)
    metric = style.label(results.metric)
    axes.set(xlabel=value_curves.unit(results), ylabel=f"best validation {metric} so far" if wide else f"best {metric}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8 if wide else 4))
    value_curves.value_axis(axes, pd.concat([curves, marks]), ticks=8 if wide else 4)
    twice = random_at_twice(results, str(curves["task"].iloc[0]))
    if math.isfinite(twice):
        axes.axhline(twice, color=style.MUTED, linewidth=1.0, zorder=1)
    if wide:
        ends = [
            (*band[["spent", "median"]].astype(float).iloc[-1], style.label(name, value_curves.LABEL))
            for name, band in bands.items()
        ]
        if math.isfinite(twice):
            ends.append((value_curves.budget(results), twice, "random × 2"))
        scales.label_ends(axes, ends, layout.height)


def _mark_retrained(
    axes: Axes, results: Results, bands: Mapping[str, pd.DataFrame], retrained: pd.DataFrame
) -> pd.DataFrame:
    """Mark the value of the retrained best trials at the end of each line; return the marks as rows of curves."""
    values = dict(zip(retrained["variant"], retrained["value"].astype(float), strict=True))
    marks = {name: (float(band["spent"].iloc[-1]), values[name]) for name, band in bands.items() if name in values}
    for name, (spent, value) in marks.items():
        color = style.look(results.variants.index(name)).color
        axes.plot([spent], [value], "D", color=color, markerfacecolor=style.PAPER, clip_on=False, zorder=4)
    rows = [(spent, value, value, value) for spent, value in marks.values()]
    return pd.DataFrame(rows, columns=["spent", "low", "median", "high"], dtype=float)
