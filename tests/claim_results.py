"""Results of small studies with planted measures, for claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from hpsearch.results.results import MEASURE_COLUMNS, Results

KEYS = ["task", "variant", "repeat"]
Levels = Mapping[str, str]


def claimed(
    claims: Sequence[Mapping[str, Any]] = (),
    *,
    factors: Mapping[str, Sequence[str]],
    measures: Mapping[str, Callable[[Levels, int], Any]],
    repeats: int = 10,
    plan: Mapping[str, Any] | bool | None = True,
    tasks: Sequence[str] = ("digits",),
    diverged: Callable[[Levels, int], bool] = lambda levels, repeat: False,
    complete: Callable[[Levels, int], bool] = lambda levels, repeat: True,
    family: str = "mlp",
    test: Callable[[Levels, int], Sequence[float]] = lambda levels, repeat: [],
    **changes: Any,
) -> Results:
    """Return untuned results with one run per task, variant and repeat.

    A measure is a function of the variant's levels and the repeat to a number, or to the values of a curve at the steps
    0, 1, …. The plan has these claims and `repeats` unless it is given; None: no plan was stored.
    """
    factors = {**factors, "strategy": ("random",)}
    levels = {", ".join(labels[:-1]): dict(zip(factors, labels, strict=True)) for labels in product(*factors.values())}
    runs, trials, rows = [], [], []
    for task, (variant, own), repeat in product(tasks, levels.items(), range(repeats)):
        key = (task, variant, repeat)
        values = list(test(own, repeat))
        runs.append(
            (*key, f"{task}/{variant}/{repeat}", 1, 0.0, 0.5, 0.5, [], values, 0, [], {}, complete(own, repeat))
        )
        trials.append((*key, 0, "COMPLETE", 0.5, diverged(own, repeat), 4, 1.0, np.nan))
        for name, planted in measures.items():
            value = planted(own, repeat)
            if np.ndim(value):
                rows += [(*key, 0, name, float(step), each) for step, each in enumerate(value)]
            elif value is not None:
                rows.append((*key, 0, name, np.nan, value))
    run_columns = [*KEYS, "name", "trials", "incumbent", "value", "observed", "confirmed", "test_values"]
    run_columns += ["test_failed", "retrained_validation", "test_rows", "complete"]
    frame = pd.DataFrame(runs, columns=run_columns).assign(
        reference_best=np.nan, reference_median=np.nan, environments=0
    )
    rules = [{key: value for key, value in each.items() if key not in ("text", "source")} for each in claims]
    stored = {"factors": {k: list(v) for k, v in factors.items()}, "trials": 1, "repeats": repeats, "claims": rules}
    first = stored if plan is True else None if plan is None else {**stored, **plan}
    arguments: dict[str, Any] = {
        "name": "planted", "title": "", "question": "", "metric": "accuracy", "direction": "maximize", "budget": 1,
        "repeats": repeats, "variants": tuple(levels), "space": {}, "settings": {"claims": list(claims)},
        "trials": pd.DataFrame(
            trials, columns=[*KEYS, "number", "state", "value", "diverged", "epochs", "seconds", "confirms"]
        ),
        "curves": pd.DataFrame(
            columns=[*KEYS, "number", "epoch", "validation_score", "train_score", "validation_loss", "train_loss"]
        ),
        "runs": frame, "factors": {name: tuple(labels) for name, labels in factors.items()}, "levels": levels,
        "families": {(task, variant): family for task in tasks for variant in levels},
        "untuned": frozenset(levels), "measures": pd.DataFrame(rows, columns=MEASURE_COLUMNS), "first_plan": first,
    }  # fmt: skip
    return Results(**(arguments | changes))


def noisy(mean: Callable[[Levels], float], sd: float = 1.0, seed: int = 0) -> Callable[[Levels, int], float]:
    """Return a measure: the mean of the levels with normal noise, the same for the same levels and repeat."""

    def value(levels: Levels, repeat: int) -> float:
        words = [*map(ord, "/".join(levels.values()))]
        return mean(levels) + sd * float(np.random.default_rng([seed, repeat, *words]).normal())

    return value
