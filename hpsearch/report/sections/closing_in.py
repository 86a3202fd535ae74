"""Section: the ranges that a narrowing strategy samples from, round by round."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpsearch.analysis.closing_in import closing_in
from hpsearch.report import figures, scales, style
from hpsearch.report.section import Drawing, Section, few
from hpsearch.report.text import Fact, listing
from hpsearch.results.results import Results

_TITLE = "How the ranges narrowed"
_COLUMNS = 3
_PARAMETERS = 6  # maximum number of parameters in the figure
_STRATEGIES = 4  # maximum number of strategies in the figure, per task


def closing_in_section(results: Results) -> Section:
    """Build the section with the sampling range by trial number, one panel per strategy and parameter."""
    ranges = closing_in(results)
    if ranges.empty:
        return Section("closing_in", _TITLE, ("No figure: no strategy of this study records ranges that it narrows.",))
    facts: dict[str, Fact] = {}
    of_task = {task: _panels(ranges[ranges["task"] == task]) for task in ranges["task"].unique()}
    task_names, notes = few(list(of_task), max(map(len, of_task.values())), facts)
    panels = [(task, *panel) for task in task_names for panel in of_task[task]]
    sentence = _sentence(ranges, panels, facts)
    return Section(
        "closing_in",
        _TITLE,
        (
            "The dark band lies between the medians over runs of both ends of the range, the light one between their "
            "outer quartiles; the line is the middle. The axis is the declared range, and trials that explore all of "
            "it are left out.",
            *notes,
        ),
        drawing=Drawing(_draw(results, ranges, panels), sentence),
        shared=("ranges", "runs"),
        facts=facts,
    )


def _panels(ranges: pd.DataFrame) -> list[tuple[str, str]]:
    strategies = list(ranges["variant"].unique())[:_STRATEGIES]
    most = max(_PARAMETERS // len(strategies), 2)
    return [
        (strategy, str(name))
        for strategy in strategies
        for name in ranges.loc[ranges["variant"] == strategy, "parameter"].unique()[:most]
    ]


def _last(rows: pd.DataFrame) -> float:
    """Return the median over runs of the final range's share of the declared range."""
    return float(rows.sort_values("number").groupby("repeat")["width"].last().median())


def _sentence(ranges: pd.DataFrame, panels: list[tuple[str, str, str]], facts: dict[str, Fact]) -> str:
    """Describe the final ranges of the first strategy on the first task; the figure shows the others."""
    task, strategy, _ = panels[0]
    rows = ranges[(ranges["task"] == task) & (ranges["variant"] == strategy)]
    facts |= {"strategy": strategy, "task": task, "after": int(rows["number"].max()) + 1}
    names = [name for at, by, name in panels if (at, by) == (task, strategy)]
    for place, name in enumerate(names, 1):
        share = max(round(100 * _last(rows[rows["parameter"] == name])), 1)
        facts |= {f"parameter_{place}": name, f"share_{place}": share}
    shares = [f"{{share_{place}}} % of the range of {{parameter_{place}}}" for place in range(1, len(names) + 1)]
    on = " on {task}" if len({at for at, *_ in panels}) > 1 else ""
    return f"After {{after}} trials{on}, {{strategy}} draws from {listing(shares)}."


def _draw(results: Results, ranges: pd.DataFrame, panels: list[tuple[str, str, str]]) -> Figure:
    columns = min(len(panels), _COLUMNS)
    several = len({panel[:2] for panel in panels}) > 1
    layout = figures.Layout(
        len(panels),
        columns,
        2.0,
        head=0.75 if len(panels) > columns else 0.4,
        across=0.75,
        foot=0.5,
        share=False,
        top=None if several else 0.15,
    )
    with style.applied():
        figure, all_axes = figures.new_figure(layout)
        letters = figures.letters(layout.width)
        for index, (axes, (task, strategy, name)) in enumerate(zip(all_axes, panels, strict=True)):
            selected = (ranges["task"] == task) & (ranges["variant"] == strategy) & (ranges["parameter"] == name)
            scales.parameter_axis(axes, "y", name, results.space_of(task)[name], 6, figures.letters(layout.height))
            _panel(axes, ranges[selected])
            if several:
                at = f"{strategy} on {task}" if len({panel[0] for panel in panels}) > 1 else strategy
                axes.set_title(style.label(at, letters), loc="left")
            axes.set_xlabel("trial" if index + columns >= len(panels) else "")
            axes.set_xlim(0, max(results.budget, 2))
    return figure


def _panel(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw the median of the ends over the runs as a band, their outer quartiles as a lighter one, and the middle."""
    log = axes.get_yscale() == "log"
    ends = rows.assign(
        low=np.log(rows["low"]) if log else rows["low"], high=np.log(rows["high"]) if log else rows["high"]
    )
    tables = {
        side: ends.pivot_table(index="number", columns="repeat", values=side).ffill().bfill()
        for side in ("low", "high")
    }
    at = np.r_[tables["low"].index.to_numpy(dtype=float), tables["low"].index.max() + 1.0]
    back = np.exp if log else np.asarray

    def edge(side: str, share: float) -> Any:
        values = tables[side].quantile(share, axis=1).to_numpy(dtype=float)
        return back(np.r_[values, values[-1]])

    color = style.look(0).color
    for low, high, alpha in ((0.25, 0.75, 0.22), (0.5, 0.5, 0.45)):
        axes.fill_between(at, edge("low", low), edge("high", high), step="post", color=color, alpha=alpha, linewidth=0)
    middle = back((np.r_[_median(tables["low"])] + np.r_[_median(tables["high"])]) / 2)
    axes.step(at, np.r_[middle, middle[-1]], where="post", color=style.INK, linewidth=1.4)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))


def _median(table: pd.DataFrame) -> Any:
    return table.median(axis=1).to_numpy(dtype=float)
