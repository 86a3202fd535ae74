"""What several tests of the report look at."""

import dataclasses
from functools import cache

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hpsearch.report import figures, style
from hpsearch.report.section import Section
from hpsearch.report.sections import SECTIONS
from hpsearch.results.results import Results
from tests.example_results import case


@cache
def sections_of(name: str) -> dict[str, Section]:
    """The sections of the case, by key, built once for all tests."""
    return {key: build(case(name)) for key, build in SECTIONS.items()}


def tiled(results: Results, times: int) -> Results:
    """The results with their repeats so many times over: large ones are made quickly."""
    frames = {
        name: pd.concat(
            [frame.assign(repeat=frame["repeat"] + results.repeats * copy) for copy in range(times)], ignore_index=True
        )
        for name, frame in {"trials": results.trials, "curves": results.curves, "runs": results.runs}.items()
    }
    return dataclasses.replace(results, repeats=results.repeats * times, **frames)


def drawn(title: str = "A title", layout: figures.Layout | None = None) -> tuple[Figure, list[Axes]]:
    """An empty figure."""
    with style.applied():
        return figures.new_figure(title, layout or figures.Layout(1, 1, 2.0))
