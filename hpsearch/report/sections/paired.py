"""Section: paired differences between each level and its reference, by repeat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hpsearch.analysis.comparison.paired import pairs
from hpsearch.analysis.comparison.pairings import pairings
from hpsearch.analysis.comparison.run_values import run_values
from hpsearch.analysis.comparison.task_effects import task_effects
from hpsearch.analysis.comparison.verdicts import Verdict, verdicts
from hpsearch.analysis.metrics import metric
from hpsearch.report import figures, style
from hpsearch.report.precision import interval_cell, probability, value_cell
from hpsearch.report.section import (
    MOST,
    Column,
    Drawing,
    Section,
    Table,
    comparison_name,
    leading,
    level_name,
    words,
)
from hpsearch.report.sections.verdict_sentence import precision
from hpsearch.report.text import NOTHING, Fact, Measured
from hpsearch.results.results import Results

_TITLE = "Differences by repeat"
_NONE = "No figure: there is no repeat yet in which both sides of a comparison have spent their budget."
_READING = (
    "Each ring is a repeat. The diamond is their mean, with the interval of the verdict. Right of zero, the first "
    "{side} did better. "
)
_BOXES = {
    "margin": "A grey box is the margin: smaller differences do not matter.",
    "noise": "A grey box is not a margin but the noise of one training.",
}
_EQUAL = "A thick bar is the interval for equivalence, of that comparison alone."
_EDGE = " A triangle at the edge is a repeat in which only one {side} has a finite value."
_OTHERS = "The figure shows the first {comparisons_drawn} comparisons; the data files have all."
_ROW = 0.46  # inches
_ON_FIRST_PAGE = 6  # maximum number of comparisons in the figure of the first page
_MOST = 24  # maximum number of comparisons in the figure
_LABEL = 22


def paired_section(results: Results) -> Section:
    """Build the section with the paired differences behind the verdicts and, for several tasks, their means by task."""
    comparisons = [verdict for verdict in verdicts(results) if verdict.repeats]
    if not comparisons:
        return Section("paired", _TITLE, (_NONE,))
    facts: dict[str, Fact] = {"metric": results.metric, "level": 95}
    frame = _differences(results)
    sentence, won = _sentence(results, comparisons, facts), _won(comparisons)
    drawn = comparisons[:_MOST]
    notes = (_OTHERS,) if len(drawn) < len(comparisons) else ()
    facts |= {"comparisons_drawn": len(drawn)} if notes else {}
    by_task = task_effects(results)
    several = len(by_task["task"].unique()) > 1
    return Section(
        "paired",
        _TITLE,
        (_reading(drawn, frame), won, *notes, *(_PER_TASK if several else ())),
        tables=(Table("Effects on each task", by_task, tuple(_columns(results, by_task))),) if several else (),
        drawing=Drawing(_draw(results, drawn, frame), sentence, _note(drawn)),
        data={"paired": frame} | ({"paired_by_task": by_task} if several else {}),
        facts=facts,
    )


_PER_TASK = (
    "The effects on single tasks are exploratory: they are in each task's own units, each with its own {level} % "
    "interval (Student's t).",
)


def first_drawing(results: Results, facts: dict[str, Fact]) -> Drawing | None:
    """Return a figure of a few comparisons, those that are resolved first; None if the section's own is as small."""
    comparisons = [verdict for verdict in verdicts(results) if verdict.repeats]
    if len(comparisons) <= _ON_FIRST_PAGE:
        return None
    chosen = sorted(comparisons, key=lambda each: not each.resolved)[:_ON_FIRST_PAGE]
    return Drawing(_draw(results, chosen, _differences(results)), _sentence(results, chosen, facts), _note(chosen))


def _differences(results: Results) -> pd.DataFrame:
    judged = results.at_plan or results
    values = run_values(judged)
    paired = [pairs(values, comparison) for comparison in pairings(judged)]
    parts = [
        each.frame.assign(factor=each.comparison.factor, level=each.comparison.level, against=each.comparison.against)
        for each in paired
        if len(each.frame)
    ]
    return pd.concat(parts, ignore_index=True)[["factor", "level", "against", "repeat", "difference"]]


