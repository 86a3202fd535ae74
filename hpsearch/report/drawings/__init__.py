"""Kinds of the figure that a study file can ask for, one file each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hpsearch.report.drawings.curves import curves_section
from hpsearch.report.drawings.histograms import histograms_section
from hpsearch.report.drawings.levels import levels_section
from hpsearch.report.drawings.paths import paths_section
from hpsearch.report.drawings.trials import trials_section
from hpsearch.report.section import Section
from hpsearch.results.results import Results

KINDS: Mapping[str, Callable[[Results], Section]] = {
    "curves": curves_section,
    "histograms": histograms_section,
    "levels": levels_section,
    "paths": paths_section,
    "trials": trials_section,
}
"""Kind of ``[figure]`` → builder of the section with it."""
