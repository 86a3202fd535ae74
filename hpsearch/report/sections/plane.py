"""Section: each strategy's trials and their values, over two hyperparameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from optuna.distributions import CategoricalDistribution

from hpsearch.analysis.importance import importances
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.isolation import feasibility
from hpsearch.analysis.statistics.spread import quantiles
from hpsearch.report import figures, scales, style
from hpsearch.report.section import MOST, Drawing, Section, by_count, few
from hpsearch.report.text import Fact, listing
from hpsearch.results.results import PARAM, Results

_TITLE, _ALONE = "Where each strategy placed its trials", "Where the search placed its trials"
_COLUMNS = 3
_COLOURED = 0.4  # share of the trials, the best ones, over which the colours spread: good and best differ
_RASTER = 1500  # more points are stored as pixels: vector outlines would bloat the page


def plane_section(results: Results) -> Section:
    """Build the section with each strategy's trials over a task's two most important numeric hyperparameters.

    If only one is numeric, plot the value against it. Importance is fANOVA's; where fANOVA is undefined, take the
    first two of the space.
    """
    title = by_count(results, _TITLE, _ALONE)
    numeric = {task: _numeric(results, task) for task in tasks(results)}
    if not any(numeric.values()):
        return Section("plane", title, ("No figure: no numeric hyperparameter is searched.",))
    facts: dict[str, Fact] = {"metric": results.metric}
    strategies = results.variants[:MOST]
    trials = feasibility(results)
    task_names, notes = few([task for task, names in numeric.items() if names], len(strategies), facts)
    planes = [_plane(results, trials, task, numeric[task]) for task in task_names]
    planes = [plane for plane in planes if len(plane.points)]
    if not planes:
        return Section("plane", title, ("No figure: no trial with these hyperparameters is complete yet.",))
    points = pd.concat([plane.points for plane in planes])
    facts |= {"failed": int(points["infeasible"].sum()), "trials": len(points)}
    sentences = [
        _sentence(results, plane, facts, f"_{i}" if len(planes) > 1 else "") for i, plane in enumerate(planes, 1)
    ]
    if len(strategies) < len(results.variants):
        facts["strategies_drawn"] = len(strategies)
        notes = (*notes, "The figure shows the first {strategies_drawn} strategies; the data files have all.")
    return Section(
        "plane",
        title,
        (_reading(facts, several=len(planes) > 1), *notes),
        drawing=Drawing(_draw(results, planes, strategies), " ".join(sentences)),
        shared=("trials", "runs"),
        facts=facts,
    )


@dataclass(frozen=True)
class Plane:
    """The one or two hyperparameters on the axes of a task's panels, and the trials that sampled them."""

    task: str
    names: tuple[str, ...]
    points: pd.DataFrame


def _numeric(results: Results, task: str) -> list[str]:
    space = results.space_of(task)
    return [name for name, distribution in space.items() if not isinstance(distribution, CategoricalDistribution)]


def _plane(results: Results, trials: pd.DataFrame, task: str, numeric: list[str]) -> Plane:
    names = _most_important(results, task, numeric) if len(numeric) > 2 else numeric
    columns = [PARAM + name for name in names]
    points = trials[trials["task"] == task].reindex(columns=[*_TRIAL_COLUMNS, *columns]).dropna(subset=columns)
    return Plane(task, tuple(names), points.astype(dict.fromkeys(["value", *columns], float)))


_TRIAL_COLUMNS = ["task", "variant", "repeat", "number", "value", "infeasible"]


def _most_important(results: Results, task: str, numeric: list[str]) -> list[str]:
    """Return the two most important hyperparameters, in the order of the space."""
    table = importances(results, task).set_index("parameter")
    importance = table.iloc[:, 0].astype(float).reindex(numeric)
    leading = set(importance.sort_values(ascending=False, kind="stable").index[:2])
    return [name for name in numeric if name in leading]


def _sentence(results: Results, plane: Plane, facts: dict[str, Fact], s: str) -> str:
    """Describe the value that half of each strategy's trials reach, best strategy first."""
    points = plane.points
    worth = points["value"].where(~points["infeasible"], -results.sign * math.inf)
    medians = {
        name: float(quantiles(worth[points["variant"] == name].to_numpy()[None, :], (0.5,))[0, 0])
        for name in results.variants
        if (points["variant"] == name).any()
    }
    facts[f"task{s}"] = plane.task
    ordered = sorted(medians, key=lambda name: -results.sign * medians[name])
    reached, not_reached = [], []
    for place, name in enumerate(ordered, 1):
        facts |= {f"strategy{s}_{place}": name, f"median{s}_{place}": float(medians[name])}
        if math.isfinite(medians[name]):
            reached.append(f"{{median{s}_{place}}} with {{strategy{s}_{place}}}")
        else:
            not_reached.append(f"{{strategy{s}_{place}}}")
    parts = [
        f"half of the trials reach a validation {{metric}} of {listing(reached)}" if reached else "",
        f"half of the trials or more diverged with {listing(not_reached)}" if not_reached else "",
    ]
    text = "; ".join(part for part in parts if part)
    return f"On {{task{s}}}, {text}." if s else f"{text[0].upper()}{text[1:]}."