def _reading(comparisons: Sequence[Verdict], frame: pd.DataFrame) -> str:
    edge = _EDGE if np.isinf(frame["difference"].to_numpy(dtype=float)).any() else ""
    return f"{_READING}{_boxes(comparisons)}{edge}".rstrip()


def _note(comparisons: Sequence[Verdict]) -> str:
    """Return the note on a figure's boxes and thick bars; empty without any."""
    return f"In the figure: {text[0].lower()}{text[1:]}" if (text := _boxes(comparisons)) else ""


def _boxes(comparisons: Sequence[Verdict]) -> str:
    """Say what the grey boxes are, the margin or the noise, and what a thick bar is."""
    boxes = [text for name, text in _BOXES.items() if any(_is_box(each, name) for each in comparisons)]
    return " ".join([*boxes, *([_EQUAL] if any(_equal_ends(each) for each in comparisons) else [])])


def _is_box(each: Verdict, name: str) -> bool:
    kind, half = _box(each)
    return kind == name and half is not None


def _box(each: Verdict) -> tuple[str, float | None]:
    """Return the box around zero, the margin or else the noise, with its half width; None without one."""
    return ("margin", each.margin) if each.margin is not None else ("noise", each.noise)


def _equal_ends(each: Verdict) -> tuple[float, float] | None:
    """Return the drawn interval for equivalence; None without a declared margin, or in too few repeats."""
    if each.margin is None or each.equal_low is None or each.equal_high is None or each.repeats < 2:
        return None
    return (each.equal_low, each.equal_high) if np.isfinite([each.equal_low, each.equal_high]).all() else None


def _sentence(results: Results, comparisons: Sequence[Verdict], facts: dict[str, Fact]) -> str:
    """State the mean differences; also adds the counts of repeats won to `facts`."""
    facts |= {"judged": comparisons[0].judged}
    parts = []
    for place, each in enumerate(comparisons, 1):
        facts |= {
            f"level_{place}": level_name(results, each.factor, each.level),
            f"against_{place}": level_name(results, each.factor, each.against),
            f"won_{place}": each.won,
            f"drawn_{place}": each.drawn,
            f"repeats_{place}": each.repeats,
        }
        if each.effect is not None:
            facts[f"effect_{place}"] = Measured(each.effect, precision(each))
        mean = "no finite value" if each.effect is None else f"{{effect_{place}}}"
        parts.append(f"{mean} for {_pair(comparisons, place)}")
    scale = "normalised {judged} regret" if comparisons[0].scale == "regret" else "{judged} {metric}"
    return f"Mean advantage in {scale}: {leading(parts, facts)}."


def _won(comparisons: Sequence[Verdict]) -> str:
    parts = []
    for place, each in enumerate(comparisons[:MOST], 1):
        ties = f" ({{drawn_{place}}} drawn)" if each.drawn else ""
        parts.append(f"{_pair(comparisons, place)} {{won_{place}}} of {{repeats_{place}}}{ties}")
    more = "; the data files have the others" if len(comparisons) > MOST else ""
    return f"Repeats won: {_joined(parts)}{more}."


def _joined(parts: Sequence[str]) -> str:
    return ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]


def _pair(comparisons: Sequence[Verdict], place: int) -> str:
    """Name both sides of a comparison, or the first alone where the second is that of the comparison before."""
    each, before = comparisons[place - 1], comparisons[place - 2] if place > 1 else None
    same = before is not None and (before.factor, before.against) == (each.factor, each.against)
    return f"{{level_{place}}}" if same else f"{{level_{place}}} against {{against_{place}}}"


def _draw(results: Results, comparisons: list[Verdict], frame: pd.DataFrame) -> Figure:
    longest = max(len(line) for each in comparisons for line in _name(results, each, _LABEL).split("\n"))
    layout = figures.Layout(
        1, 1, _ROW * len(comparisons) + 0.1, left=0.25 + 0.08 * longest, right=1.05, foot=0.5, wide=figures.NARROW
    )  # fmt: skip
    with style.applied():
        figure, (axes,) = figures.new_figure(layout)
        low, high = _bounds(comparisons, frame)
        for row, each in enumerate(comparisons):
            _row(axes, len(comparisons) - 1 - row, each, _of(frame, each), (low, high), row)
        axes.axvline(0, color=style.INK, linewidth=0.9, zorder=1)
        axes.set(xlim=(low - 0.04 * (high - low), high + 0.04 * (high - low)), ylim=(-0.6, len(comparisons) - 0.4))
        axes.set_yticks(range(len(comparisons)), [_name(results, each, _LABEL) for each in reversed(comparisons)])
        axes.set_xlabel(f"how much better, {_unit(results, comparisons[0])}")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=max(int(1.1 * layout.width), 3)))
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
    return figure


