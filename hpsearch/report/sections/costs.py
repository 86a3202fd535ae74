"""Section: trials, epochs and seconds that each variant spent."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpsearch.analysis.costs import costs
from hpsearch.report import figures, style
from hpsearch.report.section import Drawing, Section, Table, by_count, counts, nouns, numbers, words
from hpsearch.report.text import Fact, listing, number
from hpsearch.results.results import Results

_TITLE, _ALONE = "Cost of each {noun}", "Cost of the search"
_MOST = 30  # maximum number of variants in the figure
_UNITS = {"epochs": "epochs trained", "seconds": "seconds of trials, summed"}


def costs_section(results: Results) -> Section:
    """Build the section with each variant's epochs and seconds over all its finished trials."""
    frame = costs(results)
    units = [unit for unit in _UNITS if frame[unit].notna().any()]
    if frame.empty or not units:
        return Section("costs", by_count(results, _TITLE, _ALONE), ("No figure: no finished trial recorded its time.",))
    facts: dict[str, Fact] = {}
    sentence = _sentence(results, frame.dropna(subset=[units[0]]), units[0], facts)
    columns = (
        words("variant", "{Noun}"),
        counts("trials", "Trials"),
        counts("epochs", "Epochs"),
        numbers(frame, "seconds", "Seconds"),
        numbers(frame, "epochs_a_trial", "Median epochs per trial"),
        numbers(frame, "seconds_a_trial", "Median seconds per trial"),
    )
    return Section(
        "costs",
        by_count(results, _TITLE, _ALONE),
        ("Seconds are the sum over trials, on the machines that ran them.",),
        tables=(Table("Cost of all finished trials", frame, columns),),
        drawing=Drawing(_draw(results, frame.head(_MOST), units), sentence),
        shared=("trials", "runs"),
        facts=facts,
    )


def _sentence(results: Results, frame: pd.DataFrame, unit: str, facts: dict[str, Fact]) -> str:
    ordered = frame.sort_values(unit, kind="stable")
    least, most = ordered.iloc[0], ordered.iloc[-1]
    facts |= {"least": float(least[unit]), "most": float(most[unit]), "frugal": str(least["variant"])}
    facts |= {"lavish": str(most["variant"]), "variants": listing(frame["variant"])}
    if len(frame) == 1:
        return f"{{variants}} used {{most}} {unit}."
    if facts["least"] == facts["most"]:
        return f"All {nouns(results)} used {{most}} {unit}."
    return f"{{frugal}} used the fewest {unit}, {{least}}, and {{lavish}} the most, {{most}}."


def _draw(results: Results, frame: pd.DataFrame, units: list[str]) -> Figure:
    longest = max(len(style.label(name, 18)) for name in frame["variant"])
    layout = figures.Layout(
        len(units), len(units), 0.3 + 0.26 * len(frame), left=0.3 + 0.085 * longest, right=0.7, across=0.8, share=False
    )
    with style.applied():
        figure, panels = figures.new_figure(layout)
        for axes, unit in zip(panels, units, strict=True):
            _bars(axes, results, frame, unit)
            if axes is not panels[0]:
                axes.tick_params(labelleft=False)
    return figure


def _bars(axes: Axes, results: Results, frame: pd.DataFrame, unit: str) -> None:
    for place, row in enumerate(frame.to_dict("records")):
        length = float(row[unit])
        look: Any = style.look(results.variants.index(row["variant"]))
        if not math.isnan(length):
            axes.barh(place, length, height=0.6, color=look.color)
            axes.annotate(
                f" {number(length, 3 if unit == 'epochs' else 2)}", (length, place), va="center", fontsize=8.5
            )
        else:
            axes.annotate(" unknown", (0, place), va="center", fontsize=8.5)
    axes.set_yticks(range(len(frame)), [style.label(name, 18) for name in frame["variant"]])
    axes.set(xlabel=_UNITS[unit], ylim=(len(frame) - 0.4, -0.6))
    axes.set_xlim(left=0)
    axes.locator_params(axis="x", nbins=4)
    axes.grid(visible=False, axis="y")
