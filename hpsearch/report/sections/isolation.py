"""Section: the best value in each part of a hyperparameter's range, over all values of the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from optuna.distributions import BaseDistribution, CategoricalDistribution

from hpsearch.analysis.best import leaders, parameters
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.isolation import BUCKETS, FEW, feasibility, isolation
from hpsearch.report import figures, scales, style
from hpsearch.report.precision import uncertainty
from hpsearch.report.section import Drawing, Section, few
from hpsearch.report.text import Fact, Measured, listing
from hpsearch.results.results import PARAM, Results

_TITLE = "Which values of each hyperparameter are good"
_COLUMNS = 3
_PARAMETERS = 12  # maximum number of parameters in the figure, per task
_POINTS = 1500  # more points are stored as pixels: vector outlines would bloat the page
_CHOICES = 12  # maximum number of choices on an axis

Panel = tuple[str, str]  # task, parameter


def isolation_section(results: Results) -> Section:
    """Build the section with the best value in each bucket of a parameter, one panel per parameter."""
    buckets = isolation(results)
    if buckets.empty:
        return Section("isolation", _TITLE, ("No figure: no trial of a searched hyperparameter is complete yet.",))
    if buckets["best"].isna().all():
        return Section("isolation", _TITLE, ("No figure: all complete trials diverged.",))
    facts: dict[str, Fact] = {
        "metric": results.metric,
        "buckets": BUCKETS,
        "few": FEW,
        "trials": int(buckets.groupby(["task", "parameter"])["trials"].sum().groupby("task").max().sum()),
        "infeasible": int(buckets.groupby(["task", "parameter"])["infeasible"].sum().groupby("task").max().sum()),
    }
    panels, notes = _panels(results, buckets, facts)
    sentence = _sentence(results, list(dict.fromkeys(task for task, _ in panels)), buckets, facts)
    return Section(
        "isolation",
        _TITLE,
        (_reading(facts), *notes),
        drawing=Drawing(_draw(results, buckets, panels), sentence),
        data={"isolation": buckets},
        shared=("trials", "runs"),
        facts=facts,
    )


def _panels(results: Results, buckets: pd.DataFrame, facts: dict[str, Fact]) -> tuple[list[Panel], tuple[str, ...]]:
    present = [task for task in tasks(results) if (buckets["task"] == task).any()]
    of_task = {task: list(buckets.loc[buckets["task"] == task, "parameter"].unique()) for task in present}
    most = max(map(len, of_task.values()))
    selected, notes = few(present, most, facts)
    if most > _PARAMETERS:
        facts["parameters_drawn"] = _PARAMETERS
        notes = (
            *notes,
            "The figure shows the first {parameters_drawn} hyperparameters of the space; the data files have all.",
        )
    return [(task, name) for task in selected for name in of_task[task][:_PARAMETERS]], notes


def _sentence(results: Results, task_names: list[str], buckets: pd.DataFrame, facts: dict[str, Fact]) -> str:
    """Locate the best trial of the first task that has one, in its first three parameters."""
    best = leaders(results, 1)
    task = next((task for task in task_names if (best["task"] == task).any()), None)
    if task is None:
        return "All trials of these tasks diverged."
    trial = best[best["task"] == task].iloc[0]
    facts["best"] = Measured(trial["value"], uncertainty(results, task))
    places = []
    for place, (name, value) in enumerate(list(parameters(trial, results.space_of(task)).items())[:3], 1):
        rows = buckets[(buckets["task"] == task) & (buckets["parameter"] == name)]
        around = rows[rows["label"] == str(value)] if rows["low"].isna().all() else rows[rows["low"] <= value]
        bucket = around.iloc[-1]
        alone = str(bucket["label"])
        facts |= {f"parameter_{place}": name, f"where_{place}": alone or f"{bucket['low']:.2g} to {bucket['high']:.2g}"}
        places.append(f"{{parameter_{place}}} {'at' if alone else 'from'} {{where_{place}}}")
    on = ""
    if len(tasks(results)) > 1:
        facts["task"] = task
        on = " on {task}"
    where = f"has {listing(places)}" if places else "has none of them"
    return f"The trial with the best validation {{metric}}{on}, {{best}}, {where}."


def _reading(facts: dict[str, Fact]) -> str:
    text = (
        "A bar is the best validation {metric} in a part of the range (dotted over fewer than {few} trials, a triangle "
        "where it lies below the axis); points are trials. A range is wide enough if its best bars lie well inside it."
    )
    if facts["infeasible"]:
        text += " Crosses are the {infeasible} of {trials} trials that diverged or failed."
    return text.rstrip()


def _draw(results: Results, buckets: pd.DataFrame, panels: list[Panel]) -> Figure:
    columns = min(len(panels), _COLUMNS)
    several = len({task for task, _ in panels}) > 1
    layout = figures.Layout(
        len(panels), columns, 1.9 if columns > 1 else 2.6, head=0.75 if len(panels) > columns else 0.4, foot=0.6,
        across=0.6 if several else 0.25, share=False, top=None if several else 0.15,
    )  # fmt: skip
    trials = feasibility(results)
    with style.applied():
        figure, all_axes = figures.new_figure(layout)
        for index, (axes, (task, name)) in enumerate(zip(all_axes, panels, strict=True)):
            rows = buckets[(buckets["task"] == task) & (buckets["parameter"] == name)]
            of_task = trials[trials["task"] == task]
            distribution = results.space_of(task)[name]
            _panel(axes, results, rows, of_task, name, distribution, layout)
            if index % columns:
                axes.tick_params(labelleft=several)
            if several:
                axes.set_title(style.label(task, figures.letters(layout.width)), loc="left")
            if index % columns == 0:
                axes.set_ylabel(f"validation {style.label(results.metric, 12)}")
    return figure


def _panel(
    axes: Axes,
    results: Results,
    rows: pd.DataFrame,
    trials: pd.DataFrame,
    name: str,
    distribution: BaseDistribution,
    layout: figures.Layout,
) -> None:
    letters = figures.letters(layout.width)
    rows = rows.reset_index(drop=True)
    if isinstance(distribution, CategoricalDistribution):
        rows = rows.head(_CHOICES).assign(low=lambda frame: frame.index - 0.35, high=lambda frame: frame.index + 0.35)
        _choices_axis(axes, rows, name, letters)
        x = _choice_places(trials, rows, name)
    else:
        scales.parameter_axis(axes, "x", name, distribution, max(9 // layout.columns, 3), letters)
        x = trials[PARAM + name].astype(float).to_numpy()
    _values(axes, results, trials)
    _trials(axes, results, trials, x)
    for solid, style_of in ((True, {"color": style.look(0).color, "linewidth": 3}), (False, _WEAK)):
        part = rows[(rows["trials"] - rows["infeasible"] >= FEW) == solid].dropna(subset=["best"])
        axes.hlines(part["best"], part["low"], part["high"], zorder=3, **style_of)
    _outside(axes, results, rows.dropna(subset=["best"]), distribution)


def _outside(axes: Axes, results: Results, bars: pd.DataFrame, distribution: BaseDistribution) -> None:
    """Mark the bars beyond the limits by triangles at the edge."""
    low, high = sorted(axes.get_ylim())
    beyond = bars[(bars["best"] < low) | (bars["best"] > high)]
    log = bool(getattr(distribution, "log", False))
    middle = np.sqrt(beyond["low"] * beyond["high"]) if log else (beyond["low"] + beyond["high"]) / 2
    edge, marker = (0.03, "v") if results.sign > 0 else (0.97, "^")
    axes.scatter(
        middle, np.full(len(beyond), edge), transform=axes.get_xaxis_transform(), marker=marker, s=26,
        color=style.look(0).color, linewidths=0, zorder=4,
    )  # fmt: skip


_WEAK: dict[str, Any] = {"color": style.MUTED, "linewidth": 2, "linestyles": (0, (1, 1))}


def _choices_axis(axes: Axes, rows: pd.DataFrame, name: str, letters: int) -> None:
    each = max(letters // max(len(rows), 1), 3)
    axes.set_xticks(range(len(rows)), [style.label(label, each) for label in rows["label"]])
    axes.set(xlim=(-0.6, len(rows) - 0.4), xlabel=style.label(name, letters))


def _choice_places(trials: pd.DataFrame, rows: pd.DataFrame, name: str) -> Any:
    places = {label: index for index, label in enumerate(rows["label"])}
    return trials[PARAM + name].map(lambda choice: places.get(str(choice), np.nan)).to_numpy(dtype=float)


def _trials(axes: Axes, results: Results, trials: pd.DataFrame, x: Any) -> None:
    good = ~trials["infeasible"].to_numpy() & ~np.isnan(x)
    raster = len(trials) > _POINTS
    values = trials["value"].astype(float).to_numpy()
    low, high = sorted(axes.get_ylim())
    within = good & (values >= low) & (values <= high)
    axes.scatter(
        x[within], values[within], s=5, color=style.MUTED, alpha=0.45, linewidths=0, rasterized=raster, zorder=2
    )
    bad = trials["infeasible"].to_numpy() & ~np.isnan(x)
    edge = np.full(int(bad.sum()), 0.03 if results.sign > 0 else 0.97)
    axes.scatter(
        x[bad], edge, transform=axes.get_xaxis_transform(), marker="x", s=12, color=style.CROSS, linewidths=0.8,
        rasterized=raster, zorder=2,
    )  # fmt: skip


def _values(axes: Axes, results: Results, trials: pd.DataFrame) -> None:
    """Set the limits of a task's panels, all alike: from the median trial to the best one; worse ones lie outside."""
    values = trials.loc[~trials["infeasible"], "value"].astype(float).to_numpy()
    if not len(values):  # all trials of the task are infeasible: no value to scale by
        return
    best, middle = results.sign * float((results.sign * values).max()), float(np.median(values))
    low, high = sorted((best, middle))
    if scales.spans_decades(np.array([low, high])):
        scales.log_axis(axes, "y", high / low, 5)
        axes.set_ylim(low / 1.3, high * 1.3)
        return
    room = 0.08 * (high - low or abs(high) or 1.0)
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
