"""Diagnostics: problems of a search and proposed changes, by rules from Google's tuning playbook and the chapter.

To add one, write a function `TaskSearch` → `Finding` in a file here and add a line to `DIAGNOSTICS`. Its docstring
states rule, thresholds and source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hpsearch.analysis.diagnostics.density import density
from hpsearch.analysis.diagnostics.edge import edge, stability
from hpsearch.analysis.diagnostics.finding import LEVELS, Change, Finding, Gravity, Level, gravest
from hpsearch.analysis.diagnostics.fit import fit
from hpsearch.analysis.diagnostics.infeasible import infeasible
from hpsearch.analysis.diagnostics.length import length
from hpsearch.analysis.diagnostics.narrowing import narrowing
from hpsearch.analysis.diagnostics.optimism import optimism
from hpsearch.analysis.diagnostics.resolution import rows, seeds, steps
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.diagnostics.unimportant import unimportant
from hpsearch.analysis.incumbents import tasks
from hpsearch.results.results import Results, once

DIAGNOSTICS: Mapping[str, Callable[[TaskSearch], Finding]] = {
    "edge": edge,
    "stability": stability,
    "density": density,
    "narrowing": narrowing,
    "infeasible": infeasible,
    "epochs": length,
    "fit": fit,
    "steps": steps,
    "seeds": seeds,
    "rows": rows,
    "optimism": optimism,
    "parameters": unimportant,
}
"""Diagnostics by key; if two propose changes to the same key of a study file, the first is used."""

__all__ = ["DIAGNOSTICS", "LEVELS", "Change", "Finding", "Gravity", "Level", "TaskSearch", "diagnose", "gravest"]


@once
def diagnose(results: Results) -> tuple[Finding, ...]:
    """Return the findings of all diagnostics, by task, in the order of `DIAGNOSTICS`."""
    return tuple(
        rule(search)
        for search in (TaskSearch(results, task) for task in tasks(results))
        for rule in DIAGNOSTICS.values()
    )
