"""Section: the true value of the best trial so far, beside the validation value that chose it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpsearch.analysis.best_so_far import LEVEL, best_so_far
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.true_value import true_value_so_far
from hpsearch.report import figures, style, value_curves
from hpsearch.report.data import changes
from hpsearch.report.precision import half_width
from hpsearch.report.section import Drawing, Section, few, few_variants, leading
from hpsearch.report.text import Fact, Measured, plural
from hpsearch.results.results import Results

_TITLE = "The true value of the best trial so far"
_NONE = "No figure: no {noun} has a finite median of true values yet."
_READING = (
    "Left: the best validation {metric} so far. Right: the true value of the same trial, which no trial observes. "
    "Lines are medians over runs, whiskers their {level} % intervals; a true value may become worse."
)
_OPTIMISTIC = (
    "At the end the median validation value is better than the median true one in {optimistic} of {lines} cases of a "
    "{noun} on a {subject}: the best of many noisy values is optimistic."
)
_CONFIRMED = (
    "Runs with confirmation choose by the means of repeated trials at last. The right panel follows that choice; the "
    "left one shows the search alone."
)
_PANEL = 2.0  # height in inches
_KEYS = ["task", "variant"]


def true_value_section(results: Results) -> Section:
    """Build the section with the median true value of the incumbent, and the selected value beside it."""
    true, selected = (_finite(curves) for curves in (true_value_so_far(results), best_so_far(results)))
    if true.empty:
        return Section("true_value", _TITLE, (_NONE,))
    facts: dict[str, Fact] = {"metric": results.metric, "level": round(100 * LEVEL)}
    names, notes = few([task for task in tasks(results) if (true["task"] == task).any()], 2, facts)
    shown, left = few_variants(results, facts)
    _count_optimistic(results, selected, true, facts)
    again = (_CONFIRMED,) if results.trials["confirms"].notna().any() else ()
    several, widths = len(tasks(results)) > 1, _half_widths(true)
    sentence = f"Best median true value {value_curves.leaders(results, true, facts)}"
    caption = "Median true value at the largest budget that all {nouns} reached"
    return Section(
        "true_value",
        _TITLE,
        (_READING, _OPTIMISTIC, *again, *notes, *left),
        tables=(value_curves.final_medians(results, true, caption, lambda *key: widths[key]),) if several else (),
        drawing=Drawing(_draw(shown, selected, true, names), sentence if several else _ranking(results, true, facts)),
        data={"true_value": changes(true, _KEYS, ["median", "low", "high"]).drop(columns="repeats")},
        shared=("trials", "runs"),
        facts=facts,
    )


def _finite(curves: pd.DataFrame) -> pd.DataFrame:
    return curves[np.isfinite(curves["median"].astype(float))]


def _count_optimistic(results: Results, selected: pd.DataFrame, true: pd.DataFrame, facts: dict[str, Fact]) -> None:
    ends = [value_curves.at_the_end(curves)[[*_KEYS, "median"]] for curves in (selected, true)]
    both = ends[0].merge(ends[1], on=_KEYS, suffixes=("_selected", "_true"))
    better = results.sign * (both["median_selected"] - both["median_true"]).astype(float) > 0
    facts |= {"optimistic": int(better.sum()), "lines": len(both)}


def _half_widths(curves: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return half the width of each final interval, by task and variant."""
    ends = value_curves.at_the_end(curves)
    return {
        (str(task), str(variant)): half_width(low, high)
        for task, variant, low, high in ends[[*_KEYS, "low", "high"]].itertuples(index=False)
    }


def _ranking(results: Results, curves: pd.DataFrame, facts: dict[str, Fact]) -> str:
    """List the final medians of the only task, best first."""
    end = value_curves.at_the_end(curves)
    facts["after"] = after = int(end["spent"].max())
    ordered = end.sort_values("median", ascending=results.sign < 0, kind="stable")
    for place, row in enumerate(ordered.to_dict("records"), 1):
        median = Measured(row["median"], half_width(row["low"], row["high"]))
        facts |= {f"variant_{place}": str(row["variant"]), f"median_{place}": median}
    places = [f"{{median_{place}}} for {{variant_{place}}}" for place in range(1, len(ordered) + 1)]
    trials = plural(after, value_curves.unit(results)[:-1])
    return f"After {{after}} {trials} the median true value is {leading(places, facts)}."


def _draw(results: Results, selected: pd.DataFrame, true: pd.DataFrame, names: list[str]) -> Figure:
    layout = figures.Layout(
        2 * len(names),
        2,
        _PANEL,
        head=0.5,
        across=0.25,
        foot=0.65 + 0.18 * -(-len(results.variants) // 4),
        share=False,
    )
    with style.applied():
        figure, panels = figures.new_figure(layout)
        for row, task in enumerate(names):
            pair = panels[2 * row : 2 * row + 2]
            both = [curves[curves["task"] == task] for curves in (selected, true)]
            for axes, curves in zip(pair, both, strict=True):
                _panel(axes, results, curves, pd.concat(both, ignore_index=True))
            name = style.label(task, figures.letters(layout.width))
            pair[0].set_title(name if len(names) > 1 else "validation", loc="left")
            pair[1].set_title("true value", loc="left")
            pair[0].set_ylabel(f"best validation {style.label(results.metric, 8)}")
            pair[1].tick_params(labelleft=False)
        for axes in panels[-2:]:
            axes.set_xlabel(value_curves.unit(results))
        value_curves.key(figure, results)
    return figure


def _panel(axes: Axes, results: Results, curves: pd.DataFrame, both: pd.DataFrame) -> None:
    """Draw one kind of value, on the scale of both kinds."""
    value_curves.draw(axes, results, curves, wide=False)
    axes.set_xlim(1, max(value_curves.budget(results), 2) * 1.01)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    value_curves.value_axis(axes, both, ticks=5)
