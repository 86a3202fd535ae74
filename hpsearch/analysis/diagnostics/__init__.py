"""What is wrong with a search and what to change: rules from Google's tuning playbook and the chapter, computed.

To add one: a file here with a function `TaskSearch` → `Finding`, and its line in `DIAGNOSTICS`. The docstring gives
rule, thresholds and source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hpsearch.analysis.diagnostics.density import density
from hpsearch.analysis.diagnostics.edge import edge, stability
from hpsearch.analysis.diagnostics.finding import LEVELS, Change, Finding, Level
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
"""Every diagnostic, by its key; where two of them would change the same key of a study file, the first has its way."""

__all__ = ["DIAGNOSTICS", "LEVELS", "Change", "Finding", "Level", "TaskSearch", "diagnose"]


@once
def diagnose(results: Results) -> tuple[Finding, ...]:
    """What every diagnostic finds, task by task, in the order of `DIAGNOSTICS`."""
    return tuple(
        rule(search)
        for search in (TaskSearch(results, task) for task in tasks(results))
        for rule in DIAGNOSTICS.values()
    )