def _of(frame: pd.DataFrame, each: Verdict) -> Any:
    rows = frame[(frame["factor"] == each.factor) & (frame["level"] == each.level) & (frame["against"] == each.against)]
    return rows["difference"].to_numpy(dtype=float)


def _name(results: Results, each: Verdict, length: int) -> str:
    level, against = (level_name(results, each.factor, side) for side in (each.level, each.against))
    return f"{style.label(level, length)}\nagainst {style.label(against, length - 8)}"


def _unit(results: Results, one: Verdict) -> str:
    measured = f"{one.judged} {style.label(results.metric)}"
    return f"in normalised {one.judged} regret" if one.scale == "regret" else f"in {measured}"


def _bounds(comparisons: list[Verdict], frame: pd.DataFrame) -> tuple[float, float]:
    """Return the smallest and largest number in the figure, zero included."""
    boxes = [_box(each)[1] for each in comparisons]
    margins = [side * box for box in boxes if box is not None for side in (-1, 1)]
    ends = [end for each in comparisons for end in (each.low, each.high) if end is not None]
    ends += [end for each in comparisons for end in _equal_ends(each) or ()]
    differences = frame["difference"].to_numpy(dtype=float)
    values = [0.0, *margins, *ends, *differences[np.isfinite(differences)]]
    return (min(values), max(values)) if max(values) > min(values) else (-1.0, 1.0)


def _row(axes: Axes, y: int, each: Verdict, differences: Any, bounds: tuple[float, float], index: int) -> None:
    look = style.look(index)
    kind, box = _box(each)
    if box is not None:
        axes.fill_betweenx([y - 0.34, y + 0.34], -box, box, color=style.GRID, alpha=0.55, linewidth=0)
        for side in (-1, 1) if kind == "margin" else ():
            axes.plot([side * box] * 2, [y - 0.34, y + 0.34], color=style.MUTED, linewidth=0.9)
    finite = np.isfinite(differences)
    shift = 0.17 * np.linspace(-1, 1, len(differences)) if len(differences) > 1 else np.zeros(1)
    axes.scatter(
        differences[finite], y + shift[finite], s=22, facecolors="none", edgecolors=look.color, linewidths=1.1, zorder=3
    )
    for edge, side, marker in zip(bounds, (-1, 1), "<>", strict=True):
        beyond = np.isinf(differences) & (np.sign(differences) == side)
        axes.scatter(
            np.full(int(beyond.sum()), edge), y + shift[beyond], s=26, marker=marker, color=look.color, zorder=3
        )
    if each.effect is not None and np.isfinite(each.effect) and each.repeats > 1:
        if each.low is not None and each.high is not None:
            axes.plot([each.low, each.high], [y, y], color=style.INK, linewidth=1.8, zorder=4)
        if equal := _equal_ends(each):
            axes.plot(equal, [y, y], color=style.INK, linewidth=4.5, solid_capstyle="butt", zorder=2.5)
        axes.scatter([each.effect], [y], s=38, marker="D", color=style.INK, zorder=5)
    axes.annotate(
        each.verdict, xy=(1.02, y), xycoords=("axes fraction", "data"), va="center", annotation_clip=False
    )  # fmt: skip


def _columns(results: Results, frame: pd.DataFrame) -> Iterator[Column]:
    yield words("task", "Task")
    yield Column("Comparison", lambda row: comparison_name(results, row), numeric=False)
    yield Column("Effect", lambda row: value_cell(row, "effect", "low", "high"))
    yield Column(
        "95 % interval", lambda row: interval_cell(row, "low", "high", metric(results.metric).clipped_difference)
    )
    yield Column("P(better)", lambda row: NOTHING if np.isnan(row["better"]) else probability(row["better"], 1.0))
    yield Column("Repeats", lambda row: f"{row['repeats']}")
