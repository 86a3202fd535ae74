"""Paired values of two levels of a factor: one pair of numbers per repeat.

With one task and no other factor the numbers are the values of the two runs. Otherwise they are means over the tasks
and over the other factors' cells, so that every task and cell counts once and the pairs stay independent. An interval
over such pairs generalises to other repeats on these tasks, not to other tasks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpsearch.analysis.comparison.pairings import Pairing
from hpsearch.analysis.comparison.run_values import Judged, Reference, RunValue, RunValues

Scale = Literal["metric", "regret"]
_AS_MEASURED = Reference(0.0, 1.0)


@dataclass(frozen=True)
class Pairs:
    """Repeats with values of both levels.

    Attributes
    ----------
    judged
        Kind of the compared values: test or validation.
    scale
        ``"metric"``: as measured. ``"regret"``, with several tasks of known reference: (value − best) / (median −
        best), 0 at the best configuration of the task and 1 at its median one.
    frame
        One row per pair: repeat, level, against (their values on `scale`), difference (positive if the level is
        better; infinite if only one of the two has a finite value, 0 if neither has).
    retraining_sd
        Standard deviation of such a value due to a single retraining; with several tasks or cells, of their mean.
        Pooled over the runs of both levels; NaN if a task or cell has no run with two finite trainings.
    """

    comparison: Pairing
    judged: Judged
    scale: Scale
    tasks: tuple[str, ...]
    frame: pd.DataFrame
    retraining_sd: float

    @property
    def differences(self) -> NDArray[np.float64]:
        """Advantage of the level in each repeat; positive is better."""
        return self.frame["difference"].to_numpy(dtype=np.float64)


def pairs(values: RunValues, comparison: Pairing, task: str | None = None) -> Pairs:
    """Return the pairs of two levels, over all tasks or on one `task` as measured.

    A repeat needs both levels on each task and in each cell.
    """
    names = values.tasks if task is None else (task,)
    scale: Scale = "regret" if len(names) > 1 and set(names) <= set(values.references) else "metric"
    scales = {name: values.references[name] if scale == "regret" else _AS_MEASURED for name in names}
    runs = [run for run in values.runs if run.task in scales]
    sign = -1 if scale == "regret" else values.sign
    first, second = (_per_repeat(runs, each, scales) for each in (comparison.variants, comparison.against_variants))
    rows = [
        (repeat, first[repeat], second[repeat], _better_by(sign * first[repeat], sign * second[repeat]))
        for repeat in sorted(first.keys() & second.keys())
    ]
    frame = pd.DataFrame(rows, columns=["repeat", "level", "against", "difference"])
    return Pairs(comparison, values.judged, scale, names, frame, _retraining_sd(runs, comparison, scales))


def _per_repeat(runs: Iterable[RunValue], variants: Sequence[str], scales: dict[str, Reference]) -> dict[int, float]:
    """Return the mean over the tasks and variants, for each repeat with all of them."""
    values = defaultdict(list)
    for run in runs:
        if run.variant in variants:
            values[run.repeat].append((run.value - scales[run.task].best) / scales[run.task].unit)
    size = len(scales) * len(variants)
    return {repeat: float(np.mean(scaled)) for repeat, scaled in values.items() if len(scaled) == size}


def _better_by(one: float, other: float) -> float:
    return 0.0 if one == other else one - other  # equal infinities are a tie


def _retraining_sd(runs: Iterable[RunValue], comparison: Pairing, scales: dict[str, Reference]) -> float:
    """Compute √(Σ over tasks and cells of their pooled variances) / number of tasks and cells."""
    cells = {
        each: cell for side in (comparison.variants, comparison.against_variants) for cell, each in enumerate(side)
    }
    trainings = defaultdict(list)
    for run in runs:
        if run.variant in cells:
            trainings[run.task, cells[run.variant]].append(run.trainings)
    variances = [
        _pooled_variance(trainings[name, cell]) / scales[name].unit ** 2
        for name in scales
        for cell in range(len(comparison.variants))
    ]
    return math.sqrt(math.fsum(variances)) / len(variances) if variances and not np.isnan(variances).any() else math.nan


def _pooled_variance(lists: Iterable[tuple[float, ...]]) -> float:
    """Compute Σ (n − 1) s² / Σ (n − 1) over the lists of two or more finite numbers; NaN without any."""
    usable = [each for each in lists if len(each) > 1 and np.isfinite(each).all()]
    freedom = sum(len(each) - 1 for each in usable)
    squares = math.fsum((len(each) - 1) * float(np.var(each, ddof=1)) for each in usable)
    return squares / freedom if freedom else math.nan
