"""What random search finds with twice the budget: the baseline that is hard to beat."""

from __future__ import annotations

from collections.abc import Iterable

import optuna
import pandas as pd

from hpsearch.storage import StoredStudy

_COLUMNS = ["task", "strategy", "repeat", "value"]


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
