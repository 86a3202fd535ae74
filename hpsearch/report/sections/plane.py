"""Where each strategy put its trials, and what they were worth there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from optuna.distributions import CategoricalDistribution

from hpsearch.analysis.results import PARAM, Results
from hpsearch.analysis.spread import quantiles
from hpsearch.report import figures, scales, style
from hpsearch.report.section import Drawing, Section, by_task
from hpsearch.report.text import Fact, listing

_TITLE = "Where each strategy put its trials"
_COLUMNS = 3
_RASTER = 1500  # points from which on they are stored as pixels, since outlines would make the page heavy


def plane_section(results: Results) -> Section:
    """The trials of each strategy over the first two numeric hyperparameters, or the first one against the value."""
    numeric = [name for name, space in results.space.items() if not isinstance(space, CategoricalDistribution)]
    if not numeric:
        return Section("plane", _TITLE, ("Not drawn: no numeric hyperparameter is searched.",))
    points = _points(results, numeric[:2])
    if points.empty:
        return Section("plane", _TITLE, ("Not drawn: no trial with these hyperparameters is complete yet.",))
    facts: dict[str, Fact] = {
        "metric": results.metric,
        "failed": int(points["failed"].sum()),
        "trials": len(points),
    }
    told = [
        _sentence(results, points[points["task"] == task], facts, s)
        for task, s in by_task(results)
        if (points["task"] == task).any()
    ]
    figure = _draw(results, points, numeric[:2], style.title(told[0], facts))
    return Section(
        "plane",
        _TITLE,
        (*told[1:], _reading(facts)),
        drawing=Drawing(figure, " ".join(told)),
        data={"plane": points},
        facts=facts,
    )


def _points(results: Results, names: list[str]) -> pd.DataFrame:
    """The complete trials that have the parameters; `failed` where they diverged or their value is
    infinite.
    """
    columns = [PARAM + name for name in names]
    trials = results.trials[results.trials["strategy"].isin(results.strategies)]
    trials = trials[trials["state"] == "COMPLETE"].reindex(
        columns=["task", "strategy", "repeat", "number", "value", "diverged", *columns]
    )
    trials = trials.dropna(subset=columns).astype(dict.fromkeys(["value", *columns], float))
    return trials.assign(failed=trials["diverged"].astype(bool) | ~np.isfinite(trials["value"]))


def _sentence(results: Results, points: pd.DataFrame, facts: dict[str, Fact], s: str) -> str:
    """The value that half of each strategy's trials reach, best strategy first."""
    worth = points["value"].where(~points["failed"], -results.sign * math.inf)
    medians = {
        name: float(quantiles(worth[points["strategy"] == name].to_numpy()[None, :], (0.5,))[0, 0])
        for name in results.strategies
        if (points["strategy"] == name).any()
    }
    facts[f"task{s}"] = str(points["task"].iloc[0])
    ordered = sorted(medians, key=lambda name: -results.sign * medians[name])
    reached, not_reached = [], []
    for place, name in enumerate(ordered, 1):
        facts |= {f"strategy{s}_{place}": name, f"median{s}_{place}": medians[name]}
        if math.isfinite(medians[name]):
            reached.append(f"{{median{s}_{place}}} with {{strategy{s}_{place}}}")
        else:
            not_reached.append(f"{{strategy{s}_{place}}}")
    parts = [
        f"half of the trials reach a validation {{metric}} of {listing(reached)}" if reached else "",
        f"half of the trials or more diverged with {listing(not_reached)}" if not_reached else "",
    ]
    told = "; ".join(part for part in parts if part)
    return f"On {{task{s}}}, {told}." if s else f"{told[0].upper()}{told[1:]}."


def _reading(facts: dict[str, Fact]) -> str:
    told = "A point is a trial, over all runs of a strategy: the brighter, the better. A ring marks the best of a run."
    if facts["failed"]:
        told += " Crosses: {failed} of {trials} trials diverged."
    return told


