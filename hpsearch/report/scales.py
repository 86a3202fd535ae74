"""Axis helpers: scales, ticks and labels without overlaps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from hpsearch.report.style import MUTED, label

_FARTHEST = 690.0  # logarithm of the largest and smallest limit: some room is left to infinity and zero


def outer_labels(drawn: Sequence[Axes], columns: int) -> None:
    """Remove the axis labels of a grid of panels except at its left and bottom edges."""
    x, y = drawn[0].get_xlabel(), drawn[0].get_ylabel()
    for index, axes in enumerate(drawn):
        axes.set_ylabel(y if index % columns == 0 else "")
        axes.set_xlabel(x if index + columns >= len(drawn) else "")


def spans_decades(values: NDArray[Any]) -> bool:
    """Return whether a logarithmic scale suits the values: all are positive and span more than two decades."""
    return bool(len(values) and values.min() > 0 and values.max() > 100 * values.min())


def parameter_axis(axes: Axes, which: str, name: str, distribution: BaseDistribution, ticks: int, length: int) -> None:
    """Set up the x or y axis for a numeric parameter: label, limits and scale.

    `ticks` and `length` are the maximum numbers of ticks and of label characters.
    """
    if isinstance(distribution, CategoricalDistribution):
        raise TypeError(f"{name} is categorical and has no axis")
    settings: Any = distribution
    low, high, log = float(settings.low), float(settings.high), bool(settings.log)
    scaled = np.log([low, high]) if log else np.array([low, high])
    padding = 0.04 * (scaled[1] - scaled[0] or 1.0)
    edges = scaled + np.array([-padding, padding])
    limits = np.exp(np.clip(edges, -_FARTHEST, _FARTHEST)) if log else edges
    if log:
        log_axis(axes, which, float(limits[1] / limits[0]), ticks)
    else:
        whole = isinstance(distribution, IntDistribution)
        axis = axes.xaxis if which == "x" else axes.yaxis
        axis.set_major_locator(MaxNLocator(nbins=ticks, integer=whole, steps=[1, 2, 2.5, 5, 10]))
    axes.set(**{f"{which}lim": tuple(limits), f"{which}label": label(name, length)})


def log_axis(axes: Axes, which: str, ratio: float, ticks: int = 8) -> None:
    """Make the axis logarithmic, with ticks that suit a `ratio` of limits below 100 too."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    within = (1.0,) if ratio > 100 else (1.0, 3.0) if ticks < 6 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=within, numticks=ticks))
    axis.set_major_formatter(FuncFormatter(lambda tick, _: power(tick)))
    axis.set_minor_locator(NullLocator())


def power(tick: float) -> str:
    """Format a tick as a short Python number: 1e-6, 2e-3, 0.01, 1000."""
    if not math.isfinite(tick):  # beyond the ends of an axis of all numbers
        return ""
    mantissa, exponent = f"{tick:.3e}".split("e")
    few = f"{float(mantissa):g}e{int(exponent)}"
    return f"{tick:g}" if -2 <= int(exponent) <= 4 else few


def label_ends(axes: Axes, ends: Sequence[tuple[float, float, str]], height: float) -> None:
    """Write each text to the right of the axes, as close to the height of its point (x, y) as overlaps allow.

    Set the axes' limits first. `height` is the approximate height of the axes in inches.
    """
    gap = 13 / (72 * height)
    placed = sorted((float(axes.transLimits.transform(axes.transScale.transform((x, y)))[1]), x, y, text)
                    for x, y, text in ends)  # fmt: skip
    levels = spread([level for level, *_ in placed], gap)
    for level, (_, x, y, text) in zip(levels, placed, strict=True):
        axes.annotate(
            text,
            xy=(x, y),
            xytext=(1.03, level),
            textcoords="axes fraction",
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": MUTED, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 3},
        )


def spread(levels: Sequence[float], gap: float, top: float = 1.0) -> list[float]:
    """Move ascending levels apart, first up, then down from `top`, until neighbours differ by `gap`.

    >>> spread([0.1, 0.5, 0.52], 0.25)
    [0.1, 0.5, 0.75]
    """
    moved: list[float] = []
    for level in levels:
        moved.append(max(level, moved[-1] + gap) if moved else level)
    limit = top
    for index in reversed(range(len(moved))):
        moved[index] = min(moved[index], limit)
        limit = moved[index] - gap
    return moved
