"""Ranges that narrowing drew from, read from the trials' attributes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import optuna
import pandas as pd

from hpsearch.results.attributes import key_of
from hpsearch.storage import StoredStudy
from hpsearch.strategies.narrowing import RANGE_PREFIX

COLUMNS = ["task", "variant", "repeat", "number", "parameter", "low", "high"]


def ranges(studies: Iterable[optuna.Study | StoredStudy], budget: int) -> pd.DataFrame:
    """Return the frame `ranges` of :class:`Results`: the range of each numeric parameter in each trial that records it.

    There is one row per trial and parameter. Trials numbered `budget` or more are left out.
    """
    rows = []
    for study in studies:
        key = key_of(study.user_attrs).values()
        for trial in study.get_trials(deepcopy=False):
            if trial.number < budget:
                rows += [[*key, trial.number, *row] for row in _noted(trial.user_attrs)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _noted(attributes: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return name, low and high of the numeric ranges in the attributes; lists of choices are skipped."""
    return [
        (name.removeprefix(RANGE_PREFIX), float(range_[0]), float(range_[1]))
        for name, range_ in attributes.items()
        if name.startswith(RANGE_PREFIX) and len(range_) == 2 and all(type(end) in (int, float) for end in range_)
    ]
