"""Section: the figure that the study file asks for, or the curves of variants that are not tuned."""

from __future__ import annotations

from hpsearch.report.drawings import KINDS
from hpsearch.report.drawings.cells import figure_settings
from hpsearch.report.section import Section
from hpsearch.results.results import Results
from hpsearch.study.figure import CURVES


def has_figure(results: Results) -> bool:
    """Return whether the study has a figure: one that its file asks for, or curves of several untuned variants."""
    if figure_settings(results) is not None:
        return True
    untuned = [variant for variant in results.variants if variant in results.untuned]
    recorded = set(results.curves["variant"]) if len(results.curves) else set()
    return bool(results.objective_factors) and len(untuned) > 1 and bool(recorded & set(untuned))


def figure_section(results: Results) -> Section:
    """Build the section with the figure of the kind that ``[figure]`` names."""
    settings = figure_settings(results)
    return KINDS[(settings.kind if settings else None) or CURVES](results)
