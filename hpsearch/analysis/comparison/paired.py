"""Paired values of two strategies: one pair of numbers per repeat.

With one task the numbers are the values of the two runs. With several tasks they are means over the tasks, so that
every task counts once and the pairs stay independent. An interval over such pairs generalises to other repeats on
these tasks, not to other tasks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
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
    """Repeats with values of both strategies.

    Attributes
    ----------
    judged
        Kind of the compared values: test or validation.
    scale
        ``"metric"``: as measured. ``"regret"``, with several tasks of known reference: (value − best) / (median −
        best), 0 at the best configuration of the task and 1 at its median one.
    frame
        One row per pair: repeat, strategy, against (their values on `scale`), difference (positive if the strategy is
        better; infinite if only one of the two has a finite value, 0 if neither has).
    retraining_sd
        Standard deviation of such a value due to a single retraining; with several tasks, of their mean. Pooled over
        the runs of both strategies; NaN if a task has no run with two finite trainings.
    """

    comparison: Pairing
    judged: Judged
    scale: Scale
    tasks: tuple[str, ...]
    frame: pd.DataFrame
    retraining_sd: float

    @property
    def differences(self) -> NDArray[np.float64]:
        """Advantage of the strategy in each repeat; positive is better."""
        return self.frame["difference"].to_numpy(dtype=np.float64)


def pairs(values: RunValues, comparison: Pairing, task: str | None = None) -> Pairs:
    """Return the pairs of two strategies, over all tasks or on one `task` as measured.

    A repeat needs both strategies on each task.
    """
    names = values.tasks if task is None else (task,)
    scale: Scale = "regret" if len(names) > 1 and set(names) <= set(values.references) else "metric"
    scales = {name: values.references[name] if scale == "regret" else _AS_MEASURED for name in names}
    runs = [run for run in values.runs if run.task in scales and run.strategy in comparison]
    sign = -1 if scale == "regret" else values.sign
    first, second = (_per_repeat(runs, label, scales) for label in comparison)
    rows = [
        (repeat, first[repeat], second[repeat], _better_by(sign * first[repeat], sign * second[repeat]))
        for repeat in sorted(first.keys() & second.keys())
    ]
    frame = pd.DataFrame(rows, columns=["repeat", "strategy", "against", "difference"])
    return Pairs(comparison, values.judged, scale, names, frame, _retraining_sd(runs, scales))


def _per_repeat(runs: Iterable[RunValue], label: str, scales: dict[str, Reference]) -> dict[int, float]:
    """Return the mean over the tasks, for each repeat with all of them."""
    values = defaultdict(list)
    for run in runs:
        if run.strategy == label:
            values[run.repeat].append((run.value - scales[run.task].best) / scales[run.task].unit)
    return {repeat: float(np.mean(scaled)) for repeat, scaled in values.items() if len(scaled) == len(scales)}


def _better_by(one: float, other: float) -> float:
    return 0.0 if one == other else one - other  # equal infinities are a tie


def _retraining_sd(runs: Iterable[RunValue], scales: dict[str, Reference]) -> float:
    """Compute √(Σ over tasks of their pooled variances) / number of tasks."""
    trainings = defaultdict(list)
    for run in runs:
        trainings[run.task].append(run.trainings)
    variances = [_pooled_variance(trainings[name]) / scales[name].unit ** 2 for name in scales]
    return math.sqrt(math.fsum(variances)) / len(scales) if scales and not np.isnan(variances).any() else math.nan


def _pooled_variance(lists: Iterable[tuple[float, ...]]) -> float:
    """Compute Σ (n − 1) s² / Σ (n − 1) over the lists of two or more finite numbers; NaN without any."""
    usable = [each for each in lists if len(each) > 1 and np.isfinite(each).all()]
    freedom = sum(len(each) - 1 for each in usable)
    squares = math.fsum((len(each) - 1) * float(np.var(each, ddof=1)) for each in usable)
    return squares / freedom if freedom else math.nan
