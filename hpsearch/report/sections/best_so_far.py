"""Section: the best value so far of each variant, against the budget spent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hpsearch.analysis.best_so_far import LEVEL, best_so_far, coverage
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.random_at_twice import random_at_twice
from hpsearch.report import figures, scales, style
from hpsearch.report.data import changes
from hpsearch.report.precision import uncertainties, uncertainty
from hpsearch.report.section import (
    Column,
    Drawing,
    Section,
    Table,
    by_count,
    few,
    few_variants,
    leading,
    measures,
    words,
)
from hpsearch.report.text import Fact, Measured, plural
from hpsearch.results.results import Results
from hpsearch.text import plain

_TITLE, _ALONE = "How fast each {noun} improved", "How the best value improved"
_NONE = "No figure: no {noun} has a finite median of its best values yet."
_READING = (
    "A line is the median over runs of the best validation {metric} so far; a whisker is its {level} % interval "
    "(bootstrap over runs). A line ends where the shortest run of its {noun} ends, and early values may lie below the "
    "axis."
)
_ONE_RUN = "The line is the best validation {metric} so far; early values may lie beyond the axis."
_SMALL = "With {fewest_runs} runs a whisker covers at most {most_covered} %."
_PANEL = 3.0  # minimum height in inches; more labels beside a panel need more
_LABEL = 18  # maximum length of a line's label
_WIDE = 3  # up to this many tasks, panels are as wide as the figure and each line has a label
_WHISKERS = 6  # maximum number of lines with whiskers
_PLACES = (0.4, 0.6, 0.8, 1.0)  # of the whiskers, as shares of the budget


def best_so_far_section(results: Results) -> Section:
    """Build the section with the median and interval, over repeats, of the best value so far."""
    bands = best_so_far(results)
    finite = bands[np.isfinite(bands["median"].astype(float))]
    if finite.empty:
        return Section("best_so_far", by_count(results, _TITLE, _ALONE), (_NONE,))
    facts: dict[str, Fact] = {"metric": results.metric, "unit": _unit(results), "level": round(100 * LEVEL)}
    task_names, notes = few([task for task in tasks(results) if (finite["task"] == task).any()], 1, facts)
    shown, left = few_variants(results, facts)
    sentence = _across(results, finite, facts) if len(tasks(results)) > 1 else _sentence(results, finite, facts)
    reading = _ONE_RUN if int(finite["repeats"].max()) == 1 else _READING
    return Section(
        "best_so_far",
        by_count(results, _TITLE, _ALONE),
        (reading, *_caution(finite, facts), *_twice(results, task_names, facts), *notes, *left),
        tables=_tables(results, finite) if len(tasks(results)) > 1 else (),
        drawing=Drawing(_draw(shown, finite, task_names), sentence),
        data={"best_so_far": changes(bands, ["task", "variant"], ["median", "low", "high"]).drop(columns="repeats")},
        shared=("trials", "runs", *(("tasks",) if "twice" in facts else ())),
        facts=facts,
    )


def _unit(results: Results) -> str:
    return "trials" if results.epochs_budget is None else "epochs"


def _budget(results: Results) -> int:
    return results.budget if results.epochs_budget is None else results.epochs_budget


def _at_the_end(curves: pd.DataFrame) -> pd.DataFrame:
    """Return each variant's last row on a task, up to the budget that all started variants have reached."""
    common = curves.groupby(["task", "variant"])["spent"].max().groupby("task").min()
    within = curves[curves["spent"] <= curves["task"].map(common)]
    return within.groupby(["task", "variant"], sort=False).tail(1)


def _sentence(results: Results, curves: pd.DataFrame, facts: dict[str, Fact]) -> str:
    """List the medians at the largest common budget of all started variants, best first."""
    end = _at_the_end(curves)
    spent = int(end["spent"].max())
    facts["after"] = spent
    level = end.set_index("variant")["median"].astype(float)
    level = level.sort_values(ascending=results.direction == "minimize", kind="stable")
    moves = uncertainty(results)
    for place, (name, median) in enumerate(level.items(), 1):
        facts |= {f"variant_{place}": str(name), f"median_{place}": Measured(median, moves)}
    if len(level) == 1:
        of_runs = "median over runs of the best" if int(end["repeats"].max()) > 1 else "best validation"
        return f"After {{after}} {plural(spent, _unit(results)[:-1])} the {of_runs} {{metric}} is {{median_1}}."
    places = [f"{{median_{place}}} for {{variant_{place}}}" for place in range(1, len(level) + 1)]
    return (
        f"After {{after}} {plural(spent, _unit(results)[:-1])} the median best {{metric}} is {leading(places, facts)}."
    )


def _across(results: Results, curves: pd.DataFrame, facts: dict[str, Fact]) -> str:
    """Count the tasks on which each variant has the best final median; ties count for all."""
    end = _at_the_end(curves)
    score = results.sign * end["median"].astype(float)
    first = end[score == score.groupby(end["task"]).transform("max")].groupby("variant")["task"].nunique()
    ordered = first.sort_values(ascending=False, kind="stable")
    facts["compared"] = int(end["task"].nunique())
    for place, (name, count) in enumerate(ordered.items(), 1):
        facts |= {f"variant_{place}": str(name), f"first_{place}": int(count)}
    places = [f"{{variant_{place}}} on {{first_{place}}}" for place in range(1, len(ordered) + 1)]
    return f"Best median at the end, of {{compared}} tasks (a tie counts for each): {leading(places, facts)}."


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
    end = _at_the_end(curves)
    frame = end.pivot_table(index="task", columns="variant", values="median", sort=False, observed=True).astype(float)
    names = [name for name in results.variants if name in frame]
    spent = end.groupby("task", sort=False)["spent"].max()
    frame = frame[names].reindex(spent.index).assign(**{"": spent}).reset_index()
    frame.columns = ["task", *names, "spent"]
    columns = [words("task", "Task"), Column(_unit(results).capitalize(), lambda row: f"{row['spent']:.0f}")]
    moves = uncertainties(results)
    columns += [measures(name, plain(name), lambda row: moves.get(str(row["task"]), math.nan)) for name in names]
    return (Table("Median of the best values at the largest budget that all {nouns} reached", frame, tuple(columns)),)


