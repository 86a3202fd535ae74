"""Style of all figures: colours, lines, markers and font.

The colours are Okabe and Ito's (2008), distinguishable for colour-blind readers. Each colour has its own line style
and marker, so that series differ in black-and-white print too. Text is drawn as outlines, to look the same on every
machine. matplotlib's settings are changed in a context only and start from its defaults, so that a user's matplotlibrc
has no effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager

from hpsearch.text import plain, shorten

INK, MUTED, GRID, PAPER = "#1f2328", "#5f6873", "#d8dde3", "#ffffff"
_SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", INK)
CROSS = "#d55e01"  # diverged trials: differs slightly from the second series, so that pages can replace it
_LINES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)), (0, (3, 1)), (0, (8, 2, 1, 1, 1, 2)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")

# CSS variable of each colour, with its values on a light and on a dark page.
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
    "text.parse_math": False,  # names may contain dollar signs
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}
_NOT_LOOKS = {"backend", "backend_fallback", "interactive", "toolbar", "webagg.open_in_browser"}


@contextmanager
def applied() -> Iterator[None]:
    """Apply matplotlib settings for creating and saving figures, as a context manager."""
    settings: Any = {key: mpl.rcParamsDefault[key] for key in mpl.rcParamsDefault if key not in _NOT_LOOKS}
    with mpl.rc_context(settings | _STYLE):
        yield


@dataclass(frozen=True)
class Look:
    """Colour, line style and marker of a series."""

    color: str
    line: Any
    marker: str


def look(index: int) -> Look:
    """Return the look of the series with that index."""
    return Look(_SERIES[index % len(_SERIES)], _LINES[index % len(_LINES)], _MARKERS[index % len(_MARKERS)])


@cache
def _drawable() -> frozenset[int]:
    return frozenset(font_manager.get_font(font_manager.findfont("DejaVu Sans")).get_charmap())


def label(text: str, length: int = 28) -> str:
    """Convert text for a figure: one line, at most `length` characters, code points for glyphs missing in the font."""
    glyphs = _drawable()
    drawable = (sign if ord(sign) in glyphs else f"U+{ord(sign):04X}" for sign in plain(text))
    return shorten("".join(drawable), length)
