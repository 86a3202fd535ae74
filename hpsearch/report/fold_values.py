"""Values of the folds of a cross-validation, in a sentence."""

from __future__ import annotations

import math

import numpy as np

from hpsearch.analysis.best import Best
from hpsearch.objectives.cross_validated import FOLD
from hpsearch.report.text import Fact, Measured, listing
from hpsearch.results.results import Results

_MOST = 10  # folds whose values a sentence lists


def fold_values(results: Results, trial: Best) -> list[float]:
    """Return the validation value of each fold of a trial; empty without a cross-validation."""
    trials = results.trials
    same = (trials["task"] == trial.task) & (trials["variant"] == trial.variant) & (trials["repeat"] == trial.repeat)
    row = trials[same & (trials["number"] == trial.number)].filter(regex=rf"^{FOLD}\d+$")
    values = row.to_numpy(dtype=float)
    return [] if len(values) != 1 else [float(value) for value in values[0] if not math.isnan(value)]


def folds_sentence(results: Results, trial: Best, facts: dict[str, Fact], suffix: str) -> str:
    """Return a sentence with the values of a trial's folds, and add its numbers to `facts`; empty without folds."""
    values = fold_values(results, trial)
    if len(values) < 2:
        return ""
    deviation = float(np.std(values, ddof=1))
    facts |= {f"folds{suffix}": len(values), f"fold_sd{suffix}": Measured(deviation, deviation / 2)}
    facts |= {f"fold_{number}{suffix}": Measured(value, deviation) for number, value in enumerate(values, 1)}
    each = listing([f"{{fold_{number}{suffix}}}" for number in range(1, len(values) + 1)])
    shown = each if len(values) <= _MOST else f"{{fold_low{suffix}}} to {{fold_high{suffix}}}"
    if len(values) > _MOST:
        facts |= {f"fold_low{suffix}": Measured(min(values), deviation)}
        facts |= {f"fold_high{suffix}": Measured(max(values), deviation)}
    whose = f" on {{task{suffix}}}" if suffix else ""
    return (
        f"Its {{folds{suffix}}} folds{whose} have the values {shown}, standard deviation {{fold_sd{suffix}}}; "
        "the export of the trials has those of each."
    )
