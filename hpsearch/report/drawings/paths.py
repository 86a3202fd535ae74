"""Figure: paths of optimizers over the contours of a function of two numbers, as in the chapter."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from hpsearch.objectives.functions import FUNCTIONS, Function
from hpsearch.report import figures, style
from hpsearch.report.data import by_run
from hpsearch.report.drawings.path_words import DEFAULT, WORDS, finding, of_each, words_of
from hpsearch.report.section import MOST, Drawing, Section, few_variants
from hpsearch.report.text import Fact, fill
from hpsearch.results.results import Results

_TITLE = "The paths"
_KEYS = ["task", "variant", "repeat"]
_CURVES = ["x", "y", "function_value"]
_TEXT = 8.0  # points: legible on a phone
_LINE = 0.17  # inches of a line of the title
_LETTERS = 62  # of a line of the title
_TWO_LINES = 32  # a heading has two lines if a panel has room for fewer letters
_FOOT, _SHORT_FOOT = 0.9, 0.45  # inches below the panels, with the legend and without
_LISTED = 5  # paths that the caption lists; of more it says which are extreme
_MARKED = 60  # steps with a marker
_CONTOURS = 10
_GRID = (97, 73)  # points in x and y at which contours are computed
_ARROWS = (13, 9)
_BEYOND = 0.5  # a panel shows at most this share of the region's width and height beyond each of its sides

_START: Mapping[str, Any] = {"marker": "o", "markersize": 7, "markerfacecolor": style.PAPER, "linestyle": "none"}
_END: Mapping[str, Any] = {"marker": "s", "markersize": 6, "markerfacecolor": style.INK, "linestyle": "none"}
_LEAST: Mapping[str, Any] = {"marker": "*", "markersize": 10, "markerfacecolor": style.PAPER, "linestyle": "none"}
_SIGNS = {"start": _START, "end": _END, "minimum": _LEAST}


def paths_section(results: Results) -> Section:
    """Build the section with a panel for each variant's path, and one for the direction of steepest descent.

    The title and the panels quote the number that ``[figure] measure`` names, by default the function's value at the
    end. A path is that of the incumbent of the variant's first repeat.
    """
    paths = _paths(results)
    if paths.empty:
        return Section("figure", _TITLE, ("No figure: no run has a path over a function yet.",))
    facts: dict[str, Fact] = {}
    shown, notes = few_variants(results, facts)
    name = _measure(results)
    values = _values(results, name)
    chosen = [variant for variant in shown.variants if variant in set(paths["variant"])]
    of_chosen = {variant: values.get(variant, np.nan) for variant in chosen}
    sentence, own = finding(name, of_chosen)
    title = fill(sentence, own)
    if len(chosen) <= _LISTED:
        sentence, own = of_each(name, of_chosen)
    function = FUNCTIONS[str(paths["task"].iloc[0])]
    facts |= own | {"function": str(paths["task"].iloc[0]), "formula": function.formula}
    reading = (
        "Lines join the points of equal f(x, y) = {formula}, at even distances on a log scale. A path has a marker at "
        "each step; arrows point downhill, and longer ones where it is steeper."
    )
    if function.heights:
        reading = reading.replace(", at even distances on a log scale", "")
    if results.space:  # otherwise all repeats have the same path
        notes = (*notes, "Each path is that of the first repeat's incumbent.")
    figure = _draw(function, paths, chosen, name, values, title)
    return Section(
        "figure",
        _TITLE,
        (reading, *notes),
        drawing=Drawing(figure, f"{sentence}.", note=reading),
        data={"figure": by_run(results, paths)},
        shared=("runs",),
        facts=facts,
    )


def _paths(results: Results) -> pd.DataFrame:
    """Return the path of each variant's first repeat, over the first task: keys, step, x, y and function_value."""
    curves = results.measures[results.measures["measure"].isin(_CURVES) & results.measures["step"].notna()]
    curves = curves[curves["task"].isin(FUNCTIONS)]
    if curves.empty:
        return pd.DataFrame(columns=[*_KEYS, "step", *_CURVES])
    curves = curves[curves["task"] == curves["task"].iloc[0]]
    curves = curves[curves["repeat"] == curves.groupby("variant")["repeat"].transform("min")]
    curves = curves.set_index([*_KEYS, "step"])  # a pivot would lose steps whose values are all missing
    columns = [curves.loc[curves["measure"] == name, "value"].rename(name) for name in _CURVES]
    wide: pd.DataFrame = pd.concat(columns, axis=1).reset_index()
    return wide