def _reading(facts: dict[str, Fact], *, several: bool) -> str:
    among = " of its {subject}" if several else ""
    text = f"A point is a trial: the brighter, the better{among}; the darkest colour stands for all worse values. "
    text += "A ring marks the best trial of a run."
    if facts["failed"]:
        text = text.removesuffix(".") + ", a cross one of the {failed} of {trials} trials that diverged."
    return text


def _draw(results: Results, planes: list[Plane], strategies: Sequence[str]) -> Figure:
    several = len(planes) > 1
    columns = min(len(strategies) if len(strategies) > 1 else len(planes), _COLUMNS)
    each = -(-len(strategies) // columns) * columns if len(strategies) > 1 else 1  # panels of a plane
    alone = len(planes) == 1
    coloured = alone and len(planes[0].names) == 2 and not planes[0].points["infeasible"].all()
    layout = figures.Layout(
        len(planes) * each,
        columns,
        2.2,
        right=1.1 if coloured else 0.15,
        head=0.3 if alone else 0.8,
        across=0.2 if alone else 0.6,
        share=alone,
    )
    raster = sum(len(plane.points) for plane in planes) > _RASTER
    with style.applied():
        figure, panels = figures.new_figure(layout)
        for index, plane in enumerate(planes):
            of_plane = panels[index * each : (index + 1) * each]
            for spare in of_plane[len(strategies) :]:
                spare.set_visible(False)
            scale = _colours(results, plane.points)
            for axes, name in zip(of_plane, strategies, strict=False):
                _panel(axes, results, plane, name, scale, raster=raster)
                heading = f"{name} on {plane.task}" if several else name
                if len(panels) == 1:
                    continue  # the page says what it is
                axes.set_title(style.label(heading, figures.letters(layout.width)), loc="left")
            visible = of_plane[: len(strategies)]
            for axes in visible[:1] if alone else visible:
                _axes(axes, results, plane, layout)
            scales.outer_labels(visible, columns)
        if coloured:
            _colour_bar(figure, panels, scale, results)
    return figure


def _colour_bar(figure: Figure, panels: list[Axes], scale: ScalarMappable, results: Results) -> None:
    top, bottom = panels[0].get_position().y1, panels[-1].get_position().y0
    place = figure.add_axes((1 - 0.95 / figures.WIDTH, bottom, 0.13 / figures.WIDTH, top - bottom))
    bar = figure.colorbar(scale, cax=place, extend="min" if results.sign > 0 else "max")
    bar.set_label(f"{style.label(results.metric, 14)} (brighter is better)")
    bar.outline.set_visible(False)
    bar.ax.grid(visible=False)
    if results.sign < 0:
        bar.ax.invert_yaxis()


def _colours(results: Results, points: pd.DataFrame) -> ScalarMappable:
    values = points.loc[~points["infeasible"], "value"].to_numpy(dtype=float)
    best_first = -np.sort(-results.sign * values) * results.sign if len(values) else np.array([1.0, 0.0])
    clipped = best_first[: max(math.ceil(_COLOURED * len(best_first)), 1)]
    low, high = float(clipped.min()), float(clipped.max())
    if low == high:  # all of these are equal: the colours tell them from the others
        low, high = float(best_first.min()), float(best_first.max())
    norm = LogNorm(low, high) if scales.spans_decades(clipped) else Normalize(low, high)
    return ScalarMappable(norm, "cividis" if results.sign > 0 else "cividis_r")


def _panel(axes: Axes, results: Results, plane: Plane, strategy: str, scale: ScalarMappable, *, raster: bool) -> None:
    x, y = [*(PARAM + name for name in plane.names), "value"][:2]
    panel = plane.points[plane.points["variant"] == strategy]
    good, bad = panel[~panel["infeasible"]], panel[panel["infeasible"]]
    good = good.iloc[np.argsort(results.sign * good["value"].to_numpy(), kind="stable")]  # draw the best on top
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
    if len(plane.names) == 2:
        axes.scatter(bad[x], bad[y], rasterized=raster, **crosses)
    else:
        edge = np.full(len(bad), 0.03 if results.sign > 0 else 0.97)
        axes.scatter(bad[x], edge, transform=axes.get_xaxis_transform(), rasterized=raster, **crosses)


def _axes(axes: Axes, results: Results, plane: Plane, layout: figures.Layout) -> None:
    across, up = figures.letters(layout.width), figures.letters(layout.height)
    space = results.space_of(plane.task)
    scales.parameter_axis(axes, "x", plane.names[0], space[plane.names[0]], max(12 // layout.columns, 3), across)
    if len(plane.names) == 2:
        scales.parameter_axis(axes, "y", plane.names[1], space[plane.names[1]], 9, up)
        return
    values = plane.points.loc[~plane.points["infeasible"], "value"].to_numpy(dtype=float)
    if scales.spans_decades(values):
        scales.log_axis(axes, "y", float(values.max() / values.min()))
    axes.set_ylabel(f"validation {style.label(results.metric)}")
