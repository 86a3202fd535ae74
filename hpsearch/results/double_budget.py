"""Values that random search reached with twice the budget: a strong baseline."""

from __future__ import annotations

from collections.abc import Iterable

import optuna
import pandas as pd

from hpsearch.results.attributes import key_of
from hpsearch.storage import StoredStudy

_COLUMNS = ["task", "variant", "repeat", "value"]


def doubled(studies: Iterable[optuna.Study | StoredStudy], budget: int) -> pd.DataFrame:
    """Return the frame `doubled` of :class:`Results`, from runs with at least twice the `budget` of finished trials.

    Runs with confirmation, or with a budget in epochs, are left out.
    """
    rows = []
    for study in studies:
        if study.user_attrs.get("confirm") or study.user_attrs.get("epochs"):
            continue
        within = [trial for trial in study.get_trials(deepcopy=False) if trial.number < 2 * budget]
        values = [trial.value for trial in within if trial.state.name == "COMPLETE" and trial.value is not None]
        if sum(trial.state.is_finished() for trial in within) == 2 * budget and values:
            best = max(values) if study.direction.name == "MAXIMIZE" else min(values)
            rows.append([*key_of(study.user_attrs).values(), best])
    return pd.DataFrame(rows, columns=_COLUMNS)
