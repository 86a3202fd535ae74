"""How the ranges that a strategy draws from closed in: read from what narrowing notes on its trials."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import optuna
import pandas as pd

from hpsearch.storage import StoredStudy
from hpsearch.strategies.narrowing import RANGE_PREFIX

COLUMNS = ["task", "strategy", "repeat", "number", "parameter", "low", "high"]


def ranges(studies: Iterable[optuna.Study | StoredStudy], budget: int) -> pd.DataFrame:
    """The frame `ranges` of :class:`Results`: from which range each numeric parameter was drawn, where a trial says so.

    One row a trial and parameter; trials numbered `budget` or more are left out.
    """
    rows = []
    for study in studies:
        key = [study.user_attrs[name] for name in COLUMNS[:3]]
        for trial in study.get_trials(deepcopy=False):
            if trial.number < budget:
                rows += [[*key, trial.number, *found] for found in _noted(trial.user_attrs)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _noted(attributes: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Name, low and high of the ranges among the attributes; a list of choices is no range."""
    return [
        (name.removeprefix(RANGE_PREFIX), float(held[0]), float(held[1]))
        for name, held in attributes.items()
        if name.startswith(RANGE_PREFIX) and len(held) == 2 and all(type(end) in (int, float) for end in held)
    ]
