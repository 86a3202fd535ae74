"""Figure: the learning curves of the best trials of one search, a small panel each, as in the chapter's figure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpsearch.analysis.best import leaders
from hpsearch.analysis.incumbents import KEYS, tasks
from hpsearch.report import figures, style
from hpsearch.report.drawings import panels as grid
from hpsearch.report.precision import uncertainty
from hpsearch.report.section import Drawing, Section
from hpsearch.report.text import Fact, Measured, fill, listing, measured, value
from hpsearch.results.results import PARAM, Results

MOST_TRIALS = 20
"""Number of best trials that are drawn, as in the chapter."""

_TITLE = "The best trials of a search"
_COLUMNS = 5
_DIGITS = 2
_LETTER = 0.054  # inches of a letter above a panel
_PARTS = ("train", "validation")


def trials_section(results: Results) -> Section:
    """Build the section with the curves of the best trials of the first variant's first search on the first task."""
    trials, curves = _of_first_search(results)
    if curves.empty:
        return Section("figure", _TITLE, ("No figure: no complete trial of the first search has curves yet.",))
    facts: dict[str, Fact] = {"drawn": curves["number"].nunique(), "trials": len(trials), "metric": results.metric}
    title = _finding(curves, facts)
    sentence = f"{title} of the {{trials}} trials of the first repeat."
    reading = (
        "Solid lines are the validation {metric}, dashed ones that of training. Above each panel are the trial's "
        "place, its value, and its hyperparameters."
    )
    return Section(
        "figure",
        _TITLE,
        (reading,),
        drawing=Drawing(_draw(results, curves, fill(title, facts)), sentence, note=reading),
        data={"figure": curves},
        shared=("trials",),
        facts=facts,
    )


def _of_first_search(results: Results) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the finished trials of the first search, and the curves of its best ones with their place."""
    of_all = results.trials
    is_first = (of_all["variant"] == results.variants[0]) & (of_all["repeat"] == 0)
    of_task = of_all["task"] == next(iter(tasks(results)), None)
    trials = of_all[is_first & of_task & (of_all["state"] == "COMPLETE")]
    best = leaders(replace(results, trials=trials), MOST_TRIALS)
    columns = [*KEYS, "number"]
    params = [str(name) for name in best if str(name).startswith(PARAM)]
    curves = best[[*columns, "rank", "value", *params]].merge(results.curves, on=columns, sort=False)
    return trials, curves[np.isfinite(curves["validation_score"].astype(float))]


def _finding(curves: pd.DataFrame, facts: dict[str, Fact]) -> str:
    """Return where the hyperparameters of the best trials lie, with placeholders for `facts`."""
    best = curves.drop_duplicates("number")
    parts = []
    for place, name in enumerate(name for name in best if str(name).startswith(PARAM)):
        numbers = pd.to_numeric(best[name], errors="coerce").dropna()
        if numbers.nunique() < 2:
            continue
        facts |= {
            f"parameter_{place}": str(name).removeprefix(PARAM),
            f"least_{place}": value(float(numbers.min()), _DIGITS),
            f"most_{place}": value(float(numbers.max()), _DIGITS),
        }
        parts.append(f"{{parameter_{place}}} from {{least_{place}}} to {{most_{place}}}")
    lead = "The {drawn} best"
    if parts:
        return f"{lead} have {listing(parts)},"
    facts["best_value"] = Measured(float(best["value"].iloc[0]))
    return f"{lead} reach a validation {{metric}} of up to {{best_value}},"


def _draw(results: Results, curves: pd.DataFrame, title: str) -> Figure:
    trials = [trial for _, trial in curves.groupby("rank", sort=True)]
    names = [str(name) for name in curves if str(name).startswith(PARAM)]
    head = 0.12 + 0.12 * (1 + len(names))
    with style.applied():
        drawn = grid.frame(
            title.removesuffix(","),
            len(trials),
            min(_COLUMNS, len(trials)),
            height=0.85,
            head=head,
            top=grid.title_height(title) + head,
            across=0.16,
            wide=figures.WIDTH,
            below=1,
        )
        for axes, trial in zip(drawn.panels, trials, strict=True):
            _panel(axes, results, trial, names, width=(figures.WIDTH - 0.9) / drawn.columns)
        figures.scale_to_scores(drawn.panels[0], curves)
        drawn.figure.supxlabel(results.curve_unit, fontsize=9.5, y=0.035)
        drawn.figure.supylabel(style.label(results.metric), fontsize=9.5)
        handles, labels = drawn.panels[0].get_legend_handles_labels()
        drawn.figure.legend(handles, labels, loc="lower right", ncols=2, frameon=False, fontsize=8)
    return drawn.figure


def _panel(axes: Axes, results: Results, trial: pd.DataFrame, names: list[str], *, width: float) -> None:
    first = trial.iloc[0]
    for part, name in zip(_PARTS, ("training", "validation"), strict=True):
        look = style.look(0 if part == "validation" else 1)
        scores: Any = trial[f"{part}_score"].astype(float)
        axes.plot(trial["epoch"], scores, color=look.color, linestyle=look.line, linewidth=1.3, label=name)
    lines = [f"{first['rank']}: {measured(float(first['value']), uncertainty(results, str(first['task'])))}"]
    letters = int(width / _LETTER)
    for name in names:
        shown = style.label(value(first[name], _DIGITS), letters // 2)
        lines.append(f"{style.label(name.removeprefix(PARAM), letters - len(shown) - 1)} {shown}")
    axes.set_title("\n".join(lines), loc="left", fontsize=7, pad=3)
    axes.tick_params(labelsize=8)
