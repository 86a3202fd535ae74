"""Paired values of two levels of a factor: one pair of numbers per repeat.

With one task and no other factor the numbers are the values of the two runs. Otherwise they are means over the tasks
and over the other factors' cells, so that every task and cell counts once and the pairs stay independent. An interval
over such pairs generalises to other repeats on these tasks, not to other tasks.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from hpsearch.analysis.comparison.pairings import Pairing
from hpsearch.analysis.comparison.run_values import Judged, Reference, RunValue, RunValues

Scale = Literal["metric", "regret"]
_AS_MEASURED = Reference(0.0, 1.0)
_ROUNDING = 1e-12  # relative difference of means below which they are equal
_SHAMOS = float(math.sqrt(2) * stats.norm.ppf(0.75))  # median of |x − y| for standard normal x and y
_COLUMNS = [
    "repeat",
    "level",
    "against",
    "difference",
    *(f"{side}_{kind}" for kind in ("failed", "trained") for side in ("level", "against")),
]


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
        better; infinite if only one of the two has a finite value, 0 if neither has), level_failed, against_failed
        (trainings without a sound value), level_trained, against_trained (all trainings).
    noise
        Standard deviation of a single training of the reference, robust; see :func:`_noise`. NaN if unknown.
    """

    comparison: Pairing
    judged: Judged
    scale: Scale
    tasks: tuple[str, ...]
    frame: pd.DataFrame
    noise: float

    @property
    def differences(self) -> NDArray[np.float64]:
        """Advantage of the level in each repeat; positive is better."""
        return self.frame["difference"].to_numpy(dtype=np.float64)

    @property
    def measured(self) -> NDArray[np.float64]:
        """The differences between finite values; NaN in repeats in which a side has none."""
        sides = self.frame[["level", "against"]].to_numpy(dtype=np.float64)
        return np.where(np.isfinite(sides).all(axis=1), self.differences, math.nan)

    @property
    def failed(self) -> NDArray[np.float64]:
        """1 in repeats in which only the reference failed, −1 if only the level did, else 0."""
        one, other = (self.frame[f"{side}_failed"].to_numpy(dtype=int) > 0 for side in ("level", "against"))
        return np.subtract(other, one, dtype=np.float64)

    def unbroken(self) -> Pairs:
        """Return the pairs of the repeats 0, 1, … up to the first one that is not finished."""
        consecutive = self.frame["repeat"].to_numpy(dtype=int) == np.arange(len(self.frame))
        end = len(consecutive) if consecutive.all() else int(np.argmin(consecutive))
        return replace(self, frame=self.frame[:end])


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
        (
            repeat,
            one.value,
            other.value,
            _better_by(sign * one.value, sign * other.value),
            one.failed,
            other.failed,
            one.trained,
            other.trained,
        )
        for repeat in sorted(first.keys() & second.keys())
        for one, other in [(first[repeat], second[repeat])]
    ]
    return Pairs(
        comparison,
        values.judged,
        scale,
        names,
        pd.DataFrame(rows, columns=_COLUMNS),
        _noise(runs, comparison.against_variants, scales),
    )


class _Side(NamedTuple):
    value: float
    failed: int
    trained: int


def _per_repeat(runs: Iterable[RunValue], variants: Sequence[str], scales: dict[str, Reference]) -> dict[int, _Side]:
    """Return the mean over the tasks and variants, for each repeat with all of them."""
    by_repeat = defaultdict(list)
    for run in runs:
        if run.variant in variants:
            by_repeat[run.repeat].append(run)
    size = len(scales) * len(variants)
    return {
        repeat: _Side(
            float(np.mean([(run.value - scales[run.task].best) / scales[run.task].unit for run in side])),
            sum(run.failed for run in side),
            sum(run.trained for run in side),
        )
        for repeat, side in by_repeat.items()
        if len(side) == size
    }


def _better_by(one: float, other: float) -> float:
    """Return the difference; 0 for equal infinities and for numbers that differ by rounding."""
    return 0.0 if one == other or math.isclose(one, other, rel_tol=_ROUNDING) else one - other


def _noise(runs: Iterable[RunValue], variants: Sequence[str], scales: dict[str, Reference]) -> float:
    """Compute the standard deviation of a single training from the distances of trainings of the same run.

    For each task and cell, the median of |x_i − x_j| over all pairs of sound trainings in the same run, divided by
    0.9539, its value for normal numbers with a deviation of 1. Then the root mean square over tasks and cells. Up to
    29 % of the trainings may be far off without harm; it needs no centre, so that two trainings a run are enough.

    Returns
    -------
    NaN if a task or cell has no run with two trainings, or 0 (more than half of the distances are 0) everywhere.

    Source: Shamos 1976; Rousseeuw and Croux, "Alternatives to the median absolute deviation", JASA 88, 1993.
    """
    distances: dict[tuple[str, str], list[float]] = {(task, variant): [] for task in scales for variant in variants}
    for run in runs:
        if run.variant in variants:
            pairs_of_run = combinations((value / scales[run.task].unit for value in run.trainings), 2)
            distances[run.task, run.variant] += [abs(one - other) for one, other in pairs_of_run]
    if not distances or not all(distances.values()):
        return math.nan
    deviations = [float(np.median(each)) / _SHAMOS for each in distances.values()]
    return math.sqrt(math.fsum(each**2 for each in deviations) / len(deviations)) or math.nan
