"""The command that makes a model for use of what a study found."""

from __future__ import annotations

import shlex

from hpsearch.analysis.best import best
from hpsearch.objectives import FAMILIES
from hpsearch.results.results import Results


def fit_command(results: Results) -> str:
    """Return the command that trains the best hyperparameters for use; empty if they make no model that predicts."""
    for each in best(results):
        definition = results.definitions.get((each.task, each.variant))
        if definition is None or not definition.has_family or definition.runs_code:
            continue
        if FAMILIES[definition.family].predicts:
            return f"hpsearch fit {shlex.quote(results.name)}"
    return ""
