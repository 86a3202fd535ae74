"""Section: the ranges that a narrowing strategy samples from, round by round."""

from __future__ import annotations

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

_TITLE = "How the ranges closed in"
_COLUMNS = 3
_PARAMETERS = 6  # maximum number of parameters in the figure
_STRATEGIES = 4  # maximum number of strategies in the figure, per task


def closing_in_section(results: Results) -> Section:
    """Build the section with the sampling range by trial number, one panel per strategy and parameter."""
    ranges = closing_in(results)
    if ranges.empty:
        return Section("closing_in", _TITLE, ("Not drawn: no strategy of this study notes ranges that it narrows.",))
    facts: dict[str, Fact] = {}
    of_task = {task: _panels(ranges[ranges["task"] == task]) for task in ranges["task"].unique()}
    task_names, notes = few(list(of_task), max(map(len, of_task.values())), facts)
    panels = [(task, *panel) for task in task_names for panel in of_task[task]]
    sentence = _sentence(ranges, panels, facts)
    return Section(
        "closing_in",
        _TITLE,
        (
            "Each band is the range that a run drew from, in the round of the trial; the line is the middle of the "
            "ranges over the runs. Panels are as high as the declared ranges. Trials that explore, which are drawn "
            "from the whole range, are left out.",
            *notes,
        ),
        drawing=Drawing(_draw(results, ranges, panels, style.title(sentence, facts)), sentence),
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


def _draw(results: Results, ranges: pd.DataFrame, panels: list[tuple[str, str, str]], title: str) -> Figure:
    columns = min(len(panels), _COLUMNS)
    several = len({panel[:2] for panel in panels}) > 1
    layout = figures.Layout(
        len(panels), columns, 2.0, head=0.75 if len(panels) > columns else 0.4, across=0.75, foot=0.5, share=False
    )
    with style.applied():
        figure, all_axes = figures.new_figure(title, layout)
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
    """Draw one translucent band per run, and the median of the midpoints as a line; keep only points of change."""
    runs = [run.sort_values("number") for _, run in rows.groupby("repeat")]
    for run in runs:
        low, high, number = (run[column].to_numpy(dtype=float) for column in ("low", "high", "number"))
        begins = np.flatnonzero(np.r_[True, (np.diff(low) != 0) | (np.diff(high) != 0)])
        at = np.r_[number[begins], number[-1] + 1]
        low, high = np.r_[low[begins], low[-1]], np.r_[high[begins], high[-1]]
        axes.fill_between(
            at, low, high, step="post", color=style.look(0).color, alpha=max(0.5 / len(runs), 0.08), linewidth=0
        )
        for edge in (low, high):
            axes.step(at, edge, where="post", color=style.look(0).color, linewidth=0.5, alpha=0.6)
    log = axes.get_yscale() == "log"
    middle = np.sqrt(rows["low"] * rows["high"]) if log else (rows["low"] + rows["high"]) / 2
    table = rows.assign(middle=middle).pivot_table(index="number", columns="repeat", values="middle").ffill()
    line = table.median(axis=1)
    axes.step(line.index.to_numpy(), line.to_numpy(), where="post", color=style.INK, linewidth=1.4)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
