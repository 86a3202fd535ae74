"""Trials of a study together with those of an earlier one that its runs have taken over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from hpsearch.results.results import PARAM, Results

TAKEN_FROM = "taken_from"
"""Column with the run that trained a trial taken over; NaN for the study's own trials."""


def with_taken_over(results: Results) -> pd.DataFrame:
    """Return the frame `trials`, and after it a row for each trial that each run has taken over.

    Such a row has the task, variant and repeat of the run that took it over, and the number that it had in the run that
    trained it, which the column `TAKEN_FROM` names.
    """
    rows = pd.DataFrame(_rows(results))
    own = results.trials.assign(**{TAKEN_FROM: pd.Series(None, results.trials.index, dtype=object)})
    if rows.empty:
        return own
    together = [*own.to_dict("records"), *rows.to_dict("records")]
    return pd.DataFrame(together, columns=[*own, *(name for name in rows if name not in own)])


def _rows(results: Results) -> Iterator[dict[str, Any]]:
    for (task, variant, repeat), taken in results.taken_over.items():
        for trial in taken.trials:
            yield {
                "task": task,
                "variant": variant,
                "repeat": repeat,
                "number": trial.number,
                "state": "COMPLETE",
                "value": trial.value,
                **{PARAM + name: value for name, value in trial.params.items()},
                TAKEN_FROM: trial.run,
            }
