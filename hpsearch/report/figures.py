"""The look that all figures share, and how they become files.

Colours are those of Okabe and Ito (2008), which colour-blind people can tell apart; each goes with a line
style and a marker of its own, so that black-and-white print tells them apart too. Text is drawn as
outlines: it reads the same on every machine. Nothing here touches pyplot; matplotlib's settings are
changed within a context only, and start from its defaults, so that a personal matplotlibrc changes no
report.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution

from hpsearch.report.text import plain, shorten

WIDTH = 7.5  # inches: every figure is as wide, so that text is as large in all of them
INK, MUTED, GRID, PAPER = "#1f2328", "#5f6873", "#d8dde3", "#ffffff"
_SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", INK)
CROSS = "#d55e01"  # diverged trials: next to the second series' colour, but a name of its own
_LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)), (0, (3, 1)), (0, (8, 2, 1, 1, 1, 2)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

# What each colour becomes on a dark page: name of the CSS variable, on light, on dark.
COLOURS: Mapping[str, tuple[str, str]] = {
    "ink": (INK, "#e6e9ed"),
    "muted": (MUTED, "#a7b0bb"),
    "grid": (GRID, "#3b434d"),
    "paper": (PAPER, "#14181d"),
    "cross": (CROSS, "#f28a3c"),
    "series-1": (_SERIES[0], "#4fa8e0"),
    "series-2": (_SERIES[1], "#f28a3c"),
    "series-3": (_SERIES[2], "#35c79d"),
    "series-4": (_SERIES[3], "#e0a0c4"),
    "series-5": (_SERIES[4], "#e9ab21"),
    "series-6": (_SERIES[5], "#93d3f7"),
}

_STYLE: Mapping[str, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": PAPER,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "axes.titley": 1.0,
    "figure.facecolor": PAPER,
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.fonttype": "path",
    "svg.hashsalt": "hpsearch",
    "text.color": INK,
    "text.parse_math": False,  # names may hold dollar signs
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}
_NOT_LOOKS = {"backend", "backend_fallback", "interactive", "toolbar", "webagg.open_in_browser"}


@contextmanager
def style() -> Iterator[None]:
    """The settings in which figures are made and saved."""
    settings: Any = {key: mpl.rcParamsDefault[key] for key in mpl.rcParamsDefault if key not in _NOT_LOOKS}
    with mpl.rc_context(settings | _STYLE):
        yield


@dataclass(frozen=True)
class Look:
    """How one of several series is drawn."""

    color: str
    line: Any
    marker: str


def look(index: int) -> Look:
    """The look of the series with that index."""
    return Look(_SERIES[index % len(_SERIES)], _LINES[index % len(_LINES)], _MARKERS[index % len(_MARKERS)])


@cache
def _drawable() -> frozenset[int]:
    return frozenset(font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap())


def label(text: str, length: int = 28) -> str:
    """The text as a figure can show it: one line, shortened, signs that the font lacks by their code
    point.
    """
    known = _drawable()
    return "".join(sign if ord(sign) in known else f"U+{ord(sign):04X}" for sign in shorten(plain(text), length))


@dataclass(frozen=True)
class Layout:
    """A grid of panels; lengths in inches, so that text has its room whatever the figure's size.

    `head` is the room above each panel, `foot` what is below the last row.
    """

    count: int
    columns: int
    height: float
    left: float = 0.85
    right: float = 0.15
    foot: float = 0.5
    head: float = 0.3
    across: float = 0.2
    share: bool = True


def new_figure(title: str, layout: Layout) -> tuple[Figure, list[Axes]]:
    """A figure titled with what it shows, and its panels; those that share have their scales in common."""
    wrapped = textwrap.fill(label(title, 300), 84, break_long_words=True)
    rows = -(-layout.count // layout.columns)
    top = 0.1 + 0.2 * (wrapped.count("\n") + 1) + layout.head
    height = top + rows * layout.height + (rows - 1) * layout.head + layout.foot
    figure = Figure(figsize=(WIDTH, height))
    figure.suptitle(wrapped, x=0.012, y=1 - 0.08 / height, ha="left", va="top", fontsize=11, fontweight="bold")
    width = (WIDTH - layout.left - layout.right - (layout.columns - 1) * layout.across) / layout.columns
    figure.subplots_adjust(
        left=layout.left / WIDTH,
        right=1 - layout.right / WIDTH,
        top=1 - top / height,
        bottom=layout.foot / height,
        wspace=layout.across / width,
        hspace=layout.head / layout.height,
    )
    share: Any = {"sharex": layout.share, "sharey": layout.share}
    grid = figure.subplots(rows, layout.columns, squeeze=False, **share)
    for spare in grid.flat[layout.count :]:
        spare.set_visible(False)
    for above in grid.flat[max(layout.count - layout.columns, 0) : layout.count]:
        above.tick_params(labelbottom=True)  # where the place below stays empty
    return figure, list(grid.flat[: layout.count])


def outer_labels(drawn: Sequence[Axes], columns: int) -> None:
    """Keep the axis labels of a grid of panels at its left and at its bottom only."""
    x, y = drawn[0].get_xlabel(), drawn[0].get_ylabel()
    for index, axes in enumerate(drawn):
        axes.set_ylabel(y if index % columns == 0 else "")
        axes.set_xlabel(x if index + columns >= len(drawn) else "")


def spans_decades(values: NDArray[Any]) -> bool:
    """Whether a logarithmic scale shows the values better: all positive, and more than two decades apart."""
    return bool(len(values) and values.min() > 0 and values.max() > 100 * values.min())


def parameter_axis(axes: Axes, which: str, name: str, distribution: BaseDistribution, ticks: int) -> None:
    """Make the x or y axis that of a numeric parameter: its name, its declared range, its scale, so many ticks."""
    if isinstance(distribution, CategoricalDistribution):
        raise TypeError(f"{name} is categorical and has no axis")
    settings: Any = distribution
    low, high, log = float(settings.low), float(settings.high), bool(settings.log)
    scaled = np.log([low, high]) if log else np.array([low, high])
    padding = 0.04 * (scaled[1] - scaled[0] or 1.0)
    edges = scaled + np.array([-padding, padding])
    limits = np.exp(edges) if log else edges
    if log:
        log_axis(axes, which, float(limits[1] / limits[0]), ticks)
    else:
        axes.locator_params(axis=which, nbins=ticks)  # type: ignore[arg-type]
    axes.set(**{f"{which}lim": tuple(limits), f"{which}label": label(name, 40)})


def log_axis(axes: Axes, which: str, ratio: float, ticks: int = 8) -> None:
    """Make the axis logarithmic, with ticks that also serve a range of less than two decades."""
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1.0,) if ratio > 100 else (1.0, 2.0, 5.0), numticks=ticks))
    axis.set_major_formatter(FuncFormatter(lambda tick, _: power(tick)))
    axis.set_minor_locator(NullLocator())


def power(tick: float) -> str:
    """A tick as Python reads it, shortly: 1e-6, 2e-3, 0.01, 1000."""
    mantissa, exponent = f"{tick:.3e}".split("e")
    few = f"{float(mantissa):g}e{int(exponent)}"
    return f"{tick:g}" if -2 <= int(exponent) <= 4 else few


def label_ends(axes: Axes, ends: Sequence[tuple[float, float, str]], height: float) -> None:
    """Write each text at the right of the axes, level with its point (x, y) or as near as the others allow.

    The axes' limits are final; `height` is about theirs, in inches.
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
    """Ascending levels moved apart, up and then down from the top, until neighbours are `gap` apart.

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


@dataclass(frozen=True)
class Picture:
    """A figure as files: `svg` and `png`."""

    svg: str
    png: bytes


def picture(figure: Figure) -> Picture:
    """The figure's files, without dates and versions in them: the same figure gives the same bytes."""
    with style():
        svg, png = io.StringIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
        figure.savefig(png, format="png", dpi=144, metadata={"Software": None})
    return Picture(svg.getvalue(), png.getvalue())
