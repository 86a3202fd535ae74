"""What several tests of the report look at."""

from functools import cache

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpsearch.report import figures, style
from hpsearch.report.section import Section
from hpsearch.report.sections import SECTIONS
from tests.results import case


@cache
def sections_of(name: str) -> dict[str, Section]:
    """The sections of the case, by key, built once for all tests."""
    return {key: build(case(name)) for key, build in SECTIONS.items()}


def drawn(title: str = "A title", layout: figures.Layout | None = None) -> tuple[Figure, list[Axes]]:
    """An empty figure."""
    with style.applied():
        return figures.new_figure(title, layout or figures.Layout(1, 1, 2.0))
