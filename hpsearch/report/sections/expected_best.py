"""Section: the expected best value of n random trials, an estimate of the gain from more trials."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpsearch.analysis.expected_best import expected_best
from hpsearch.analysis.incumbents import tasks
from hpsearch.report import figures, scales, style
from hpsearch.report.precision import uncertainty
from hpsearch.report.section import Drawing, Section, few
from hpsearch.report.text import Fact, Measured, listing, plural
from hpsearch.results.results import Results
from hpsearch.strategies import INDEPENDENT, SEQUENCES

_TITLE = "What more random trials would bring"
_NO_DRAWS = (
    "No figure: no strategy of the study draws its trials independently ({independent}), and only then does the order "
    "of the trials not matter."
)
_NONE = "No figure: no finished trial has a finite value."
_READING = (
    "A line is the expected best validation {metric} of n trials of one run, averaged over the runs; the band reaches "
    "from the lower to the upper quartile of that best. Validation values are optimistic, the more so the more trials "
    "they are the best of."
)
_NO_MEAN = "For {by_median} the line is the median, since too many trials have no value for a finite mean."
_EVEN = (
    "A quasi-random run covers the space more evenly than draws from all its points, so its best of n is somewhat "
    "better than the line.",
)
_LABEL = 16
_FROM = 4  # the axis begins at this part of the budget


def expected_best_section(results: Results) -> Section:
    """Build the section with expected best value against number of trials, for strategies with independent trials."""
    curves = expected_best(results)
    facts: dict[str, Fact] = {"metric": results.metric, "independent": listing(INDEPENDENT, "or")}
    finite = _with_lines(curves[np.isfinite(curves["median"].astype(float))])
    if finite.empty:
        return Section("expected_best", _TITLE, (_NO_DRAWS if curves.empty else _NONE,), facts=facts)
    task_names, notes = few([task for task in tasks(results) if (finite["task"] == task).any()], 1, facts)
    sentence = _sentence(results, finite, task_names, facts)
    by_median = list(map(str, finite.loc[finite["by_median"], "variant"].unique()))
    if by_median:
        facts["by_median"] = listing(by_median)
    return Section(
        "expected_best",
        _TITLE,
        (_READING, *((_NO_MEAN,) if by_median else ()), *(_EVEN if _has_sequence(results, finite) else ()), *notes),
        drawing=Drawing(_draw(results, finite, task_names), sentence),
        data={"expected_best": curves.drop(columns=["drawn_from", "runs"])},
        facts=facts,
    )


def _with_lines(curves: pd.DataFrame) -> pd.DataFrame:
    """Add a column `line`: the mean where finite, or the median if a curve has no finite mean."""
    mean = curves["mean"].astype(float)
    mean = mean.where(np.isfinite(mean))
    by_median = ~mean.notna().groupby([curves["task"], curves["variant"]]).transform("any").astype(bool)
    return curves.assign(line=mean.mask(by_median, curves["median"].astype(float)), by_median=by_median)


def _sentence(results: Results, curves: pd.DataFrame, task_names: list[str], facts: dict[str, Fact]) -> str:
    """Compare each strategy's expected best value at half and at full budget, on the first task of the figure."""
    half, whole = max(results.budget // 2, 1), results.budget
    parts = []
    rows = curves[curves["task"] == task_names[0]]
    facts |= {"half": half, "whole": whole, "first_task": task_names[0]}
    moves = uncertainty(results, task_names[0])
    for place, (label, curve) in enumerate(rows.groupby("variant", sort=False), 1):
        at = _at(curve, half), _at(curve, whole)
        if None in at or math.isinf(at[1] or 0):
            continue
        facts |= {
            f"strategy_{place}": str(label),
            f"half_{place}": Measured(at[0] or 0.0, moves),
            f"whole_{place}": Measured(at[1] or 0.0, moves),
        }
        parts.append(f"{{half_{place}}} to {{whole_{place}}} with {{strategy_{place}}}")
    where = " on {first_task}" if len(tasks(results)) > 1 else ""
    if not parts or half == whole:
        return f"The expected best {{metric}}{where} grows with the number of trials."
    trials = f"From {{half}} to {{whole}} {plural(whole, 'trial')}"
    return f"{trials} the expected best {{metric}}{where} changes from {listing(parts)}."


def _has_sequence(results: Results, curves: pd.DataFrame) -> bool:
    return bool({*results.labels_of(SEQUENCES)} & {*map(str, curves["variant"].unique())})


def _at(curve: pd.DataFrame, n: int) -> float | None:
    """Return the mean at the largest number of trials up to `n`, or None if the curve starts later."""
    reached = curve[curve["n"] <= n]
    return float(reached["mean"].iloc[-1]) if len(reached) else None


def _draw(results: Results, curves: pd.DataFrame, names: list[str]) -> Figure:
    wide = len(names) == 1
    longest = max(len(style.label(str(name), _LABEL)) for name in curves["variant"].unique())
    layout = figures.Layout(
        len(names),
        1 if wide else 3,
        2.6 if wide else 1.5,
        right=0.4 + 0.085 * longest,
        head=0.3 if wide else 0.5,
        across=0.2 if wide else 0.62,
        share=False,
    )
    with style.applied():
        figure, panels = figures.new_figure(layout)
        for place, (axes, task) in enumerate(zip(panels, names, strict=True), 1):
            at_right = wide or place % layout.columns == 0 or place == len(names)
            _panel(axes, results, curves[curves["task"] == task], layout, label=at_right)
            if not wide:
                axes.set_title(style.label(task, figures.letters(layout.width)), loc="left")
        scales.outer_labels(panels, layout.columns)
    return figure


def _panel(axes: Axes, results: Results, rows: pd.DataFrame, layout: figures.Layout, *, label: bool) -> None:
    curves: Mapping[Any, pd.DataFrame] = dict(iter(rows.groupby("variant", sort=False)))
    ends = []
    for index, name in enumerate(results.variants):
        if name in curves:
            n, line, lower, upper = curves[name][["n", "line", "lower", "upper"]].astype(float).to_numpy().T
            look = style.look(index)
            every: Any = (0.03 * index % 0.2, 0.2)
            axes.plot(n, line, color=look.color, linestyle=look.line, marker=look.marker, markersize=4, markevery=every)
            axes.fill_between(n, lower, upper, color=look.color, alpha=0.13, linewidth=0)
            last = float(curves[name]["median"].iloc[-1]) if np.isnan(line[-1]) else float(line[-1])
            ends.append((float(n[-1]), last, style.label(name, _LABEL)))
    longest = max(int(rows["n"].max()), 2)
    first = max(results.budget // _FROM, 1) if longest > results.budget // _FROM else 1
    axes.set_xlim(first, longest * 1.05)
    scales.log_axis(axes, "x", float(longest / first), 8 if layout.columns == 1 else 4)
    _value_axis(axes, rows[rows["n"] >= first])
    if first < results.budget < longest:
        axes.axvline(results.budget, color=style.MUTED, linewidth=0.9, zorder=1)
        axes.annotate(
            " budget", (results.budget, 0.03), xycoords=("data", "axes fraction"), fontsize=8.5, color=style.MUTED
        )
    axes.set(xlabel="trials", ylabel=f"best {style.label(results.metric, figures.letters(layout.height) - 5)}")
    if label:
        scales.label_ends(axes, ends, layout.height)


def _value_axis(axes: Axes, rows: pd.DataFrame) -> None:
    """Set limits by the lines and bands from the first number of trials that is shown: fewer trials would hide them."""
    values = rows[["line", "lower", "upper"]].astype(float).to_numpy().ravel()
    values = values[np.isfinite(values)]
    if not len(values):
        return
    if scales.spans_decades(values):
        scales.log_axis(axes, "y", float(values.max() / values.min()), 5)
        return
    room = 0.06 * (float(values.max() - values.min()) or abs(float(values.max())) or 1.0)
    axes.set_ylim(float(values.min()) - room, float(values.max()) + room)
