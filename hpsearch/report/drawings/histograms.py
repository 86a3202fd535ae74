"""Figure: histograms of each activation layer's outputs, a row for each variant, as in the chapter's figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from hpsearch.analysis.incumbents import tasks
from hpsearch.report import figures, style
from hpsearch.report.drawings import panels as grid
from hpsearch.report.drawings.cells import figure_settings
from hpsearch.report.section import Drawing, Section, nouns
from hpsearch.report.text import Fact, Measured, fill, listing
from hpsearch.results.results import Results

_TITLE = "The outputs of each layer"
_NONE = "No figure: no run recorded its layers; [record] layers = true asks for that."
_MOST_ROWS, _MOST_LAYERS = 12, 6
_BINS = 30
_CUT = 3.0  # a highest bar of more than so many times the second is cut, if that is no less than a fiftieth of all
_LOW = 0.02
_MANY = 0.25  # share of saturated outputs or dead units that a row is described by
_NAMED = 6  # rows whose names the title can have
_NARROW = 0.05  # standard deviation of bounded outputs that are almost one value
_SHRUNK = 0.1  # standard deviation of the last layer over that of the first
_WORDS = {
    "saturate": "saturate with {}",
    "one": "are almost one value with {}",
    "die": "are of many dead units with {}",
    "vanish": "vanish with {}",
    "explode": "explode with {}",
    "keep": "keep their spread with {}",
}
_RULES = (
    "Outputs are said to saturate if a quarter of those of the last layer do, and to be almost one value if their "
    "standard deviation there is below {narrow:g}; many units are dead if a quarter are. Outputs vanish or explode if "
    "their standard deviation in the last layer is {factor} times smaller or larger than in the first."
)


def histograms_section(results: Results) -> Section:
    """Build the section with a histogram of each activation layer's outputs at a recorded step, by default the first.

    A variant's row is its first repeat; the shares above the panels are medians over repeats.
    """
    layers = results.layers
    if layers.empty or not (layers["kind"] == "activation").any():
        return Section("figure", _TITLE, (_NONE,))
    settings = figure_settings(results)
    layers = layers[(layers["kind"] == "activation") & (layers["task"] == tasks(results)[0])]
    first, last = (settings.steps if settings else []) or (-math.inf, math.inf)
    layers = layers[layers["step"].between(first, last)]
    layers = layers[layers["step"] == layers.groupby("variant")["step"].transform("min")]
    present = [variant for variant in results.variants if (layers["variant"] == variant).any()]
    if not present:
        return Section("figure", _TITLE, (_NONE,))
    rows = present[:_MOST_ROWS]
    layers = layers[layers["variant"].isin(rows)]
    positions = _chosen(sorted(set(layers["position"])))
    layers = layers[layers["position"].isin(positions)]
    numbers = _numbers(layers, rows)
    facts: dict[str, Fact] = {"narrow": _NARROW, "factor": round(1 / _SHRUNK), "rows": len(rows)}
    title, sentence = _finding(results, numbers, facts)
    reading = (
        "Each row is a {noun}, from the layer next to the input to the last one, at step {step} of its first repeat. A "
        "panel is as high as its highest bar; one that is much higher than the others is cut, with its share beside it."
    )
    facts["step"] = int(layers["step"].min())
    notes = (_RULES, *(("The figure shows the first {rows} {nouns}.",) if len(rows) < len(present) else ()))
    return Section(
        "figure",
        _TITLE,
        (reading, *notes),
        drawing=Drawing(_draw(layers, numbers, rows, positions, title), sentence, note=reading),
        data={"figure": numbers, "figure_histograms": _counts(layers, rows)},
        facts=facts,
    )


def _chosen(positions: list[Any]) -> list[Any]:
    """Return the positions to draw: all, or evenly chosen ones with the first and the last."""
    if len(positions) <= _MOST_LAYERS:
        return positions
    return [positions[round(place)] for place in np.linspace(0, len(positions) - 1, _MOST_LAYERS)]


def _numbers(layers: pd.DataFrame, rows: Sequence[str]) -> pd.DataFrame:
    """Return the median over repeats of each layer's numbers: variant, position, std, saturated, dead."""
    frame = layers.reindex(columns=["variant", "position", "std", "saturated", "dead"])
    frame = frame.astype(dict.fromkeys(["std", "saturated", "dead"], float))
    medians = frame.groupby(["variant", "position"], as_index=False).median()
    order = {variant: place for place, variant in enumerate(rows)}
    return medians.sort_values(
        ["variant", "position"], key=lambda column: column.map(lambda each: order.get(each, each))
    )


def _counts(layers: pd.DataFrame, rows: Sequence[str]) -> pd.DataFrame:
    """Return the histograms of the first repeats: variant, position, low, high, count."""
    lines = []
    for variant in rows:
        for row in _first_repeat(layers, variant).itertuples():
            edges: Any = row.edges
            counts: Any = row.counts
            for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True):
                lines.append((variant, row.position, low, high, int(count)))
    return pd.DataFrame(lines, columns=["variant", "position", "low", "high", "count"])


def _first_repeat(layers: pd.DataFrame, variant: str) -> pd.DataFrame:
    own = layers[layers["variant"] == variant]
    first: pd.DataFrame = own[own["repeat"] == own["repeat"].min()].sort_values("position")
    return first


def describe(first: pd.Series[Any], last: pd.Series[Any]) -> str:
    """Return what happens to the outputs between the first and the last layer, a key of the words."""
    ratio = float(last["std"]) / float(first["std"]) if first["std"] > 0 else math.nan
    if last["saturated"] >= _MANY:
        return "saturate"
    if not math.isnan(last["saturated"]) and last["std"] < _NARROW:
        return "one"
    if last["dead"] >= _MANY:
        return "die"
    if ratio < _SHRUNK or last["std"] == 0:
        return "vanish"
    return "explode" if ratio > 1 / _SHRUNK or math.isinf(float(last["std"])) else "keep"


