"""Curves of a value against the spent budget, one line per variant, as several sections draw them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hpsearch.report import scales, style
from hpsearch.report.section import Column, Table, leading, measures, words
from hpsearch.report.text import Fact
from hpsearch.results.results import Results
from hpsearch.text import plain

LABEL = 18  # maximum length of a line's label
_WHISKERS = 6  # maximum number of lines with whiskers
_PLACES = (0.4, 0.6, 0.8, 1.0)  # of the whiskers, as shares of the budget


def unit(results: Results) -> str:
    """Return what the budget counts: ``"trials"`` or ``"epochs"``."""
    return "trials" if results.epochs_budget is None else "epochs"


def budget(results: Results) -> int:
    """Return the budget of a run, in trials or epochs."""
    return results.budget if results.epochs_budget is None else results.epochs_budget


def at_the_end(curves: pd.DataFrame) -> pd.DataFrame:
    """Return each variant's last row on a task, up to the budget that all started variants have reached."""
    common = curves.groupby(["task", "variant"])["spent"].max().groupby("task").min()
    within = curves[curves["spent"] <= curves["task"].map(common)]
    return within.groupby(["task", "variant"], sort=False).tail(1)


def leaders(results: Results, curves: pd.DataFrame, facts: dict[str, Fact]) -> str:
    """Return the end of a sentence: on how many tasks each variant has the best final median; ties count for all."""
    end = at_the_end(curves)
    score = results.sign * end["median"].astype(float)
    first = end[score == score.groupby(end["task"]).transform("max")].groupby("variant")["task"].nunique()
    ordered = first.sort_values(ascending=False, kind="stable")
    facts["compared"] = int(end["task"].nunique())
    for place, (name, count) in enumerate(ordered.items(), 1):
        facts |= {f"variant_{place}": str(name), f"first_{place}": int(count)}
    places = [f"{{variant_{place}}} on {{first_{place}}}" for place in range(1, len(ordered) + 1)]
    return f"at the end, of {{compared}} tasks (a tie counts for each): {leading(places, facts)}."


def final_medians(
    results: Results, curves: pd.DataFrame, caption: str, uncertainty: Callable[[str, str], float]
) -> Table:
    """Return a table of final medians, one row per task; `uncertainty` is of task and variant."""
    end = at_the_end(curves)
    frame = end.pivot_table(index="task", columns="variant", values="median", sort=False, observed=True).astype(float)
    names = [name for name in results.variants if name in frame]
    spent = end.groupby("task", sort=False)["spent"].max()
    frame = frame[names].reindex(spent.index).assign(**{"": spent}).reset_index()
    frame.columns = ["task", *names, "spent"]
    columns = [words("task", "Task"), Column(unit(results).capitalize(), lambda row: f"{row['spent']:.0f}")]
    columns += [
        measures(name, plain(name), lambda row, name=name: uncertainty(str(row["task"]), name))  # type: ignore[misc]
        for name in names
    ]
    return Table(caption, frame, tuple(columns))


def draw(axes: Axes, results: Results, curves: pd.DataFrame, *, wide: bool) -> dict[str, pd.DataFrame]:
    """Draw the lines of one task, with whiskers if there are few; return each drawn variant's rows, in their order."""
    bands: Mapping[Any, pd.DataFrame] = dict(iter(curves.groupby("variant")))
    present = [(index, name) for index, name in enumerate(results.variants) if name in bands]
    for index, name in present:
        _line(axes, bands[name], style.look(index), index, wide=wide)
    if len(present) <= _WHISKERS:
        for place, (index, name) in enumerate(present):
            _whiskers(axes, bands[name], style.look(index), (place + 0.5) / len(present) - 0.5, wide=wide)
    return {name: bands[name] for _, name in present}


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
            x = float(row["spent"]) + 0.05 * longest * (beside if share < 1 else beside - 0.5)
            axes.plot([x, x], [low, high], color=look.color, linewidth=1.3, marker="_", markersize=5, zorder=2)


def key(figure: Figure, results: Results) -> None:
    """Draw a legend below small panels, which lack room for line labels."""
    looks = [style.look(index) for index in range(len(results.variants))]
    handles = [Line2D([], [], color=look.color, linestyle=look.line, marker=look.marker) for look in looks]
    labels = [style.label(name, LABEL) for name in results.variants]
    figure.legend(handles, labels, loc="lower center", ncols=4, fontsize=8.5, handlelength=3.2)


def value_axis(axes: Axes, curves: pd.DataFrame, ticks: int) -> None:
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
