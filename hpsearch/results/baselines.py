"""Baselines that the runs have trained, as a data frame."""

from __future__ import annotations

from collections.abc import Iterable

import optuna
import pandas as pd

from hpsearch.results.results import BASELINE_COLUMNS
from hpsearch.storage import StoredStudy


def baselines(studies: Iterable[optuna.Study | StoredStudy]) -> pd.DataFrame:
    """Return the frame `baselines` of :class:`Results`; if two runs of a repeat have one, the first study's counts."""
    rows = [
        {"task": study.user_attrs["task"], "repeat": study.user_attrs["repeat"], "name": name, "error": "", **judged}
        for study in studies
        for name, judged in study.user_attrs.get("baselines", {}).items()
    ]
    frame = pd.DataFrame(rows, columns=BASELINE_COLUMNS)
    return frame.drop_duplicates(["task", "repeat", "name"], ignore_index=True)