def _draw(results: Results, points: pd.DataFrame, names: list[str], title: str) -> Figure:
    shown = [(task, name) for task, _ in by_task(results) for name in results.strategies]
    columns = min(len(results.strategies), _COLUMNS)
    scale = _colours(results, points)
    coloured = len(names) == 2 and not points["failed"].all()
    layout = figures.Layout(len(shown), columns, 2.2, right=1.1 if coloured else 0.15)
    with style.applied():
        figure, panels = figures.new_figure(title, layout)
        for axes, (task, name) in zip(panels, shown, strict=True):
            panel = points[(points["task"] == task) & (points["strategy"] == name)]
            _panel(axes, results, panel, names, scale, raster=len(points) > _RASTER)
            several = len(by_task(results)) > 1
            axes.set_title(
                style.label(f"{name} on {task}" if several else name, figures.letters(layout.width)), loc="left"
            )
        _axes(panels[0], results, points, names, layout)
        scales.outer_labels(panels, columns)
        if coloured:
            _colour_bar(figure, panels, scale, results)
    return figure


def _colour_bar(figure: Figure, panels: list[Axes], scale: ScalarMappable, results: Results) -> None:
    top, bottom = panels[0].get_position().y1, panels[-1].get_position().y0
    place = figure.add_axes((1 - 0.95 / figures.WIDTH, bottom, 0.13 / figures.WIDTH, top - bottom))
    bar = figure.colorbar(scale, cax=place)
    bar.set_label(f"{style.label(results.metric, 14)} (brighter is better)")
    bar.outline.set_visible(False)
    bar.ax.grid(visible=False)
    if results.sign < 0:
        bar.ax.invert_yaxis()


def _colours(results: Results, points: pd.DataFrame) -> ScalarMappable:
    values = points.loc[~points["failed"], "value"].to_numpy(dtype=float)
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    norm = LogNorm(low, high) if scales.spans_decades(values) else Normalize(low, high)
    return ScalarMappable(norm, "cividis" if results.sign > 0 else "cividis_r")


def _panel(
    axes: Axes, results: Results, panel: pd.DataFrame, names: list[str], scale: ScalarMappable, *, raster: bool
) -> None:
    x = PARAM + names[0]
    y = PARAM + names[1] if len(names) == 2 else "value"
    good, bad = panel[~panel["failed"]], panel[panel["failed"]]
    good = good.iloc[np.argsort(results.sign * good["value"].to_numpy(), kind="stable")]  # the best lie on top
    axes.scatter(
        good[x],
        good[y],
        c=scale.to_rgba(good["value"].to_numpy()),
        s=9 if raster else 20,
        edgecolors=style.MUTED,
        linewidths=0.4,
        rasterized=raster,
        zorder=2,
    )
    leaders = good.groupby("repeat").tail(1)
    axes.scatter(leaders[x], leaders[y], s=62, facecolors="none", edgecolors=style.INK, linewidths=1.2, zorder=4)
    crosses: dict[str, Any] = {"marker": "x", "s": 16, "color": style.CROSS, "linewidths": 0.9, "zorder": 3}
    if len(names) == 2:
        axes.scatter(bad[x], bad[y], rasterized=raster, **crosses)
    else:
        edge = np.full(len(bad), 0.03 if results.sign > 0 else 0.97)
        axes.scatter(bad[x], edge, transform=axes.get_xaxis_transform(), rasterized=raster, **crosses)


def _axes(axes: Axes, results: Results, points: pd.DataFrame, names: list[str], layout: figures.Layout) -> None:
    across, up = figures.letters(layout.width), figures.letters(layout.height)
    scales.parameter_axis(axes, "x", names[0], results.space[names[0]], max(12 // layout.columns, 3), across)
    if len(names) == 2:
        scales.parameter_axis(axes, "y", names[1], results.space[names[1]], 9, up)
        return
    values = points.loc[~points["failed"], "value"].to_numpy(dtype=float)
    if scales.spans_decades(values):
        scales.log_axis(axes, "y", float(values.max() / values.min()))
    axes.set_ylabel(f"validation {style.label(results.metric)}")
