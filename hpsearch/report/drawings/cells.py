"""Cells of a figure: the lines and panels that a study's variants make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pydantic import ValidationError

from hpsearch.analysis.claims.measures import measure
from hpsearch.analysis.incumbents import tasks
from hpsearch.report.section import level_name
from hpsearch.results.results import Results
from hpsearch.study.figure import MEASURE, FigureSettings

SEPARATOR = ", "


def figure_settings(results: Results) -> FigureSettings | None:
    """Return the table ``[figure]`` of the study's file; None if it has none, or one of another version."""
    table = results.settings.get("figure")
    if not table or not isinstance(table, Mapping):
        return None
    try:
        return FigureSettings.model_validate(dict(table))
    except ValidationError:
        return None


@dataclass(frozen=True)
class Cells:
    """Values of measures by line and panel.

    Attributes
    ----------
    frame
        measure, panel, line, repeat, step, value, diverged (whether the run's training diverged).
    measures, panels, lines
        What the columns of `frame` hold, in order; a single panel or line has an empty name.
    line_factor, panel_factor
        Name of the factor whose levels the lines, or the panels are; empty if that is not one factor's plain values.
    """

    frame: pd.DataFrame
    measures: tuple[str, ...]
    panels: tuple[str, ...]
    lines: tuple[str, ...]
    line_factor: str = ""
    panel_factor: str = ""


def cells(results: Results, settings: FigureSettings, measures: list[str]) -> Cells:
    """Return the measures of each run by line and panel, in the order of the study's levels."""
    of_lines, of_panels = _split(results, settings)
    frames = [measure(results, name).assign(measure=name) for name in measures]
    present = [frame for frame in frames if len(frame)]
    frame = pd.concat(present, ignore_index=True) if present else frames[0].iloc[:0]
    frame = frame[frame["variant"].isin(results.variants)]
    names = {variant: _name(results, variant, of_panels) for variant in results.variants}
    tasks_shown = tasks(results) if len(tasks(results)) > 1 else [""]
    panels = {
        (task, variant): SEPARATOR.join(filter(None, (task, names[variant])))
        for task in tasks_shown
        for variant in results.variants
    }
    lines = {variant: _name(results, variant, of_lines) for variant in results.variants}
    by_task = frame["task"] if len(tasks_shown) > 1 else [""] * len(frame)
    frame = frame.assign(
        panel=[panels[key] for key in zip(by_task, frame["variant"], strict=True)],
        line=frame["measure"] if settings.lines == MEASURE else frame["variant"].map(lines),
        diverged=_diverged(results, frame),
    )
    every_line = measures if settings.lines == MEASURE else list(lines.values())
    return Cells(
        frame[["measure", "panel", "line", "repeat", "step", "value", "diverged"]],
        tuple(name for name in measures if (frame["measure"] == name).any()),
        _present(_ordered(results, panels, of_panels), frame["panel"]),
        _present(every_line, frame["line"]),
        _plain_factor(results, of_lines),
        _plain_factor(results, of_panels) if len(tasks_shown) == 1 else "",
    )


def _split(results: Results, settings: FigureSettings) -> tuple[list[str], list[str]]:
    """Return the factors of the lines and of the panels; each factor with several levels is in one of them."""
    several = [name for name, labels in results.factors.items() if len(labels) > 1]
    free = [name for name in several if name != settings.panels]
    lines = [] if settings.lines == MEASURE else [settings.lines] if settings.lines in several else free[:1]
    rest = [name for name in several if name not in lines]
    return lines, sorted(rest, key=lambda name: name != settings.panels)


def _name(results: Results, variant: str, factors: list[str]) -> str:
    """Return a variant's levels of these factors; the factor of plain values is named only beside another one."""
    levels = results.levels[variant]
    if len(factors) == 1:
        return str(levels.get(factors[0], ""))
    return SEPARATOR.join(level_name(results, factor, str(levels.get(factor, ""))) for factor in factors)


def _ordered(results: Results, panels: Mapping[tuple[str, str], str], factors: list[str]) -> list[str]:
    """Return the panels' names, by task and by the levels of the `factors` in the study's order."""
    tasks_first = {task: place for place, (task, _) in enumerate(panels)}

    def place(key: tuple[str, str]) -> tuple[Any, ...]:
        levels = results.levels[key[1]]
        return (
            tasks_first[key[0]],
            *(results.factors[name].index(levels[name]) if name in levels else -1 for name in factors),
        )

    return list(dict.fromkeys(panels[key] for key in sorted(panels, key=place)))


def _present(names: list[str], column: pd.Series[Any]) -> tuple[str, ...]:
    there = set(column)
    return tuple(dict.fromkeys(name for name in names if name in there))


def _plain_factor(results: Results, factors: list[str]) -> str:
    return factors[0] if len(factors) == 1 else ""


def _diverged(results: Results, frame: pd.DataFrame) -> list[bool]:
    """Return for each row whether the incumbent's training diverged."""
    keys = ["task", "variant", "repeat"]
    best = results.runs[[*keys, "incumbent"]].rename(columns={"incumbent": "number"})
    trials = best.merge(results.trials[[*keys, "number", "diverged"]], on=[*keys, "number"], how="inner")
    diverged = trials[trials["diverged"].astype(bool)]
    runs = set(diverged[keys].itertuples(index=False, name=None))
    return [key in runs for key in frame[keys].itertuples(index=False, name=None)]
