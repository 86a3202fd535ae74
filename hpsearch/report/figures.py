"""Figure layout and export to SVG and PNG, without pyplot."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from hpsearch.report.style import applied

WIDTH = 6.6  # inches, for most figures, so that text has the same size in them; on a phone it can still be read
NARROW = 5.4  # inches, for figures that stand beside text on the first page
DPI = 120


@dataclass(frozen=True)
class Layout:
    """A grid of panels, with lengths in inches so that the room for text is independent of the figure's size.

    `head` is the room above each panel, `foot` the room below the last row, and `across` the gap between columns.
    `share` gives all panels the same scales, or with ``"row"`` one vertical scale for each row; `wide` is the width of
    the figure. `top` is the room above the first row where it differs from `head`: without titles of panels it needs
    little.
    """

    count: int
    columns: int
    height: float
    left: float = 0.8
    right: float = 0.15
    foot: float = 0.5
    head: float = 0.3
    across: float = 0.2
    share: bool | Literal["row"] = True
    wide: float = WIDTH
    top: float | None = None

    @property
    def width(self) -> float:
        """Width of a panel in inches."""
        return (self.wide - self.left - self.right - (self.columns - 1) * self.across) / self.columns


def letters(inches: float) -> int:
    """Return the number of letters of default size that fit a width."""
    return max(int(inches / 0.083), 6)


def new_figure(layout: Layout) -> tuple[Figure, list[Axes]]:
    """Create a figure without a title, which is text of the page; return it and its panels, row by row."""
    rows = -(-layout.count // layout.columns)
    alone = min(layout.head, 0.12) if layout.count == 1 else layout.head
    top = alone if layout.top is None else layout.top
    height = top + rows * layout.height + (rows - 1) * layout.head + layout.foot
    figure = Figure(figsize=(layout.wide, height))
    figure.subplots_adjust(
        left=layout.left / layout.wide,
        right=1 - layout.right / layout.wide,
        top=1 - top / height,
        bottom=layout.foot / height,
        wspace=layout.across / layout.width,
        hspace=layout.head / layout.height,
    )
    share: Any = {"sharex": bool(layout.share), "sharey": layout.share}
    grid = figure.subplots(rows, layout.columns, squeeze=False, **share)
    for spare in grid.flat[layout.count :]:
        spare.set_visible(False)
    for above in grid.flat[max(layout.count - layout.columns, 0) : layout.count]:
        above.tick_params(labelbottom=True)  # no panel below
    return figure, list(grid.flat[: layout.count])


@dataclass(frozen=True)
class Picture:
    """A figure as SVG text and PNG bytes."""

    svg: str
    png: bytes


def picture(figure: Figure) -> Picture:
    """Render the figure without dates and versions, so that equal figures give equal bytes."""
    _unmark_empty_lines(figure)
    with applied():
        svg = io.StringIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
        figure.set_dpi(DPI)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
    return Picture(svg.getvalue(), _png(canvas))


def _png(canvas: FigureCanvasAgg) -> bytes:
    """Return the drawn pixels as PNG with a palette of 240 colours, a third of the size.

    Maximum coverage keeps rare colours, such as those of single markers; k-means then moves the palette towards the
    most frequent colours. Without dithering, flat areas stay flat.
    """
    file = io.BytesIO()
    pixels = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
    drawn = Image.frombuffer("RGBA", canvas.get_width_height(), pixels, "raw", "RGBA", 0, 1)
    few = drawn.convert("RGB").quantize(
        240, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
    )  # fmt: skip
    few.save(file, format="PNG", optimize=True, dpi=(DPI, DPI))
    return file.getvalue()


def _unmark_empty_lines(figure: Figure) -> None:
    """Remove `markevery` from lines without finite points, for which matplotlib raises IndexError."""
    for line in (line for axes in figure.axes for line in axes.lines):
        if not np.isfinite(line.get_xydata()).all(axis=1).any():
            line.set_markevery(None)


def scale_to_scores(axes: Axes, curves: pd.DataFrame) -> None:
    """Set limits that include both scores of all trials, and few ticks, for panels that share scales."""
    scores = curves[["train_score", "validation_score"]].to_numpy(dtype=float)
    scores = scores[np.isfinite(scores)]
    room = 0.06 * (scores.max() - scores.min() or abs(scores.max()) or 1.0)
    axes.set_ylim(scores.min() - room, scores.max() + room)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=3))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
