"""What random search finds with twice the budget: the baseline that is hard to beat."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from hpsearch.analysis.results import Results
from hpsearch.analysis.spread import quantiles

if TYPE_CHECKING:
    import optuna

    from hpsearch.storage import StoredStudy

_COLUMNS = ["task", "strategy", "repeat", "value"]
_RANDOM = "random"


def doubled(studies: Iterable[optuna.Study | StoredStudy], budget: int) -> pd.DataFrame:
    """The frame `doubled` of :class:`Results`, from runs that have finished twice the `budget` of trials or more.

    Runs that confirm what they find, or whose budget counts epochs, have no such value.
    """
    rows = []
    for study in studies:
        if study.user_attrs.get("confirm") or study.user_attrs.get("epochs"):
            continue
        within = [trial for trial in study.get_trials(deepcopy=False) if trial.number < 2 * budget]
        values = [trial.value for trial in within if trial.state.name == "COMPLETE" and trial.value is not None]
        if sum(trial.state.is_finished() for trial in within) == 2 * budget and values:
            best = max(values) if study.direction.name == "MAXIMIZE" else min(values)
            rows.append([*(study.user_attrs[name] for name in _COLUMNS[:3]), best])
    return pd.DataFrame(rows, columns=_COLUMNS)


def random_at_twice(results: Results, task: str) -> float:
    """The median over runs of what random search had found with twice the budget; NaN where it was not run.

    Google's tuning playbook and Li et al. (2018) take it for the baseline that a strategy has to beat to be worth its
    complexity.
    """
    found = results.doubled
    if found.empty:
        return math.nan
    kinds = results.settings.get("strategies", {})
    kind = found["strategy"].map(lambda label: kinds.get(label, {}).get("strategy", label))
    values = found.loc[(found["task"] == task) & (kind == _RANDOM), "value"].astype(float)
    return float(quantiles(values.to_numpy()[None, :], (0.5,))[0, 0]) if len(values) else math.nan
