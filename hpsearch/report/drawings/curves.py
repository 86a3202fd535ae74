"""Figure: curves of a measure by factor, with a line for each level of one factor and a panel for each of the next."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from hpsearch.report import scales, style
from hpsearch.report.drawings import panels as grid
from hpsearch.report.drawings.bands import band, band_word
from hpsearch.report.drawings.cells import SEPARATOR, Cells, cells, figure_settings
from hpsearch.report.drawings.endings import finding, named
from hpsearch.report.naming import direction, measure_name, step_name
from hpsearch.report.section import Drawing, Section
from hpsearch.report.text import Fact, listing
from hpsearch.results.results import Results
from hpsearch.study.figure import MEASURE, FigureSettings

TITLE = "The curves of each {noun}"
DEFAULT = "validation_score"
MOST_LINES = 12
_POINTS = {1: 250, 2: 160, 3: 120, 4: 90}  # most points of a line, by the number of columns
_KEYS = ["measure", "panel", "line"]
_LABELLED = 8  # most lines with labels at their ends
_LABEL = 18


def curves_section(results: Results) -> Section:
    """Build the section with the curves that ``[figure]`` asks for, or of the validation score by default."""
    settings = figure_settings(results) or FigureSettings()
    names = settings.measures or [DEFAULT]
    drawn = cells(results, settings, names)
    drawn = _cut(drawn, _room(len(drawn.measures), by_measure=settings.lines != MEASURE))
    frame = drawn.frame.dropna(subset=["step"])
    if frame.empty:
        return Section("figure", TITLE, (f"No figure: no run has a curve of {listing(names, 'or')} yet.",))
    bands = _bands(results, frame, settings)
    if bands.empty:
        return Section("figure", TITLE, ("No figure: no curve has a step between the first and the last to draw.",))
    facts: dict[str, Fact] = {"repeats": int(frame["repeat"].nunique())}
    title, sentence = finding(results, drawn, bands, facts)
    reading = _reading(drawn, bands, settings, facts)
    left_out = _left_out(results, settings, names, drawn, facts)
    return Section(
        "figure",
        TITLE,
        (reading, *left_out),
        drawing=Drawing(_draw(results, drawn, bands, settings, title), sentence, note=reading),
        data={"figure": bands.drop(columns="spread")},
        facts=facts,
    )


def _room(measures: int, *, by_measure: bool) -> int:
    """Return the number of panels for each measure."""
    return grid.MOST_PANELS if measures <= 1 or not by_measure else 4


def _cut(drawn: Cells, most: int) -> Cells:
    panels, lines = drawn.panels[:most], drawn.lines[:MOST_LINES]
    frame = drawn.frame[drawn.frame["panel"].isin(panels) & drawn.frame["line"].isin(lines)]
    return Cells(frame, drawn.measures, panels, lines, drawn.line_factor, drawn.panel_factor)


def _bands(results: Results, frame: pd.DataFrame, settings: FigureSettings) -> pd.DataFrame:
    """Return the drawn steps of each line, with measure, panel and line."""
    first, last = settings.steps or (-np.inf, np.inf)
    parts = []
    for key, cell in frame.groupby(_KEYS, sort=False):
        name, panel, line = map(str, key)
        curve = band(cell, direction(results, name), settings.smooth)
        curve = curve[curve["step"].between(first, last)]
        parts.append(curve.assign(measure=name, panel=panel, line=line)[[*_KEYS, *curve.columns]])
    return pd.concat(parts, ignore_index=True)


def _reading(drawn: Cells, bands: pd.DataFrame, settings: FigureSettings, facts: dict[str, Fact]) -> str:
    word = band_word(int(facts["repeats"]))
    text = f"Lines are medians over {{repeats}} repeats, bands their {word}." if word else "Each line is one training."
    if settings.smooth > 1:
        facts["smooth"] = settings.smooth
        text += " Drawn are moving means over {smooth} steps."
    if np.isinf(bands["median"]).any():
        text += " A cross marks where half of the repeats had diverged."
    if drawn.panel_factor and len(drawn.panels) > 1:
        facts["panel_factor"] = drawn.panel_factor
        text += " Each panel is a level of {panel_factor}."
    return text


def _left_out(
    results: Results, settings: FigureSettings, names: list[str], drawn: Cells, facts: dict[str, Fact]
) -> tuple[str, ...]:
    every = cells(results, settings, names)
    notes = []
    for what in ("panels", "lines"):
        count = len(getattr(drawn, what))
        if count < len(getattr(every, what)):
            facts[f"{what}_drawn"] = count
            notes.append(f"The figure shows the first {{{what}_drawn}} {what}.")
    absent = [name for name in names if name not in drawn.measures]
    if absent:
        facts["absent"] = listing(absent)
        notes.append("No run has a curve of {absent}.")
    return tuple(notes)


def _draw(results: Results, drawn: Cells, bands: pd.DataFrame, settings: FigureSettings, title: str) -> Any:
    by_measure = settings.lines != MEASURE
    rows = drawn.measures if by_measure else drawn.measures[:1]
    several_rows = len(rows) > 1
    columns = len(drawn.panels) if several_rows else grid.columns_of(len(drawn.panels))
    places = [(name, panel) for name in rows for panel in drawn.panels]
    labels = drawn.lines if by_measure else [measure_name(results, line) for line in drawn.lines]
    labelled = columns == 1 and 1 < len(labels) <= _LABELLED
    in_legend = not labelled and len(labels) > 1
    longest = min(max(map(len, labels)), _LABEL)
    axis_name = SEPARATOR.join(sorted({step_name(results, name) for name in drawn.measures}))
    with style.applied():
        figure = grid.frame(
            title,
            len(places),
            columns,
            right=0.3 + 0.085 * longest if labelled else 0.15,
            below=grid.legend_lines(labels, drawn.line_factor) if in_legend else 0,
            titled=len(drawn.panels) > 1,
            height=(1.5 if columns == 1 else None) if several_rows else None,
            share="row" if several_rows else True,
        )
        titles = {panel: named(results, drawn.panel_factor, panel) for panel in drawn.panels}
        if max(map(len, titles.values())) > figure.letters and drawn.panel_factor:
            titles = dict(zip(drawn.panels, drawn.panels, strict=True))
            axis_name += f" (each panel: {style.label(drawn.panel_factor, 24)})"
        for axes, (name, panel) in zip(figure.panels, places, strict=True):
            inside = bands[bands["panel"] == panel]
            inside = inside[inside["measure"] == name] if by_measure else inside
            for index, line in enumerate(drawn.lines):
                _line(axes, inside[inside["line"] == line], index, columns, many=len(labels) > 4)
            if len(drawn.panels) > 1 and (not several_rows or name == rows[0]):
                axes.set_title(style.label(titles[panel], figure.letters), loc="left", fontsize=grid.SMALL, pad=3)
            axes.tick_params(labelsize=grid.SMALL)
        for place in range(0, len(places), columns):
            _axes(figure.panels[place], bands if not several_rows else bands[bands["measure"] == places[place][0]],
                  settings, columns)  # fmt: skip
            if several_rows:
                figure.panels[place].set_ylabel(
                    style.label(measure_name(results, places[place][0]), 26), fontsize=grid.SMALL
                )
        shared = "" if several_rows else _common_name(results, drawn, by_measure=by_measure)
        grid.outside(figure, axis_name, style.label(shared, 34))
        if labelled:
            for axes, (name, panel) in zip(figure.panels, places, strict=True):
                inside = bands[(bands["panel"] == panel) & ((bands["measure"] == name) | (not by_measure))]
                _label_ends(axes, inside, drawn.lines, labels, figure.height)
        if in_legend:
            grid.legend(figure, labels, drawn.line_factor)
    return figure.figure


def _common_name(results: Results, drawn: Cells, *, by_measure: bool) -> str:
    """Return the label of the axis of the measures: what they have in common if they are lines."""
    if by_measure:
        return measure_name(results, drawn.measures[0])
    last_words = {measure_name(results, name).split()[-1] for name in drawn.measures}
    return last_words.pop() if len(last_words) == 1 else MEASURE


def _line(axes: Axes, curve: pd.DataFrame, index: int, columns: int, *, many: bool) -> None:
    if curve.empty:
        return
    look = style.look(index)
    curve = _thinned(curve, _POINTS[columns])
    finite = curve[np.isfinite(curve["median"])]
    every: Any = [0] if len(finite) == 1 else ((0.05 + 0.03 * index) % 0.22, 0.22)
    axes.plot(
        finite["step"],
        finite["median"],
        color=look.color,
        linestyle=look.line,
        linewidth=1.7 if columns < 3 else 1.4,
        marker=look.marker,
        markersize=4.5 if columns < 3 else 3.5,
        markevery=every,
        zorder=3,
    )
    if (curve["repeats"] > 1).any():
        low, high = (finite[name].replace([np.inf, -np.inf], np.nan) for name in ("low", "high"))
        axes.fill_between(finite["step"], low, high, color=look.color, alpha=0.12 if many else 0.2, linewidth=0)
    if len(finite) < len(curve):
        last = finite.iloc[-1:] if len(finite) else None
        x, y = (0.03, 0.06) if last is None else (float(last["step"].iloc[0]), float(last["median"].iloc[0]))
        where: Any = {"transform": axes.transAxes} if last is None else {}
        axes.plot([x], [y], marker="x", color=style.CROSS, markersize=6, zorder=4, linestyle="none", **where)


def _thinned(curve: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most that many rows, evenly chosen, with the first and the last."""
    if len(curve) <= most:
        return curve
    return curve.iloc[np.unique(np.linspace(0, len(curve) - 1, most).round().astype(int))]


