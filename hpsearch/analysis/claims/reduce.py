"""One number per run of a measure: what a claim compares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpsearch.analysis.claims.claim import REACHES
from hpsearch.analysis.claims.measures import measure
from hpsearch.analysis.claims.names import less_is_better, worst
from hpsearch.analysis.incumbents import KEYS
from hpsearch.results.results import Results

Reduce = str | int | Mapping[str, Any]


class Reduced(NamedTuple):
    """Numbers of a measure.

    Attributes
    ----------
    by_variant
        Task and variant → repeat → number of each complete run that has the measure. A diverged run has the measure's
        worst value: ±∞, or NaN if neither side is better.
    diverged
        Runs (task, variant, repeat) whose number is not finite, or was not before the reduction.
    has_steps
        Whether a run has the measure at several steps.
    """

    by_variant: Mapping[tuple[str, str], Mapping[int, float]]
    diverged: frozenset[tuple[str, str, int]]
    has_steps: bool


def reduced(results: Results, name: str, reduce: Reduce) -> Reduced:
    """Return one number of a measure for each complete run.

    - ``"mean"``, ``"end"``: mean over the steps, or the value of the last one;
    - a number: the value at the last recorded step up to it;
    - ``{"reaches": x}``: the first step with a value at least as good as x, ∞ without one;
    - ``{"spread_over": factor}``: the mean; the spread is computed over the variants' numbers later.

    A number of the run, without steps, is used unchanged; with ``reaches``, such runs are left out. A run counts as
    diverged if its incumbent diverged or it has none, and if the measure is not finite at a step that counts.
    """
    runs = results.runs[results.runs["complete"].astype(bool)]
    complete = set(runs[KEYS].itertuples(index=False, name=None))
    failed = _failed(results) & complete
    bad = worst(name, results.sign)
    values: dict[tuple[str, str], dict[int, float]] = {}
    diverged = set()
    frame = measure(results, name)
    has_steps = bool(frame.duplicated(KEYS).any())
    for key, rows in frame.groupby(KEYS, sort=False) if len(frame) else ():
        run = _run(*key)
        if run not in complete:
            continue
        steps, numbers = rows["step"].to_numpy(dtype=float), rows["value"].to_numpy(dtype=float)
        value = _number(steps, numbers, reduce, less_is_better(name, results.sign))
        if value is None:
            continue
        if not math.isfinite(value) and not (math.isinf(value) and REACHES in _keys(reduce)):
            value = bad
            diverged.add(run)
        values.setdefault(run[:2], {})[run[2]] = value
    if not values:
        return Reduced({}, frozenset(), has_steps)
    is_oriented = not math.isnan(bad)
    for run in failed:
        task, variant, repeat = run
        of_variant = values.setdefault((task, variant), {})
        if is_oriented or repeat not in of_variant or name == "gap":
            of_variant[repeat] = math.inf if REACHES in _keys(reduce) else bad
            diverged.add(run)
    return Reduced(values, frozenset(diverged), has_steps)


def _keys(reduce: Reduce) -> tuple[str, ...]:
    return tuple(reduce) if isinstance(reduce, Mapping) else ()


def _number(steps: NDArray[Any], values: NDArray[Any], reduce: Reduce, less: bool) -> float | None:
    """Return one number of a run's curve; None if there is none at the step."""
    if np.isnan(steps).all():
        return None if REACHES in _keys(reduce) else float(values[-1])
    if isinstance(reduce, Mapping) and REACHES in reduce:
        reached = values <= reduce[REACHES] if less else values >= reduce[REACHES]
        return float(steps[np.argmax(reached)]) if reached.any() else math.inf
    if isinstance(reduce, int):
        until = np.flatnonzero(steps <= reduce)
        return float(values[until[-1]]) if len(until) else None
    if reduce == "end":
        return float(values[-1])
    with np.errstate(over="ignore"):
        return float(values.mean())


def _failed(results: Results) -> set[tuple[str, str, int]]:
    """Return the runs whose incumbent diverged, and those without one."""
    runs = results.runs
    without = runs[runs["incumbent"].isna()]
    both = runs.merge(
        results.trials[[*KEYS, "number", "diverged"]], left_on=[*KEYS, "incumbent"], right_on=[*KEYS, "number"]
    )
    diverged = both[both["diverged"].fillna(False).astype(bool)]
    return {_run(*key) for key in pd.concat([without[KEYS], diverged[KEYS]]).itertuples(index=False, name=None)}


def _run(task: Any, variant: Any, repeat: Any) -> tuple[str, str, int]:
    return str(task), str(variant), int(repeat)


def spread(values: list[float]) -> float:
    """Return the largest minus the smallest of a factor's levels; ∞ if one diverged, NaN if its side is unknown."""
    if any(math.isinf(each) for each in values):
        return math.inf
    return math.nan if any(math.isnan(each) for each in values) else max(values) - min(values)
