"""Figure: a measure of each repeat by level, for studies whose measure is a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpsearch.report import scales, style
from hpsearch.report.drawings import panels as grid
from hpsearch.report.drawings.cells import Cells, cells, figure_settings
from hpsearch.report.drawings.endings import named
from hpsearch.report.naming import direction, measure_name
from hpsearch.report.section import Drawing, Section, leading
from hpsearch.report.text import Fact, Measured, fill, listing
from hpsearch.results.results import Results
from hpsearch.study.figure import MEASURE, FigureSettings

_TITLE = "Each repeat by level"
_DEFAULT = "value"
_MOST_LEVELS = 30
_ROW = 0.24  # inches
_LABEL = 16
_KEYS = ["measure", "panel", "line", "repeat"]


def levels_section(results: Results) -> Section:
    """Build the section with a point for each repeat and a diamond for each level's mean."""
    settings = figure_settings(results) or FigureSettings()
    names = settings.measures or [_DEFAULT]
    drawn = cells(results, settings, names)
    levels = drawn.lines[:_MOST_LEVELS]
    points = _reduced(drawn, settings)
    points = points[points["line"].isin(levels)]
    panels = _panels(drawn, points, by_measure=settings.lines != MEASURE)
    if not panels:
        return Section("figure", _TITLE, (f"No figure: no run has a finite {listing(names, 'or')} yet.",))
    chosen = panels[: grid.MOST_PANELS]
    facts: dict[str, Fact] = {"repeats": int(points["repeat"].nunique()), "panels_drawn": len(chosen)}
    title, sentence = _finding(results, drawn, points, chosen[0], facts)
    reading = "Each ring is a repeat, the diamond their mean."
    if drawn.frame["step"].notna().any():
        reading += " Of a curve it is " + ("the mean over its steps." if settings.reduce == "mean" else "the end.")
    notes = ["The figure shows the first {panels_drawn} panels."] if len(chosen) < len(panels) else []
    lost = int((~np.isfinite(points["value"])).sum())
    if lost:
        facts["lost"] = lost
        notes.append("Repeats without a finite value, {lost} of them, are not drawn and not in the mean.")
    return Section(
        "figure",
        _TITLE,
        (reading, *notes),
        drawing=Drawing(_draw(results, drawn, points, chosen, settings, title), sentence, note=reading),
        data={"figure": points},
        facts=facts,
    )


def _reduced(drawn: Cells, settings: FigureSettings) -> pd.DataFrame:
    """Return one number a repeat: measure, panel, line, repeat, value; NaN where a curve has one that is not finite."""
    frame = drawn.frame
    if settings.steps:
        first, last = settings.steps
        frame = frame[frame["step"].isna() | frame["step"].between(first, last)]
    frame = frame.sort_values("step", kind="stable")
    values: Any = frame.groupby(_KEYS, sort=False)["value"]
    reduced = values.apply(lambda curve: curve.iloc[-1] if settings.reduce == "end" else curve.mean(skipna=False))
    return reduced.reset_index() if len(frame) else frame[[*_KEYS, "value"]]


def _panels(drawn: Cells, points: pd.DataFrame, *, by_measure: bool) -> list[tuple[str, str]]:
    """Return measure and panel of each panel with a finite point; the measure is empty if lines are measures."""
    finite = points[np.isfinite(points["value"].astype(float))]
    measures = drawn.measures if by_measure else ("",)
    there = set(zip(finite["measure"] if by_measure else [""] * len(finite), finite["panel"], strict=True))
    return [(name, panel) for name in measures for panel in drawn.panels if (name, panel) in there]


def _of_panel(points: pd.DataFrame, name: str, panel: str) -> pd.DataFrame:
    inside = points[points["panel"] == panel]
    return inside[inside["measure"] == name] if name else inside


