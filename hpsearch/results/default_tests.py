"""Test values of the default hyperparameters, of runs that started with them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import optuna
import pandas as pd

from hpsearch.results.attributes import key_of
from hpsearch.results.retrainings import sound_values
from hpsearch.storage import StoredStudy

_COLUMNS = ["task", "variant", "repeat", "value"]


def default_tests(studies: Iterable[optuna.Study | StoredStudy]) -> pd.DataFrame:
    """Return the frame `default_tests` of :class:`Results`: the mean test value of each run's first trial.

    Failed retrainings are left out.
    """
    rows = []
    for study in studies:
        test = study.user_attrs.get("test_first")
        if test and (values := sound_values(test)):
            rows.append([*key_of(study.user_attrs).values(), float(np.mean(values))])
    return pd.DataFrame(rows, columns=_COLUMNS)
