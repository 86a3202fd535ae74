"""Settings of a run's pruner. A stored run keeps its settings, so that its trials stay comparable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from optuna.pruners import BasePruner

from hpsearch.run.description import Run
from hpsearch.strategies.lag import lagged_pruner

PRUNING = "pruning"  # attribute with the settings; a run without it was begun with Optuna's


def pruner_of(run: Run, stored: Mapping[str, Any]) -> BasePruner:
    """Return the pruner with the settings of the run's attributes `stored`; with its own if it has not begun."""
    settings = stored.get(PRUNING, {}) if "content" in stored else run.pruning
    return lagged_pruner(partial(run.make_pruner, **settings), run.batch)


def with_stored_pruning(runs: Iterable[Run], stored: Mapping[str, Mapping[str, Any]]) -> list[Run]:
    """Let new runs of a study prune by Optuna's settings where its stored ones do, so that they can be compared.

    `stored` are the attributes of runs by name.
    """
    unsettled = {
        (attributes.get("study"), _name(attributes["content"]))
        for attributes in stored.values()
        if "content" in attributes and "epochs" in attributes and PRUNING not in attributes
    }
    return [replace(run, pruning={}) if (run.study, _name(run.content)) in unsettled else run for run in runs]


def _name(content: Mapping[str, Any]) -> Any:
    return content.get("search", {}).get("pruner")