def _finding(
    results: Results, drawn: Cells, points: pd.DataFrame, panel: tuple[str, str], facts: dict[str, Fact]
) -> tuple[str, str]:
    """Return title and sentence: which level has the highest or lowest mean in the first panel."""
    name, of_panel = panel
    sign = (direction(results, name) if name else 0) or 1
    inside = _of_panel(points, name, of_panel)
    finite = inside[np.isfinite(inside["value"])]
    groups = finite.groupby("line", sort=False)["value"]
    means = {str(line): Measured(float(own.mean()), float(own.std())) for line, own in groups}
    ranked = sorted(means, key=lambda line: -sign * means[line])
    for place, line in enumerate(ranked, 1):
        facts |= {f"line_{place}": named(results, drawn.line_factor, line), f"mean_{place}": means[line]}
    facts |= {
        "measure": measure_name(results, name) if name else MEASURE,
        "panel": named(results, drawn.panel_factor, of_panel),
    }
    where = " ({panel})" if of_panel else ""
    extreme = "highest" if sign > 0 else "lowest"
    places = leading([f"{{line_{place}}} {{mean_{place}}}" for place in range(1, len(ranked) + 1)], facts)
    tied = len(ranked) > 1 and means[ranked[0]] == means[ranked[1]]
    title = f"{extreme} mean {{measure}}: {{line_1}}, {{mean_1}}{where}"
    if tied or len(ranked) == 1:
        title = f"{{measure}} by level{where}" if tied else f"the mean {{measure}} is {{mean_1}}{where}"
    words = fill(title, facts)
    return words[:1].upper() + words[1:], f"Mean {{measure}}{where}: {places}."


def _draw(
    results: Results,
    cells_drawn: Cells,
    points: pd.DataFrame,
    panels: list[tuple[str, str]],
    settings: FigureSettings,
    title: str,
) -> Figure:
    levels = cells_drawn.lines[:_MOST_LEVELS]
    columns = min(grid.columns_of(len(panels)), 3)
    several = len({name for name, _ in panels}) > 1
    longest = min(max(map(len, levels)), _LABEL)
    with style.applied():
        drawn = grid.frame(
            title,
            len(panels),
            columns,
            titled=len(panels) > 1,
            height=_ROW * len(levels) + 0.15,
            left=(0.55 if cells_drawn.line_factor else 0.35) + 0.08 * longest,
            share=False,
            across=0.2,
        )
        for place, (axes, (name, panel)) in enumerate(zip(drawn.panels, panels, strict=True)):
            inside = _of_panel(points, name, panel)
            _points(axes, inside, levels)
            _axes(axes, inside if several else points, settings, columns)
            names = [style.label(level, _LABEL) for level in levels]
            axes.set_yticks(range(len(levels)), names if place % columns == 0 else [""] * len(levels))
            axes.set_ylim(len(levels) - 0.5, -0.5)
            axes.tick_params(labelsize=grid.SMALL)
            if len(panels) > 1:
                of_panel = named(results, cells_drawn.panel_factor, panel)
                heading = ", ".join(filter(None, (of_panel, measure_name(results, name) if several else "")))
                axes.set_title(style.label(heading, drawn.letters), loc="left", fontsize=grid.SMALL, pad=3)
        first = panels[0][0]
        axis_name = "" if several else style.label(measure_name(results, first) if first else MEASURE, 60)
        grid.outside(drawn, axis_name, style.label(cells_drawn.line_factor, 30))
    return drawn.figure


def _points(axes: Axes, inside: pd.DataFrame, levels: tuple[str, ...]) -> None:
    for place, level in enumerate(levels):
        values = inside.loc[inside["line"] == level, "value"].to_numpy(dtype=float)
        values = values[np.isfinite(values)]
        if len(values) == 0:
            continue
        look = style.look(0)
        heights = np.full(len(values), float(place))
        axes.plot(values, heights, "o", color=look.color, fillstyle="none", markersize=5, markeredgewidth=1.0)
        axes.plot([values.mean()], [place], "D", color=style.INK, markersize=5, zorder=4)


def _axes(axes: Axes, inside: pd.DataFrame, settings: FigureSettings, columns: int) -> None:
    values = inside["value"].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    if settings.log and len(values) and values.min() > 0:
        ratio = float(values.max() / values.min())
        scales.log_axis(axes, "x", ratio, 6 if columns == 1 else 4)
        axes.set_xlim(values.min() / ratio**0.05 / 1.05, values.max() * ratio**0.05 * 1.05)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6 if columns == 1 else 3))
        room = 0.06 * (float(np.ptp(values)) or abs(float(values[0])) or 1.0)
        axes.set_xlim(values.min() - room, values.max() + room)