def _draw(results: Results, curves: pd.DataFrame, names: list[str]) -> Figure:
    wide = len(names) <= _WIDE
    longest = max(len(style.label(name, _LABEL)) for name in results.variants)
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
            _panel(axes, results, curves[curves["task"] == task], layout, wide=wide)
            if len(names) > 1:
                axes.set_title(style.label(task, figures.letters(layout.width)), loc="left")
        scales.outer_labels(panels, layout.columns)
        if not wide:
            _key(figure, results)
    return figure


def _panel(axes: Axes, results: Results, curves: pd.DataFrame, layout: figures.Layout, *, wide: bool) -> None:
    bands: Mapping[Any, pd.DataFrame] = dict(iter(curves.groupby("variant")))
    present = [(index, name) for index, name in enumerate(results.variants) if name in bands]
    for index, name in present:
        _line(axes, bands[name], style.look(index), index, wide=wide)
    if len(present) <= _WHISKERS:
        for place, (index, name) in enumerate(present):
            _whiskers(axes, bands[name], style.look(index), (place + 0.5) / len(present) - 0.5, wide=wide)
    axes.set_xlim(1, max(_budget(results), 2) * 1.01)
    metric = style.label(results.metric)
    axes.set(xlabel=_unit(results), ylabel=f"best validation {metric} so far" if wide else f"best {metric}")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8 if wide else 4))
    _value_axis(axes, curves, ticks=8 if wide else 4)
    twice = random_at_twice(results, str(curves["task"].iloc[0]))
    if math.isfinite(twice):
        axes.axhline(twice, color=style.MUTED, linewidth=1.0, zorder=1)
    if wide:
        ends = [
            (*bands[name][["spent", "median"]].astype(float).iloc[-1], style.label(name, _LABEL)) for _, name in present
        ]
        if math.isfinite(twice):
            ends.append((_budget(results), twice, "random × 2"))
        scales.label_ends(axes, ends, layout.height)


def _line(axes: Axes, band: pd.DataFrame, look: style.Look, first: int, *, wide: bool) -> None:
    """Draw only the points where a value changes: these are few, and one point per trial would bloat the page."""
    values = band["median"].astype(float).to_numpy()
    points = [0, *(1 + np.flatnonzero(values[1:] != values[:-1])), len(values) - 1]
    spent, median = band["spent"].to_numpy()[points], values[points]
    every: Any = ((0.02 + 0.013 * first) % 0.13, 0.13) if wide else [len(points) - 1]
    axes.step(
        spent,
        median,
        where="post",
        color=look.color,
        linestyle=look.line,
        linewidth=1.8 if wide else 1.4,
        marker=look.marker,
        markersize=5 if wide else 4,
        markevery=every,
        zorder=3,
    )


def _whiskers(axes: Axes, band: pd.DataFrame, look: style.Look, beside: float, *, wide: bool) -> None:
    """Draw the interval at a few budgets, moved a little sideways by the line's place, so that none hides another."""
    if int(band["repeats"].max()) < 2:
        return
    longest = int(band["spent"].max())
    for share in _PLACES if wide else _PLACES[-1:]:
        row = band[band["spent"] >= share * longest].iloc[0]
        low, high = float(row["low"]), float(row["high"])
        if math.isfinite(low) and math.isfinite(high):
            x = float(row["spent"]) + 0.05 * longest * (beside if share < 1 or not wide else beside - 0.5)
            axes.plot([x, x], [low, high], color=look.color, linewidth=1.3, marker="_", markersize=5, zorder=2)


def _key(figure: Figure, results: Results) -> None:
    """Draw a legend below small panels, which lack room for line labels."""
    looks = [style.look(index) for index in range(len(results.variants))]
    handles = [Line2D([], [], color=look.color, linestyle=look.line, marker=look.marker) for look in looks]
    labels = [style.label(name, _LABEL) for name in results.variants]
    figure.legend(handles, labels, loc="lower center", ncols=4, fontsize=8.5, handlelength=3.2)


def _value_axis(axes: Axes, curves: pd.DataFrame, ticks: int) -> None:
    """Set limits and scale by the values after the first quarter of the budget; earlier ones may lie outside."""
    values = np.concatenate(list(_finite(curves)))
    if scales.spans_decades(values):
        scales.log_axis(axes, "y", float(values.max() / values.min()), ticks)
        return
    late = curves[curves["spent"] > 0.25 * curves["spent"].max()]
    late_values = np.concatenate(list(_finite(late)))
    late_values = values if late_values.min() == late_values.max() else late_values
    low, high = float(late_values.min()), float(late_values.max())
    room = 0.06 * (high - low or 0.2 * abs(high) or 1.0)
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=ticks))


def _finite(curves: pd.DataFrame) -> Iterator[Any]:
    for column in ("low", "median", "high"):
        values = curves[column].to_numpy(dtype=float)
        yield values[np.isfinite(values)]
