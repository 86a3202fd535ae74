"""Section: learning curves of the best trials, one small panel each, as in the chapter's figure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpsearch.analysis.best import leaders
from hpsearch.analysis.incumbents import KEYS, tasks
from hpsearch.report import figures, style
from hpsearch.report.data import by_run
from hpsearch.report.precision import uncertainty
from hpsearch.report.section import Drawing, Section
from hpsearch.report.text import Fact, Measured, measured, value
from hpsearch.results.results import PARAM, Results

_TITLE = "How the best trials learned"
_PANELS = 5
_COLUMNS = 5
_NAMED = 3  # maximum number of hyperparameters above a panel
_TRIAL = [*KEYS, "number"]


def learning_curves_section(results: Results) -> Section:
    """Build the section with training and validation scores of the best trials, one panel each, best first."""
    task_names = tasks(results)
    best = leaders(results, max(_PANELS // max(len(task_names), 1), 1))
    best = best[best["task"].isin(task_names[:_PANELS])]
    settings = [str(name) for name in best if str(name).startswith(PARAM)]
    curves = best[[*_TRIAL, "rank", "value", *settings]].merge(results.curves, on=_TRIAL, sort=False)
    curves = curves[np.isfinite(curves["validation_score"].astype(float))]
    if curves.empty:
        return Section("learning_curves", _TITLE, ("No figure: no complete trial reported its epochs.",))
    facts = _facts(results, curves)
    notes = ("The figure shows the first {task_count} {subjects} of the study.",) if len(task_names) > _PANELS else ()
    sentence = _sentence(facts, results.curve_unit)
    return Section(
        "learning_curves",
        _TITLE,
        (_reading(curves), *notes),
        drawing=Drawing(_draw(results, curves), sentence),
        data={"learning_curves": by_run(results, curves.drop(columns=["value", *settings]))},
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
        "first": Measured(results.sign * max(results.sign * end for end in ends), uncertainty(results)),
        "last": Measured(results.sign * min(results.sign * end for end in ends), uncertainty(results)),
    }


def _sentence(facts: dict[str, Fact], unit: str) -> str:
    if facts["trials"] == 1:
        was = "was" if facts["still"] else "was not"
        return f"The best trial, with a validation {{metric}} of {{first}}, {was} best in its last {unit}."
    of_each = " of each {subject}" if facts["task_count"] != 1 else ""
    values = "{first}" if facts["first"] == facts["last"] else "{first} to {last}"
    return (
        f"The {{each}} best trials{of_each} have a validation {{metric}} of {values}; "
        f"{{still}} of {{trials}} {'was' if facts['still'] == 1 else 'were'} best in the last {unit}."
    )


def _reading(curves: pd.DataFrame) -> str:
    train = ", dashed ones training" if curves["train_score"].notna().any() else ""
    return (
        f"Solid lines are validation{train}. Above each panel are the trial's place, its value, and the "
        "hyperparameters in which these trials differ."
    )


def _draw(results: Results, curves: pd.DataFrame) -> Figure:
    trials = [trial for _, trial in curves.groupby(_TRIAL, sort=False)]
    columns = min(len(trials), _COLUMNS)
    named = _different(curves)
    several = len(set(curves["task"])) > 1
    head = 0.1 + 0.115 * (1 + several + len(named))
    layout = figures.Layout(
        len(trials), columns, 1.5 if columns == _COLUMNS else 2.0, head=head, across=0.18, left=0.65
    )
    with style.applied():
        figure, panels = figures.new_figure(layout)
        for axes, trial in zip(panels, trials, strict=True):
            uncertain = uncertainty(results, str(trial["task"].iloc[0]))
            _panel(axes, trial, named, uncertain, several=several, width=layout.width)
        figures.scale_to_scores(panels[0], curves)
        if curves["train_score"].notna().any():
            panels[0].legend(loc="lower right" if results.sign > 0 else "upper right", fontsize=7, handlelength=1.4)
        figure.supxlabel(results.curve_unit, fontsize=9.5)
        figure.supylabel(style.label(results.metric), fontsize=9.5)
    return figure


def _different(curves: pd.DataFrame) -> list[str]:
    """Return the columns of the first hyperparameters in which the trials differ."""
    names = [str(name) for name in curves if str(name).startswith(PARAM)]
    return [name for name in names if len(set(curves[name].map(repr))) > 1][:_NAMED]


def _panel(axes: Axes, trial: pd.DataFrame, named: list[str], moves: float, *, several: bool, width: float) -> None:
    first = trial.iloc[0]
    epochs = trial["epoch"].to_numpy()
    alone: Any = {"marker": "o", "markersize": 3.5} if len(trial) == 1 else {}
    for part, look in (("train", style.look(1)), ("validation", style.look(0))):
        scores = trial[f"{part}_score"].to_numpy(dtype=float)
        axes.plot(epochs, scores, color=look.color, linestyle=look.line, linewidth=1.4, label=part, **alone)
    letters = int((width + 0.12) / 0.054)
    lines = [f"{first['rank']}: {measured(float(first['value']), moves)}"]
    lines += [style.label(str(first["task"]), letters)] if several else []
    for name in named:
        shown = "–" if first[name] is None or first[name] != first[name] else value(first[name], 2)
        label = style.label(name.removeprefix(PARAM), max(letters - len(shown) - 1, 6))
        lines.append(f"{label} {style.label(shown, letters)}")
    axes.set_title("\n".join(lines), loc="left", fontsize=7, pad=3)
    axes.tick_params(labelsize=7.5)
