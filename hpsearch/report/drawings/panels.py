"""Layout of a study's figure: a grid of panels with a title, axis labels, and a legend where lines have no labels."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from hpsearch.report import figures, style

MOST_PANELS = 16
SMALL = 8.0  # points: the smallest text, which is still legible on a phone
LINE = 0.17  # inches of a line of text
_COLUMNS = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3}
_HEIGHTS = {1: 2.7, 2: 1.75, 3: 1.45, 4: 1.05}  # inches of a panel, by the number of columns


@dataclass(frozen=True)
class Frame:
    """An empty figure with room for its text.

    Attributes
    ----------
    panels
        Axes, row by row.
    height
        Height of a panel in inches.
    letters
        Number of letters that fit above a panel.
    """

    figure: Figure
    panels: list[Axes]
    columns: int
    height: float
    letters: int


def columns_of(count: int) -> int:
    """Return the number of columns of a grid of `count` panels."""
    return _COLUMNS.get(count, 4)


def frame(
    title: str,
    count: int,
    columns: int,
    *,
    right: float = 0.15,
    below: int = 0,
    titled: bool = True,
    height: float | None = None,
    **arguments: Any,
) -> Frame:
    """Create a grid of panels below a title, in the current style.

    Parameters
    ----------
    title
        The finding, plain text.
    right
        Room for text right of the panels in inches.
    below
        Number of lines of a legend below.
    titled
        Whether each panel has a title.
    height
        Height of a panel in inches; by the number of columns if None.
    **arguments
        Further arguments of `Layout`.
    """
    lines = _wrapped(title)
    height = _HEIGHTS[columns] if height is None else height
    head = 0.27 if titled else 0.14
    layout = figures.Layout(
        **{
            "count": count,
            "columns": columns,
            "height": height,
            "left": 0.68,
            "right": right,
            "head": head,
            "top": title_height(title) + (head if titled else 0.06),
            "foot": 0.46 + LINE * 1.15 * below,
            "across": 0.14,
            "wide": figures.NARROW,
        }
        | arguments
    )
    figure, panels = figures.new_figure(layout)
    for place, line in enumerate(lines):
        top = 1 - (0.06 + place * LINE) / figure.get_figheight()
        figure.text(0.06 / layout.wide, top, line, va="top", fontsize=9.5, fontweight="bold")
    return Frame(figure, panels, columns, height, figures.letters(layout.width * 9.5 / SMALL))


def legend_lines(labels: Sequence[str], name: str) -> int:
    """Return the number of lines of the legend."""
    return len(_rows(labels, name))


def legend(drawn: Frame, labels: Sequence[str], name: str) -> None:
    """Draw the lines' looks below the panels, after the name of their factor."""
    rows = _rows(labels, name)
    index = 0
    for place, row in enumerate(rows):
        looks = [style.look(index + offset) for offset in range(len(row))]
        handles: list[Any] = [
            Line2D([], [], color=look.color, linestyle=look.line, marker=look.marker, markersize=4.5) for look in looks
        ]
        shown = [style.label(label, _LABEL) for label in row]
        if name and place == 0:
            handles, shown = [Line2D([], [], linestyle="none"), *handles], [style.label(name, _LABEL), *shown]
        drawn.figure.legend(
            handles,
            shown,
            loc="lower center",
            bbox_to_anchor=(0.5, (len(rows) - 1 - place) * LINE * 1.15 / drawn.figure.get_figheight()),
            ncols=len(shown),
            fontsize=SMALL,
            handlelength=2.6,
            columnspacing=1.2,
            handletextpad=0.5,
            borderpad=0.1,
        )
        index += len(row)


_LABEL = 24  # letters
_ROW = 62  # letters of a row of the legend


def _rows(labels: Sequence[str], name: str) -> list[list[str]]:
    """Return the labels by row of the legend, at most as many as fit."""
    rows: list[list[str]] = [[]]
    room = _ROW - min(len(name), _LABEL)
    for label in labels:
        needs = min(len(label), _LABEL) + 8
        if needs > room and rows[-1]:
            rows.append([])
            room = _ROW
        rows[-1].append(label)
        room -= needs
    return rows


def outside(drawn: Frame, x: str, y: str) -> None:
    """Label the axes of all panels together."""
    height = drawn.figure.get_figheight()
    boxes = [axes.get_position() for axes in drawn.panels]
    across = (min(box.x0 for box in boxes) + max(box.x1 for box in boxes)) / 2
    up = (min(box.y0 for box in boxes) + max(box.y1 for box in boxes)) / 2
    low = min(box.y0 for box in boxes) - 0.42 / height
    drawn.figure.text(across, low, x, ha="center", va="bottom", fontsize=9)
    if y:
        drawn.figure.text(0.04 / figures.NARROW, up, y, va="center", ha="left", rotation=90, fontsize=9)


def title_height(title: str) -> float:
    """Return the height of a figure's title in inches, with the room below it."""
    return len(_wrapped(title)) * LINE + 0.12


def _wrapped(title: str) -> list[str]:
    return textwrap.wrap(style.label(title, 150), 62) or [""]
