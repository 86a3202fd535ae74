"""Section: learning curves of the best trials, as in the chapter's figure of twenty small panels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpsearch.analysis.best import leaders
from hpsearch.analysis.incumbents import KEYS, tasks
from hpsearch.report import figures, style
from hpsearch.report.data import by_run
from hpsearch.report.section import Drawing, Section
from hpsearch.report.text import Fact, number
from hpsearch.results.results import Results

_TITLE = "How the best trials learned"
_PANELS = 20
_COLUMNS = 5
_TRIAL = [*KEYS, "number"]


def learning_curves_section(results: Results) -> Section:
    """Build the section with training and validation scores of the best trials, one panel each, best first."""
    task_names = tasks(results)
    best = leaders(results, max(_PANELS // max(len(task_names), 1), 1))
    best = best[best["task"].isin(task_names[:_PANELS])]
    curves = best[[*_TRIAL, "rank", "value"]].merge(results.curves, on=_TRIAL, sort=False)
    curves = curves[np.isfinite(curves["validation_score"].astype(float))]
    if curves.empty:
        return Section("learning_curves", _TITLE, ("Not drawn: no trial that ended well reported its epochs.",))
    facts = _facts(results, curves)
    notes = ("Drawn: the first {task_count} tasks of the study.",) if len(task_names) > _PANELS else ()
    sentence = _sentence(facts)
    return Section(
        "learning_curves",
        _TITLE,
        (_reading(curves), *notes),
        drawing=Drawing(_draw(results, curves, style.title(sentence, facts)), sentence),
        data={"learning_curves": by_run(results, curves.drop(columns="value"))},
        shared=("trials", "runs"),
        facts=facts,
    )


def _facts(results: Results, curves: pd.DataFrame) -> dict[str, Fact]:
    """Count the trials that had their best score in their last epoch, and collect the other facts."""
    still = 0
    trials = [trial for _, trial in curves.groupby(_TRIAL, sort=False)]
    for trial in trials:
        scores = results.sign * trial["validation_score"].to_numpy(dtype=float)
        still += int(scores[-1] == scores.max())
    ends = [float(trial["value"].iloc[0]) for trial in trials]
    return {
        "metric": results.metric,
        "trials": len(trials),
        "task_count": curves["task"].nunique(),
        "each": max(int(trial["rank"].iloc[0]) for trial in trials),
        "still": still,
        "first": results.sign * max(results.sign * end for end in ends),
        "last": results.sign * min(results.sign * end for end in ends),
    }


def _sentence(facts: dict[str, Fact]) -> str:
    if facts["trials"] == 1:
        was = "was" if facts["still"] else "was not"
        return f"The best trial, with a validation {{metric}} of {{first}}, {was} at its best in its last epoch."
    of_each = " of each task" if facts["task_count"] != 1 else ""
    return (
        f"The {{each}} best trials{of_each}, with a validation {{metric}} of {{first}} to {{last}}: "
        f"{{still}} of {{trials}} {'was' if facts['still'] == 1 else 'were'} "
        "at their best in their last epoch."
    )


def _reading(curves: pd.DataFrame) -> str:
    text = "Each panel is a trial: its rank and value, its {noun}, its run and number in it. Solid is validation"
    return f"{text}, dashed is training." if curves["train_score"].notna().any() else f"{text}."


def _draw(results: Results, curves: pd.DataFrame, title: str) -> Figure:
    trials = [trial for _, trial in curves.groupby(_TRIAL, sort=False)]
    columns = min(len(trials), _COLUMNS)
    layout = figures.Layout(len(trials), columns, 1.1 if columns == _COLUMNS else 2.0, head=0.42, across=0.18)
    with style.applied():
        figure, panels = figures.new_figure(title, layout)
        for axes, trial in zip(panels, trials, strict=True):
            _panel(axes, trial, several=len(set(curves["task"])) > 1)
        panels[0].xaxis.set_major_locator(MaxNLocator(integer=True, nbins=3))
        panels[0].yaxis.set_major_locator(MaxNLocator(nbins=4))
        _limits(panels[0], curves)
        if curves["train_score"].notna().any():
            panels[0].legend(loc="lower right" if results.sign > 0 else "upper right", fontsize=7, handlelength=1.6)
        figure.supxlabel("epoch", fontsize=9.5)
        figure.supylabel(style.label(results.metric), fontsize=9.5)
    return figure


def _panel(axes: Axes, trial: pd.DataFrame, *, several: bool) -> None:
    first = trial.iloc[0]
    epochs = trial["epoch"].to_numpy()
    alone: Any = {"marker": "o", "markersize": 3.5} if len(trial) == 1 else {}
    for part, look in (("train", style.look(1)), ("validation", style.look(0))):
        scores = trial[f"{part}_score"].to_numpy(dtype=float)
        axes.plot(epochs, scores, color=look.color, linestyle=look.line, linewidth=1.4, label=part, **alone)
    name = style.label(str(first["variant"]), 12)
    task = f" {style.label(str(first['task']), 10)}" if several else ""
    axes.set_title(
        f"{first['rank']}: {number(float(first['value']))}{task}\n{name} {first['repeat']:02d} #{first['number']}",
        loc="left",
        fontsize=7.5,
        pad=3,
    )
    axes.tick_params(labelsize=7.5)


def _limits(axes: Axes, curves: pd.DataFrame) -> None:
    """Set limits that include both scores of all trials, so that panels can be compared."""
    scores = curves[["train_score", "validation_score"]].to_numpy(dtype=float)
    scores = scores[np.isfinite(scores)]
    room = 0.06 * (scores.max() - scores.min() or abs(scores.max()) or 1.0)
    axes.set_ylim(scores.min() - room, scores.max() + room)