def _measure(results: Results) -> str:
    """Return the measure that ``[figure]`` names, the first of several; the default if it names none of a path."""
    table = results.settings.get("figure")
    named = table.get("measure") if isinstance(table, Mapping) else None
    name = named[0] if isinstance(named, list) and named else named
    return str(name) if name in WORDS else DEFAULT


def _values(results: Results, name: str) -> dict[str, float]:
    """Return the measure of each variant's first repeat, a curve's at its last step."""
    rows = results.measures[results.measures["measure"] == name].sort_values("step", kind="stable")
    rows = rows[rows["repeat"] == rows.groupby("variant")["repeat"].transform("min")]
    last = rows.drop_duplicates("variant", keep="last")
    return dict(zip(last["variant"], last["value"].astype(float), strict=True))


def _draw(
    function: Function, paths: pd.DataFrame, variants: list[str], name: str, values: Mapping[str, float], title: str
) -> Figure:
    with style.applied():
        figure, panels, letters = _panels(len(variants) + 1, title)
        limits = _limits(function, paths[paths["variant"].isin(_arrived(paths, variants))])
        start = paths.dropna(subset=["x", "y"]).iloc[0]
        for axes in panels:
            _contours(axes, function, limits, float(start["function_value"]))
            axes.plot(*np.transpose(function.minima), **_LEAST, markeredgecolor=style.INK, zorder=2.5)
            axes.set_xlim(*limits[0])
            axes.set_ylim(*limits[1])
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
            axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
            axes.tick_params(labelsize=_TEXT)
            axes.grid(visible=False)
        _field(panels[0], function, limits)
        for index, (axes, variant) in enumerate(zip(panels[1:], variants, strict=True)):
            _path(axes, paths[paths["variant"] == variant], style.look(index))
            _heading(axes, _above(variant, words_of(name, values.get(variant, np.nan)), letters))
        _legend(figure, panels, function)
    return figure


def _panels(count: int, title: str) -> tuple[Figure, list[Axes], int]:
    """Create the panels below the title; return also the number of letters that fit above one."""
    lines = textwrap.wrap(
        style.label(title, 3 * _LETTERS).replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"), _LETTERS
    )
    columns = 2 if count <= MOST // 2 else 3
    layout = figures.Layout(
        count,
        columns,
        1.5 if columns == 2 else 1.15,
        left=0.55,
        foot=_FOOT if count % columns == 0 else _SHORT_FOOT,
        head=0.3 if columns == 2 else 0.42,
        across=0.15,
        wide=figures.NARROW,
        top=len(lines) * _LINE + (0.37 if columns == 2 else 0.49),
    )
    figure, panels = figures.new_figure(layout)
    for place, line in enumerate(lines):
        top = 1 - (0.06 + place * _LINE) / figure.get_figheight()
        figure.text(0.06 / layout.wide, top, line, va="top", fontsize=9.5, fontweight="bold")
    return figure, panels, figures.letters(layout.width * 9.5 / _TEXT)


def _arrived(paths: pd.DataFrame, variants: list[str]) -> list[str]:
    """Return the variants whose paths stayed finite: others would stretch the panels."""
    lost = set(paths.loc[~np.isfinite(paths[_CURVES].to_numpy(dtype=float)).all(axis=1), "variant"])
    return [variant for variant in variants if variant not in lost]


def _limits(function: Function, paths: pd.DataFrame) -> list[tuple[float, float]]:
    """Return the function's region, extended to hold the paths as far as `_BEYOND` allows."""
    limits = []
    for axis, (low, high) in zip(("x", "y"), function.region, strict=True):
        room = _BEYOND * (high - low)
        there = paths[axis].to_numpy(dtype=float)
        beside = 0.04 * (high - low)
        least, most = min([low, *(there - beside)]), max([high, *(there + beside)])
        limits.append((float(max(least, low - room)), float(min(most, high + room))))
    return limits


