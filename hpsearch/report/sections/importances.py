"""Section: the importance of each hyperparameter, by both evaluators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpsearch.analysis.importance import EVALUATORS, importances
from hpsearch.report import figures, style
from hpsearch.report.section import Drawing, Section, by_task
from hpsearch.report.text import Fact, listing
from hpsearch.results.results import Results

_HEAD = 0.5  # inches between panels: tick labels, and the title of the panel below
_TITLE = "Which hyperparameters matter"
_MOST_PANELS, _MOST_BARS = 12, 10


def _all(results: Results) -> pd.DataFrame:
    frames = [importances(results, task).assign(task=task) for task, _ in by_task(results)]
    nonempty = [frame for frame in frames if len(frame)]
    return pd.concat(nonempty, ignore_index=True) if nonempty else pd.DataFrame()


def importances_section(results: Results) -> Section:
    """Build the section with a bar for each hyperparameter and evaluator, one panel per task."""
    frame = _all(results)
    if frame.empty:
        why = "No figure: it needs ten complete trials with different values, and a hyperparameter with several values."
        return Section("importances", _TITLE, (why,))
    counts = frame.groupby("task")["trials"].first()
    facts: dict[str, Fact] = {"metric": results.metric, "trials": int(counts.sum())}
    suffixes = [(task, s) for task, s in by_task(results) if (frame["task"] == task).any()]
    drawn = suffixes[:_MOST_PANELS] if results.subject == "objective" else suffixes
    sentences = [_sentence(frame[frame["task"] == task], facts, s) for task, s in drawn]
    figure = _draw(frame, [task for task, _ in suffixes][:_MOST_PANELS])
    return Section(
        "importances",
        _TITLE,
        (_READING, *((_UNCONDITIONAL,) if results.conditions else ())),
        drawing=Drawing(figure, " ".join(sentences)),
        data={"importances": frame[["task", "parameter", *EVALUATORS, "trials"]]},
        facts=facts,
    )


_UNCONDITIONAL = "Conditional hyperparameters are left out, because not all trials have them."
_READING = (
    "From {trials} trials: fANOVA measures importance over the whole space, PED-ANOVA for being among the best tenth. "
    "Where they disagree, a hyperparameter matters only far from the best values, or only near them."
)


def _sentence(rows: pd.DataFrame, facts: dict[str, Fact], s: str) -> str:
    """Name the most important hyperparameter by each evaluator."""
    first = {
        name: rows.iloc[int(rows[name].to_numpy(dtype=float).argmax())]
        for name in EVALUATORS
        if rows[name].notna().all()
    }
    facts[f"task{s}"] = str(rows["task"].iloc[0])
    for place, (name, row) in enumerate(first.items(), 1):
        facts |= {f"first_{place}{s}": str(row["parameter"]), f"share_{place}{s}": 100 * float(row[name])}
    opening = f"On {{task{s}}}, " if s else ""
    if not first:
        return f"{opening}{'n' if s else 'N'}o evaluator has a result."
    parts = [f"{{share_{place}{s}:.0f}} % by {name}" for place, name in enumerate(first, 1)]
    if len({str(row["parameter"]) for row in first.values()}) == 1:
        return f"{opening}{{first_1{s}}} matters most: {listing(parts)}."
    clauses = [f"{{first_{place}{s}}} matters most by {name}" for place, name in enumerate(first, 1)]
    return f"{opening}{listing(clauses, 'but')}."


def _draw(frame: pd.DataFrame, names: list[str]) -> Figure:
    bars = min(int(frame.groupby("task").size().max()), _MOST_BARS)
    columns = 1 if len(names) == 1 else 2
    sides = (
        {"left": 1.9, "right": 0.5} if columns == 1 else {"left": 1.4, "right": 0.9, "head": _HEAD}
    )  # labels of bars reach out
    layout = figures.Layout(len(names), columns, 0.25 + 0.42 * bars, **sides, across=1.9, share=False)
    with style.applied():
        figure, panels = figures.new_figure(layout)
        for axes, task in zip(panels, names, strict=True):
            rows = frame[frame["task"] == task].assign(_most=frame[list(EVALUATORS)].max(axis=1))
            rows = rows.sort_values("_most", ascending=False, kind="stable").head(bars)
            _panel(axes, rows, layout)
            if len(names) > 1:
                axes.set_title(style.label(task, figures.letters(layout.width)), loc="left")
        for axes in panels[-columns:]:
            axes.set_xlabel("importance")
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, layout: figures.Layout) -> None:
    middle = np.arange(len(rows))
    height = 0.8 / len(EVALUATORS)
    for index, name in enumerate(EVALUATORS):
        look: Any = style.look(index)
        at = middle + (index - (len(EVALUATORS) - 1) / 2) * height
        shares = rows[name].astype(float).to_numpy()
        axes.barh(
            at,
            np.nan_to_num(shares),
            height * 0.86,
            color=look.color,
            hatch="" if index == 0 else "////",
            edgecolor=style.PAPER,
            linewidth=0,
        )
        for y, share in zip(at, shares, strict=True):
            label = "–" if np.isnan(share) else f"{share:.2f}"
            text = f"{label} {name}" if y == at[0] else label
            axes.text(float(np.nan_to_num(share)) + 0.012, float(y), text, va="center", fontsize=8)
    room = figures.letters(layout.left - 0.1)
    axes.set_yticks(middle, [style.label(str(name), room) for name in rows["parameter"]])
    axes.set(xlim=(0, 1.3), ylim=(len(rows) - 0.5, -0.5))  # room beyond 1 for the labels of the longest bars
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.grid(visible=False, axis="y")
