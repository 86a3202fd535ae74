"""How figures are laid out, and how they become files; nothing here touches pyplot."""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from hpsearch.report.style import applied, label

WIDTH = 7.5  # inches: every figure is as wide, so that text is as large in all of them
DPI = 120  # of the pixels: 900 of them across, as many as the column of a page has


@dataclass(frozen=True)
class Layout:
    """A grid of panels; lengths in inches, so that text has its room whatever the figure's size.

    `head` is the room above each panel, `foot` what is below the last row.
    """

    count: int
    columns: int
    height: float
    left: float = 0.8
    right: float = 0.15
    foot: float = 0.5
    head: float = 0.3
    across: float = 0.2
    share: bool = True

    @property
    def width(self) -> float:
        """The width of a panel."""
        return (WIDTH - self.left - self.right - (self.columns - 1) * self.across) / self.columns


def letters(inches: float) -> int:
    """How many letters of the usual size have room in that width."""
    return max(int(inches / 0.083), 6)


def new_figure(title: str, layout: Layout) -> tuple[Figure, list[Axes]]:
    """A figure titled with what it shows, and its panels; those that share have their scales in common."""
    wrapped = textwrap.fill(label(title, 300), 80)
    rows = -(-layout.count // layout.columns)
    top = 0.1 + 0.2 * (wrapped.count("\n") + 1) + layout.head
    height = top + rows * layout.height + (rows - 1) * layout.head + layout.foot
    figure = Figure(figsize=(WIDTH, height))
    figure.suptitle(wrapped, x=0, y=1 - 0.08 / height, ha="left", va="top", fontsize=11, fontweight="bold")
    figure.subplots_adjust(
        left=layout.left / WIDTH,
        right=1 - layout.right / WIDTH,
        top=1 - top / height,
        bottom=layout.foot / height,
        wspace=layout.across / layout.width,
        hspace=layout.head / layout.height,
    )
    share: Any = {"sharex": layout.share, "sharey": layout.share}
    grid = figure.subplots(rows, layout.columns, squeeze=False, **share)
    for spare in grid.flat[layout.count :]:
        spare.set_visible(False)
    for above in grid.flat[max(layout.count - layout.columns, 0) : layout.count]:
        above.tick_params(labelbottom=True)  # where the place below stays empty
    return figure, list(grid.flat[: layout.count])


@dataclass(frozen=True)
class Picture:
    """A figure as files: `svg` and `png`."""

    svg: str
    png: bytes


def picture(figure: Figure) -> Picture:
    """The figure's files, without dates and versions in them: the same figure gives the same bytes."""
    _unmark_empty_lines(figure)
    with applied():
        svg, png = io.StringIO(), io.BytesIO()
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
        figure.savefig(png, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"compress_level": 1})
    return Picture(svg.getvalue(), _with_palette(png))


def _with_palette(png: io.BytesIO) -> bytes:
    """Reduce the image to a palette of 256 colours, which takes a third of the bytes.

    Maximum coverage keeps rare colours apart, such as those of single markers; one step of k-means then moves the
    palette to where most pixels are. Nothing is dithered: flat areas stay flat.
    """
    reduced = io.BytesIO()
    with Image.open(png) as image:
        few = image.convert("RGB").quantize(
            256, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
        )  # fmt: skip
        few.save(reduced, format="PNG", optimize=True, dpi=(DPI, DPI))
    return reduced.getvalue()


def _unmark_empty_lines(figure: Figure) -> None:
    """Drop the spacing of markers from lines without a finite point: matplotlib raises IndexError for them."""
    for line in figure.findobj(Line2D):
        if isinstance(line, Line2D) and not np.isfinite(line.get_xydata()).all(axis=1).any():
            line.set_markevery(None)