def _axes(axes: Axes, bands: pd.DataFrame, settings: FigureSettings, columns: int) -> None:
    """Set limits and ticks; the panels of a row share them."""
    numbers = bands[["low", "median", "high"]].to_numpy(dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    positive = numbers[numbers > 0]
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5 if columns < 3 else 3))
    if settings.log and len(positive):
        low, high = float(positive.min()), float(positive.max())
        scales.log_axis(axes, "y", high / low, 6 if columns < 3 else 4)
        axes.set_ylim(low / (high / low) ** 0.06 / 1.05, high * (high / low) ** 0.06 * 1.05)
        return
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5 if columns < 3 else 4))
    if len(numbers):
        low, high = float(numbers.min()), _highest(bands, float(numbers.max()))
        room = 0.06 * (high - low or abs(high) or 1.0)
        axes.set_ylim(low - room, high + room)


def _highest(bands: pd.DataFrame, most: float) -> float:
    """Return the upper limit of the axis: at most three times the largest first value where curves explode."""
    firsts = bands.groupby(_KEYS, sort=False)["median"].first()
    firsts = firsts[np.isfinite(firsts)]
    ordinary = 3 * float(firsts.max()) if len(firsts) else most
    return min(most, ordinary) if most > 10 * ordinary > 0 else most


def _label_ends(axes: Axes, bands: pd.DataFrame, lines: tuple[str, ...], labels: Any, height: float) -> None:
    ends = []
    for line, name in zip(lines, labels, strict=True):
        curve = bands[(bands["line"] == line) & np.isfinite(bands["median"])]
        if len(curve):
            last = curve.iloc[-1]
            ends.append((float(last["step"]), float(last["median"]), style.label(name, _LABEL)))
    if ends:
        scales.label_ends(axes, ends, height)
