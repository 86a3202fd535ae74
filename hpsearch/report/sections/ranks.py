"""Section: mean rank of each variant against trials, and critical differences over tasks."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpsearch.analysis.comparison.ranks import rank_curves, task_ranks
from hpsearch.analysis.comparison.run_values import run_values
from hpsearch.analysis.statistics.critical_difference import (
    ENOUGH_STRATEGIES,
    ENOUGH_TASKS,
    CriticalDifference,
    critical_difference,
)
from hpsearch.report import figures, scales, style
from hpsearch.report.section import Drawing, Section, few_variants, leading
from hpsearch.report.text import Fact, listing, plural
from hpsearch.results.results import Results

_TITLE = "Mean place of each {noun}"
_NONE = "No figure: there is no repeat yet in which every {noun} has spent its budget."
_READING = (
    "A place is the rank within a repeat of a task by the best validation {metric} so far (ties share it); lines are "
    "means over {blocks} {block_word}. A place does not say how large a lead is."
)
_TOO_FEW = (
    "Critical differences need at least {enough_tasks} tasks and {enough_variants} {nouns}; this study has {tasks} and "
    "{variants}. Repeats of a task do not count as tasks."
)
_SOURCE = "Benavoli, Corani and Mangili 2016"
_LABEL = 18


def ranks_section(results: Results) -> Section:
    """Build the section with mean ranks against trials and, for enough tasks, a critical-difference diagram."""
    curves, places = rank_curves(results), task_ranks(results)
    if curves.empty:
        return Section("ranks", _TITLE, (_NONE,))
    facts: dict[str, Fact] = {"metric": results.metric, "blocks": int(curves["blocks"].iloc[0])}
    facts["block_word"] = plural(int(curves["blocks"].iloc[0]), "repeat")
    sentence = _sentence(curves, facts)
    apart = critical_difference(places) if len(_varied(results)) < 2 else None
    shown, notes = few_variants(results, facts)
    return Section(
        "ranks",
        _TITLE,
        (_READING, *_across_tasks(results, apart, places, facts), *notes),
        drawing=Drawing(_draw(shown, curves, apart), sentence),
        data={"ranks": curves.drop(columns="blocks"), "task_ranks": places.reset_index()},
        facts=facts,
    )


def _varied(results: Results) -> list[str]:
    return [factor for factor, labels in results.factors.items() if len(labels) > 1]


def _sentence(curves: pd.DataFrame, facts: dict[str, Fact]) -> str:
    last = curves[curves["n"] == curves["n"].max()].sort_values("rank", kind="stable")
    facts["after"] = after = int(last["n"].iloc[0])
    for place, row in enumerate(last.to_dict("records"), 1):
        facts |= {f"variant_{place}": str(row["variant"]), f"rank_{place}": float(row["rank"])}
    parts = [f"{{rank_{place}:#.2g}} for {{variant_{place}}}" for place in range(1, len(last) + 1)]
    return f"After {{after}} {plural(after, 'trial')} the mean place is {leading(parts, facts)}."


def _across_tasks(
    results: Results, apart: CriticalDifference | None, places: pd.DataFrame, facts: dict[str, Fact]
) -> Iterator[str]:
    facts |= {
        "enough_tasks": ENOUGH_TASKS,
        "enough_variants": ENOUGH_STRATEGIES,
        "tasks": len(places),
        "variants": len(results.variants),
        "judged": run_values(results).judged,
        "source": _SOURCE,
    }
    if len(_varied(results)) > 1:
        return  # cells are shown, not tested
    if apart is None:
        yield _TOO_FEW
        return
    facts |= {"statistic": apart.statistic, "p": apart.p, "difference": apart.difference, "alpha": 5}
    yield (
        "Friedman's test over {tasks} tasks, each by its mean {judged} value over repeats, gives "
        "χ² = {statistic:#.2g}, p = {p:#.2g}. Mean places that differ by less than {difference:#.2g} are not told "
        "apart (Nemenyi, {alpha} % level)."
    )
    for place, group in enumerate(apart.groups, 1):
        facts[f"group_{place}"] = listing(group)
        yield f"Not told apart: {{group_{place}}}."
    yield (
        "This test's answer for two {nouns} also depends on the others in the study ({source}); the verdicts above do "
        "not."
    )


def _draw(results: Results, curves: pd.DataFrame, apart: CriticalDifference | None) -> Figure:
    longest = max(len(style.label(name, _LABEL)) for name in results.variants)
    height = max(2.4, 0.21 * len(results.variants) + 0.3)
    layout = figures.Layout(
        2 if apart else 1,
        1,
        height,
        left=1.15 if apart else 0.8,
        right=0.4 + 0.085 * longest,
        head=0.75 if apart else 0.3,
        share=False,
    )
    with style.applied():
        figure, panels = figures.new_figure(layout)
        _lines(panels[0], results, curves, layout.height)
        if apart:
            panels[0].set_title("as the trials go on", loc="left")
            _critical(panels[1], results, apart)
    return figure


def _lines(axes: Axes, results: Results, curves: pd.DataFrame, height: float) -> None:
    ends = []
    for index, name in enumerate(results.variants):
        line, look = curves[curves["variant"] == name], style.look(index)
        every = ((0.02 + 0.013 * index) % 0.13, 0.13)
        axes.plot(
            line["n"], line["rank"],
            color=look.color, linestyle=look.line, marker=look.marker, markersize=5, markevery=every,
        )  # fmt: skip
        ends.append((float(line["n"].iloc[-1]), float(line["rank"].iloc[-1]), style.label(name, _LABEL)))
    best, worst = float(curves["rank"].min()), float(curves["rank"].max())
    room = max(0.5 * (1 - (worst - best)), 0.15)  # keep differences of less than one place from filling the axis
    axes.set(xlabel="trials", ylabel="mean place", ylim=(worst + room, best - room))
    axes.set_xlim(1, max(int(curves["n"].max()), 2) * 1.01)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    scales.label_ends(axes, ends, height)


def _critical(axes: Axes, results: Results, apart: CriticalDifference) -> None:
    """Draw final mean ranks, best on top; vertical bars join variants without a significant difference."""
    count = len(apart.ranks)
    rows = {str(name): count - 1 - row for row, name in enumerate(apart.ranks.index)}
    for name, rank in apart.ranks.items():
        look = style.look(list(results.levels).index(str(name)))
        axes.plot([1, rank], [rows[str(name)]] * 2, color=style.GRID, linewidth=1.0, zorder=1)
        axes.scatter([rank], [rows[str(name)]], s=42, marker=look.marker, color=look.color, zorder=3)
        axes.annotate(f"{rank:.2f}", (rank, rows[str(name)]), xytext=(7, 0), textcoords="offset points", va="center")
    for bar, group in enumerate(apart.groups):
        x = count + 0.45 + 0.12 * bar
        axes.plot([x, x], [rows[group[0]] + 0.2, rows[group[-1]] - 0.2], color=style.INK, linewidth=3.0)
    axes.plot([1, 1 + apart.difference], [count - 0.25] * 2, color=style.INK, linewidth=1.6, marker="|")
    axes.annotate(
        f"critical difference {apart.difference:.2f}", (1 + apart.difference, count - 0.25),
        xytext=(6, 0), textcoords="offset points", va="center",
    )  # fmt: skip
    axes.set(xlim=(0.9, count + 0.6 + 0.12 * len(apart.groups)), ylim=(-0.6, count + 0.1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=9))
    axes.set_yticks(list(rows.values()), [style.label(name, 10) for name in rows])
    axes.set_xlabel(f"mean place over {apart.tasks} tasks; bars join what is not told apart")
    axes.set_title(f"at the end, over tasks, by {run_values(results).judged} values", loc="left")
    axes.grid(visible=False, axis="y")
