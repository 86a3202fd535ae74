"""Small figures of cards, as SVG whose letters are the page's: a few kilobytes, drawn without matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from hpsearch.notebook import clean
from hpsearch.report.text import number
from hpsearch.text import shorten

_WIDTH = 460
_LETTER = 6.2  # width of a letter of size 11
_LONGEST = 34  # letters of a row's name
_MOST_DOTS = 2_000
MOST_LINES = 12
"""Intervals in a figure."""


def trials(values: Sequence[float], *, minimize: bool, metric: str) -> Markup:
    """Draw the value of each trial and the best so far; empty without a finite value.

    The vertical axis leaves out the worst tenth of the values, which would hide differences among good ones.
    """
    array = np.asarray(values, dtype=float)
    finite = array[np.isfinite(array)]
    if not len(finite):
        return Markup("")
    ends = low, high = _shown(finite, minimize=minimize)
    if not math.isfinite(10 * (high - low)):
        return Markup("")  # too large to compute with
    room = 0.06 * (high - low) or 0.06 * abs(high) or 1.0
    low, high = low - room, high + room
    best = _best_so_far(array, minimize=minimize)
    numbers = np.arange(1, len(array) + 1)
    left, right, top, bottom = 58.0, _WIDTH - 12.0, 10.0, 130.0
    x = left + (right - left) * (numbers - 1) / max(len(array) - 1, 1)

    def down(value: Any) -> Any:
        return bottom - (bottom - top) * (value - low) / (high - low)

    y, y_best = down(array), np.clip(down(best), top, bottom)
    inside = np.flatnonzero(np.isfinite(array) & (array >= low) & (array <= high))
    shown = inside[:: -(-len(inside) // _MOST_DOTS)]
    dots = Markup("").join(
        Markup('<circle cx="{}" cy="{}" r="2.5"/>').format(_at(x[place]), _at(y[place])) for place in shown
    )
    outside = len(finite) - len(inside)
    worse = f" {outside} worse {'value lies' if outside == 1 else 'values lie'} beyond the axis." if outside else ""
    said = (
        f"{metric} of {len(array)} trials in their order. The best of them is {number(float(best[-1]), 4)}, "
        f"the median {number(float(np.median(finite)), 4)}.{worse}"
    )
    parts = [
        _line(left, bottom, right, bottom, "grid"),
        *(_text(left - 6, down(end) + 4, number(end), "end") for end in dict.fromkeys(ends)),
        _text(left, bottom + 18, "1", "middle"),
        _text(right, bottom + 18, str(len(array)), "end") if len(array) > 1 else "",
        _text((left + right) / 2, bottom + 18, "trial", "middle"),
        Markup('<g fill="none" stroke="var(--muted)" stroke-opacity=".8">{}</g>').format(dots),
        Markup('<path d="{}" fill="none" stroke="var(--series-1)" stroke-width="2"/>').format(_steps(x, y_best)),
    ]
    return _figure(154, said, parts, f"Rings: {metric} of each trial; line: the best so far.{worse}")


def _shown(finite: NDArray[np.float64], *, minimize: bool) -> tuple[float, float]:
    """Return the ends of the values that are shown: the best, and the end of the worst tenth."""
    share = 0.9 if minimize else 0.1
    worst = float(np.quantile(finite, share, method="higher" if minimize else "lower"))
    return (float(finite.min()), worst) if minimize else (worst, float(finite.max()))


def _best_so_far(values: NDArray[np.float64], *, minimize: bool) -> NDArray[np.float64]:
    worst = np.inf if minimize else -np.inf
    best = (np.minimum if minimize else np.maximum).accumulate(np.where(np.isnan(values), worst, values))
    array: NDArray[np.float64] = np.where(np.isinf(best), np.nan, best)
    return array


def _steps(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """Return a path of steps through the finite points, without the points within a step."""
    points = [(across, down) for across, down in zip(x, y, strict=True) if math.isfinite(down)]
    if not points:
        return ""
    path = f"M{_at(points[0][0])} {_at(points[0][1])}"
    for before, (across, down) in pairwise(points):
        if down != before[1]:
            path += f"H{_at(across)}V{_at(down)}"
    return f"{path}H{_at(points[-1][0])}"


@dataclass(frozen=True)
class Interval:
    """Row of a figure of intervals: a name, what came of it, and numbers that may be undefined."""

    name: str
    word: str
    effect: float | None
    low: float | None
    high: float | None
    middle: float = 0.0

    def ends(self) -> list[float]:
        """Return the numbers that the row shows, relative to its middle."""
        numbers = [each for each in (self.effect, self.low, self.high) if each is not None]
        return [each - self.middle for each in numbers if math.isfinite(each)]


def intervals(rows: Sequence[Interval], *, said: str, note: str, own_scales: bool = False) -> Markup:
    """Draw a row for each interval around a common middle; empty if no row has a number.

    Parameters
    ----------
    said
        What the figure shows, for readers who can't see it.
    note
        How to read it.
    own_scales
        Whether each row has a scale of its own, for rows in different units.
    """
    rows = [row for row in rows if row.ends()][:MOST_LINES]
    if not rows:
        return Markup("")
    longest = max(len(_name(row)) for row in rows)
    left, right = 14 + _LETTER * longest, _WIDTH - 14 - _LETTER * max(len(row.word) for row in rows)
    sizes = [max(map(abs, row.ends())) or 1.0 for row in rows]
    sizes = sizes if own_scales else [max(sizes)] * len(rows)
    middle, bottom = (left + right) / 2, 26.0 * len(rows) + 6
    parts = [_line(middle, 2, middle, bottom, "muted")]
    for place, (row, size) in enumerate(zip(rows, sizes, strict=True)):
        parts += _row(row, 17 + 26.0 * place, middle, (right - left) / 2 / size, left, right)
    if not own_scales:
        parts += [_text(middle, bottom + 14, "0", "middle"), _text(right, bottom + 14, number(sizes[0], 2), "end")]
    return _figure(bottom + (20 if not own_scales else 6), said, parts, note)


def _row(row: Interval, y: float, middle: float, scale: float, left: float, right: float) -> Iterator[Markup]:
    yield _text(left - 8, y + 4, _name(row), "end")
    yield _text(right + 8, y + 4, row.word, "start")
    if row.low is not None and row.high is not None:
        ends = [min(max(middle + scale * (end - row.middle), left), right) for end in (row.low, row.high)]
        yield _line(ends[0], y, ends[1], y, "series-1", 3)
    if row.effect is not None and math.isfinite(row.effect):
        yield Markup('<circle cx="{}" cy="{}" r="4.5" fill="var(--series-1)"/>').format(
            _at(middle + scale * (row.effect - row.middle)), _at(y)
        )


def _name(row: Interval) -> str:
    return shorten(clean(row.name), _LONGEST)


def _figure(height: float, said: str, parts: Sequence[str], note: str) -> Markup:
    return Markup(
        '<svg role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" font-size="11" fill="var(--ink)">{}</svg>'
        '<p class="note">{}</p>'
    ).format(clean(said), _WIDTH, _at(height), _WIDTH, Markup("").join(parts), clean(note))


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(_at(x), _at(y), anchor, clean(text))


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1) -> Markup:
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="var(--{})" stroke-width="{}"/>').format(
        *map(_at, (x1, y1, x2, y2)), colour, width
    )


def _at(length: float) -> str:
    """Return a length to a tenth of a point, which is invisible."""
    return f"{float(length):.1f}".removesuffix(".0")