def _mesh(limits: list[tuple[float, float]], counts: tuple[int, int], edge: float = 0.0) -> list[Any]:
    lines = [
        np.linspace(low + edge * (high - low), high - edge * (high - low), count)
        for (low, high), count in zip(limits, counts, strict=True)
    ]
    return list(np.meshgrid(*lines))


def _contours(axes: Axes, function: Function, limits: list[tuple[float, float]], at_start: float) -> None:
    """Draw lines of equal height: the function's own, or log-spaced above its least value."""
    x, y = _mesh(limits, _GRID)
    heights = function.value(x, y)
    levels = list(function.heights)
    if not levels:
        above = np.geomspace((at_start - function.least) / 100, heights.max() - function.least, _CONTOURS)
        levels = [function.least + float(each) for each in above]
    axes.contour(x, y, heights, levels=levels, colors=style.MUTED, linewidths=0.5, linestyles="solid", zorder=1)


def _field(axes: Axes, function: Function, limits: list[tuple[float, float]]) -> None:
    """Draw the direction of steepest descent; lengths grow with the root of the slope, so that all can be seen."""
    x, y = _mesh(limits, _ARROWS, edge=0.06)
    down = [-np.broadcast_to(each, x.shape) for each in function.gradient(x, y)]
    slope = np.hypot(*down)
    length = np.sqrt(slope / slope.max())
    unit = [np.divide(each, slope, out=np.zeros_like(slope), where=slope > 0) for each in down]
    arrows = [each * length for each in unit]
    axes.quiver(x, y, *arrows, color=style.INK, scale=14, width=0.006, pivot="tail", zorder=3)
    for name, (left, low) in function.places.items():
        axes.text(left, low, name, ha="center", va="center", fontsize=_TEXT, zorder=5, backgroundcolor=style.PAPER)
    _heading(axes, "downhill")


def _path(axes: Axes, path: pd.DataFrame, look: style.Look) -> None:
    points = path[["x", "y"]].to_numpy(dtype=float)
    points = points[np.isfinite(points).all(axis=1)]
    every = max(len(points) // _MARKED, 1)
    axes.plot(*points.T, color=look.color, linewidth=1.1, marker=".", markersize=4.5, markevery=every, zorder=3)
    ink: Any = {"markeredgecolor": style.INK, "zorder": 4}
    axes.plot(*points[:1].T, **_START, **ink)
    axes.plot(*points[-1:].T, **_END, **ink)


def _above(variant: str, words: str, letters: int) -> str:
    """Return a panel's heading; of two lines where `letters` are few."""
    if letters < _TWO_LINES:
        return f"{style.label(variant, letters)}\n{words}"
    return f"{style.label(variant, max(letters - len(words) - 2, 8))}: {words}"


def _heading(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=_TEXT, pad=3)


def _legend(figure: Figure, panels: list[Axes], function: Function) -> None:
    """Name the axes; explain the signs and the function in the empty place of the grid, or below the panels."""
    wide, high = figure.get_size_inches()
    boxes = [axes.get_position() for axes in panels]
    left, right, bottom = boxes[0].x0, max(box.x1 for box in boxes), boxes[-1].y0
    figure.text((left + right) / 2, bottom - 0.36 / high, "x", ha="center", fontsize=_TEXT)
    figure.text(0.06 / wide, (bottom + boxes[0].y1) / 2, "y", va="center", fontsize=_TEXT)
    handles = [Line2D([], [], markeredgecolor=style.INK, **look) for look in _SIGNS.values()]
    key: Any = {"handles": handles, "labels": list(_SIGNS), "fontsize": _TEXT, "title_fontsize": _TEXT}
    formula = f"f(x, y) = {function.formula}"
    if boxes[-1].x1 < right:
        title = "\n".join(textwrap.wrap(formula, 34))
        middle = (bottom + boxes[-1].y1) / 2
        figure.legend(**key, title=title, loc="center left", bbox_to_anchor=(boxes[-1].x1 + 0.4 / wide, middle))
    else:
        figure.legend(**key, title=formula, loc="lower center", ncols=len(handles), borderpad=0.1)
