"""How fast each strategy got there: the best value so far against the trials spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpsearch.analysis.incumbents import anytime, incumbents, tasks
from hpsearch.analysis.results import Results
from hpsearch.report import figures, scales, style
from hpsearch.report.section import Drawing, Section, by_task
from hpsearch.report.text import Fact, listing, plural

_TITLE = "How fast each strategy got there"
_NONE = "Not drawn: no strategy has a median best value yet that is a finite number."
_READING = (
    "Lines are the median over runs of the best validation {metric} so far; bands reach from the lower to the upper "
    "quartile. A line goes as far as every run of its strategy has come. "
    "The scale is that of the later trials: early values may lie outside it."
)
_PANEL = 3.0  # inches high
_LABEL = 18  # letters of a line's label


def best_so_far_section(results: Results) -> Section:
    """Median and quartile band over repeats of the best value so far."""
    bands = anytime(results)
    bands = bands.assign(trials=bands["number"] + 1)
    shown = bands[np.isfinite(bands["median"].astype(float))]
    if shown.empty:
        return Section("best_so_far", _TITLE, (_NONE,))
    facts: dict[str, Fact] = {"metric": results.metric}
    told = [
        _sentence(results, shown[shown["task"] == task], facts, s)
        for task, s in by_task(results)
        if (shown["task"] == task).any()
    ]
    return Section(
        "best_so_far",
        _TITLE,
        (*told[1:], _READING),
        drawing=Drawing(_draw(results, shown, style.title(told[0], facts)), " ".join(told)),
        data={"best_so_far": bands, "incumbents": incumbents(results)},
        facts=facts,
    )


def _sentence(results: Results, shown: pd.DataFrame, facts: dict[str, Fact], s: str) -> str:
    """The medians where all strategies that have begun can be compared, best first."""
    common = shown.groupby("strategy")["trials"].max().min()
    level = shown[shown["trials"] == common].set_index("strategy")["median"].astype(float)
    level = level.sort_values(ascending=results.direction == "minimize", kind="stable")
    facts |= {f"task{s}": str(shown["task"].iloc[0]), f"after{s}": int(common)}
    for place, (name, median) in enumerate(level.items(), 1):
        facts |= {f"strategy{s}_{place}": str(name), f"median{s}_{place}": float(median)}
    places = [f"{{median{s}_{place}}} for {{strategy{s}_{place}}}" for place in range(1, len(level) + 1)]
    return (
        f"After {{after{s}}} {plural(common, 'trial')}{f' on {{task{s}}}' if s else ''} "
        f"the median best {{metric}} is {listing(places)}."
    )


def _draw(results: Results, shown: pd.DataFrame, title: str) -> Figure:
    names = [task for task in tasks(results) if (shown["task"] == task).any()]
    longest = max(len(style.label(name, _LABEL)) for name in results.strategies)
    layout = figures.Layout(
        len(names), 1, _PANEL, right=0.4 + 0.085 * longest, head=0.55 if len(names) > 1 else 0.3, share=False
    )
    with style.applied():
        figure, panels = figures.new_figure(title, layout)
        for axes, task in zip(panels, names, strict=True):
            _panel(axes, results, shown[shown["task"] == task])
            if len(names) > 1:
                axes.set_xlabel("trials" if axes is panels[-1] else "")
                axes.set_title(style.label(task), loc="left")
    return figure


def _panel(axes: Axes, results: Results, shown: pd.DataFrame) -> None:
    bands: Mapping[Any, pd.DataFrame] = dict(iter(shown.groupby("strategy")))
    drawn = [(index, name) for index, name in enumerate(results.strategies) if name in bands]
    for index, name in drawn:
        _line(axes, bands[name], style.look(index), max(results.budget // 8, 1), index)
    axes.set_xlim(1, max(results.budget, 2) * 1.01)
    axes.set(xlabel="trials", ylabel=f"best validation {style.label(results.metric)} so far")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    _value_axis(axes, shown, results.sign)
    ends = [(*bands[name][["trials", "median"]].astype(float).iloc[-1], style.label(name, _LABEL)) for _, name in drawn]
    scales.label_ends(axes, ends, _PANEL)


def _line(axes: Axes, band: pd.DataFrame, look: style.Look, every: int, first: int) -> None:
    trials, lower, median, upper = band[["trials", "lower", "median", "upper"]].astype(float).to_numpy().T
    axes.step(
        trials,
        median,
        where="post",
        color=look.color,
        linestyle=look.line,
        marker=look.marker,
        markersize=5,
        markevery=sorted({*range(first % every, len(trials), every), len(trials) - 1}),
        zorder=3,
    )
    axes.fill_between(trials, lower, upper, step="post", color=look.color, alpha=0.13, linewidth=0)
    for edge in (lower, upper):
        axes.step(trials, edge, where="post", color=look.color, linewidth=0.5, alpha=0.7)


def _value_axis(axes: Axes, shown: pd.DataFrame, sign: int) -> None:
    """Limits and scale: what happens after the first quarter of the trials decides them; before, lines may leave."""
    values = np.concatenate(list(_finite(shown)))
    if scales.spans_decades(values):
        scales.log_axis(axes, "y", float(values.max() / values.min()))
        return
    late = shown[shown["trials"] > 0.25 * shown["trials"].max()]
    kept = np.concatenate(list(_finite(late)))
    low, high = float(kept.min()), float(kept.max())
    room = 0.06 * (high - low or abs(high) or 1.0)
    axes.set_ylim(low - room, high + room)


def _finite(shown: pd.DataFrame) -> Iterator[Any]:
    for column in ("lower", "median", "upper"):
        values = shown[column].to_numpy(dtype=float)
        yield values[np.isfinite(values)]