def _finding(results: Results, numbers: pd.DataFrame, facts: dict[str, Fact]) -> tuple[str, str]:
    by_word: dict[str, list[str]] = {}
    places = []
    for place, (variant, own) in enumerate(numbers.groupby("variant", sort=False), 1):
        first, last = own.iloc[0], own.iloc[-1]
        by_word.setdefault(describe(first, last), []).append(f"{{variant_{place}}}")
        facts |= {
            f"variant_{place}": str(variant),
            f"first_{place}": Measured(float(first["std"])),
            f"last_{place}": Measured(float(last["std"])),
        }
        places.append(f"{{variant_{place}}} {{first_{place}}} and {{last_{place}}}")
    facts["layers"] = int(numbers["position"].max())
    facts |= {f"count_{word}": len(variants) for word, variants in by_word.items()}
    counted = len(places) > _NAMED
    parts = [
        words.format(f"{{count_{word}}}" if counted else listing(by_word[word]))
        for word, words in _WORDS.items()
        if word in by_word
    ]
    alone = parts[0].removesuffix(" with {variant_1}")
    title = f"Outputs {', '.join(parts) if len(places) > 1 else alone}" + (" of {rows} {nouns}" if counted else "")
    deepest = " in the first layer and in layer {layers}" if numbers["position"].max() > 1 else ""
    sentence = f"{title}." if counted else f"{title}. Standard deviations{deepest}: {listing(places)}."
    return fill(title.replace("{nouns}", nouns(results)), facts), sentence


def _draw(
    layers: pd.DataFrame, numbers: pd.DataFrame, rows: Sequence[str], positions: Sequence[Any], title: str
) -> Figure:
    with style.applied():
        drawn = grid.frame(
            title,
            len(rows) * len(positions),
            len(positions),
            height=0.72,
            share=False,
            head=0.66,
            top=grid.title_height(title) + 0.46 + grid.LINE,
            left=0.3,
            across=0.16,
            wide=figures.WIDTH,
        )
        tall, wide = drawn.figure.get_figheight(), figures.WIDTH
        for place, axes in enumerate(drawn.panels):
            row, column = divmod(place, len(positions))
            own = _first_repeat(layers, rows[row])
            panel = own[own["position"] == positions[column]]
            box = axes.get_position()
            if column == 0:
                heading = style.label(rows[row], 60)
                y = box.y1 + (0.24 if row else 0.24 + grid.LINE) / tall
                drawn.figure.text(box.x0, y, heading, va="bottom", fontsize=9, fontweight="bold")
            axes.yaxis.set_visible(False)
            axes.grid(visible=False)
            axes.tick_params(labelsize=grid.SMALL)
            axes.spines["left"].set_visible(False)
            if panel.empty:
                axes.set_visible(False)
                continue
            low, high = _range(own)
            _panel(axes, panel.iloc[0], low, high)
            of_panel = numbers[(numbers["variant"] == rows[row]) & (numbers["position"] == positions[column])]
            above = [f"layer {positions[column]}"] if row == 0 else []
            above += _note(of_panel.iloc[0])
            axes.set_title("\n".join(above), loc="left", fontsize=grid.SMALL, pad=3)
        drawn.figure.text(0.5, 0.05 / tall, "output of a unit", ha="center", va="bottom", fontsize=9)
        drawn.figure.text(0.06 / wide, 0.5, "share of outputs", ha="left", va="center", rotation=90, fontsize=9)
    return drawn.figure


def _range(own: pd.DataFrame) -> tuple[float, float]:
    """Return the smallest and largest output of a row's layers."""
    edges = np.concatenate([np.asarray(each, dtype=float) for each in own["edges"]])
    edges = edges[np.isfinite(edges)]
    return (float(edges.min()), float(edges.max())) if len(edges) else (0.0, 1.0)


def _note(row: pd.Series[Any]) -> list[str]:
    """Return the line above a panel with the share of saturated outputs or dead units, if the activation has any."""
    notes = [f"{name} {100 * float(row[name]):.0f} %" for name in ("saturated", "dead") if not math.isnan(row[name])]
    return notes[:1]


def _panel(axes: Axes, row: Any, low: float, high: float) -> None:
    edges = np.linspace(low, high, _BINS + 1)
    shares = rebinned(np.asarray(row["counts"], dtype=float), np.asarray(row["edges"], dtype=float), edges)
    shares = shares / (shares.sum() or 1.0)
    axes.stairs(shares, edges, fill=True, color=style.look(0).color)
    second, highest = np.sort(shares)[-2:]
    limit = highest
    if highest > _CUT * second >= _CUT * _LOW:
        limit = _CUT * second
        left = bool(np.argmax(shares) < _BINS / 2)
        axes.text(
            0.12 if left else 0.88, 0.98, f"{100 * highest:.0f} %", ha="left" if left else "right", va="top",
            fontsize=grid.SMALL, transform=axes.transAxes,
        )  # fmt: skip
    axes.set_ylim(0, limit * 1.04 or 1.0)
    axes.set_xlim(low - 0.02 * (high - low), high + 0.02 * (high - low))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=2))


def rebinned(
    counts: NDArray[np.float64], edges: NDArray[np.float64], wanted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the counts in the bins between the `wanted` edges, as if outputs were spread evenly within each bin."""
    cumulative = np.concatenate([[0.0], np.cumsum(counts)])
    return np.diff(np.interp(wanted, edges, cumulative))
