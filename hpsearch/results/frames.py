"""Conversion of stored trials to the data frames of `Results`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpsearch.objectives.cross_validated import FOLD
from hpsearch.results.attributes import is_untuned, key_of, number_or_nan
from hpsearch.results.results import CHOSEN, PARAM
from hpsearch.results.retrainings import RETRAINING_COLUMNS, asked_of, retrainings
from hpsearch.run import Budget, confirmed, confirms, incumbent
from hpsearch.run.taken_over import AGAIN, NEAREST
from hpsearch.strategies.earlier import BEYOND
from hpsearch.strategies.likely import NEAR

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

    from hpsearch.storage import StoredStudy

_KEYS = ["task", "variant", "repeat"]
_TRIAL_COLUMNS = [*_KEYS, "number", "state", "value", "diverged", "epochs", "seconds", "confirms"]
_SCORES = ["validation_score", "train_score", "validation_loss", "train_loss"]
_CURVE_COLUMNS = [*_KEYS, "number", "epoch", *_SCORES]
_KEY_TYPES = {"task": str, "variant": str, "repeat": int, "number": int}  # also where there is no row
_RUN_COLUMNS = [
    *_KEYS,
    "name",
    "trials",
    "incumbent",
    "value",
    "observed",
    "confirmed",
    *RETRAINING_COLUMNS,
    "reference_best",
    "reference_median",
    "complete",
    "environments",
]

_CHOSEN = {NEAR, BEYOND, AGAIN, NEAREST}  # attributes of trials that the strategy did not draw alone

Columns = Mapping[str, Sequence[Any]]


def frames(
    studies: Iterable[optuna.Study | StoredStudy], budget: int, retrain: int | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the frames `trials`, `curves` and `runs` of :class:`Results`, from one Optuna study per run.

    Trials that started after the run had spent `budget` are left out, so that all variants are compared at the same
    budget. The budget is in trials, or in trials × epochs if the study counts epochs. Waiting trials are left out too.

    With `retrain`, only that number of retrainings counts, the first ones. A search that was tested by fewer is not
    complete.
    """
    trials: list[Columns] = []
    curves: list[Columns] = []
    runs: list[dict[str, Any]] = []
    for study in studies:
        attributes = study.user_attrs
        key = key_of(attributes)
        trials_limit = 1 if is_untuned(study) else budget
        limit = Budget(trials_limit, attributes.get("confirm", 0), attributes.get("epochs"))
        within = limit.within(study.get_trials(deepcopy=False))
        trials.append(_keyed(key, _trial_columns(within), len(within)))
        curves += [_keyed(key, columns, len(columns["epoch"])) for columns in map(_curve_columns, within) if columns]
        runs.append(key | _run_row(study, attributes, within, limit, retrain))
    return _frame(trials, _TRIAL_COLUMNS), _frame(curves, _CURVE_COLUMNS), pd.DataFrame(runs, columns=_RUN_COLUMNS)


def _keyed(key: Mapping[str, Any], columns: Columns, length: int) -> Columns:
    return {**{name: [value] * length for name, value in key.items()}, **columns}


def _frame(parts: Sequence[Columns], columns: Sequence[str]) -> pd.DataFrame:
    """Concatenate the parts; `columns` come first, even without rows, then any other columns."""
    names = [*columns, *dict.fromkeys(name for part in parts for name in part if name not in columns)]
    gathered: dict[str, list[Any]] = {name: [] for name in names}
    for part in parts:
        length = len(part["number"])
        for name, values in gathered.items():
            values.extend(part[name] if name in part else [math.nan] * length)
    frame = pd.DataFrame(gathered, columns=names)
    return frame if len(frame) else frame.astype(_KEY_TYPES)


def _trial_columns(trials: Sequence[FrozenTrial]) -> Columns:
    columns: dict[str, list[Any]] = {
        "number": [trial.number for trial in trials],
        "state": [trial.state.name for trial in trials],
        "value": [trial.value if trial.state.name == "COMPLETE" else math.nan for trial in trials],
        "diverged": [bool(trial.user_attrs.get("diverged", False)) for trial in trials],
        "epochs": [number_or_nan(trial.user_attrs.get("epochs")) for trial in trials],
        "seconds": [_seconds(trial) for trial in trials],
        "confirms": [number_or_nan(confirms(trial)) for trial in trials],
    }
    folds = [_fold_values(trial) for trial in trials]
    for name in max(folds, key=len, default={}):
        columns[name] = [values.get(name, math.nan) for values in folds]
    if any(chosen := [not _CHOSEN.isdisjoint(trial.user_attrs) for trial in trials]):
        columns[CHOSEN] = chosen
    params = [trial.params for trial in trials]
    for name in dict.fromkeys(name for values in params for name in values):
        columns[PARAM + name] = [values.get(name, math.nan) for values in params]
    return columns


def _fold_values(trial: FrozenTrial) -> dict[str, float]:
    """Return the value of each fold of a cross-validation; empty without."""
    measures = trial.user_attrs.get("measures", {})
    return {name: number_or_nan(value) for name, value in measures.items() if name.startswith(FOLD)}


def _seconds(trial: FrozenTrial) -> float:
    duration = trial.duration
    return math.nan if duration is None else duration.total_seconds()


def _curve_columns(trial: FrozenTrial) -> Columns:
    epochs = sorted(trial.intermediate_values)
    if not epochs:
        return {}
    history = trial.user_attrs.get("history", {})
    scores = {name: _at(history.get(name, ()), history.get("step"), epochs) for name in _SCORES[1:]}
    reported = [trial.intermediate_values[epoch] for epoch in epochs]
    return {"number": [trial.number] * len(epochs), "epoch": epochs, "validation_score": reported, **scores}


def _at(values: Sequence[float | None], steps: Sequence[int] | None, epochs: Sequence[int]) -> list[float]:
    """Return the values at these epochs, or of these `steps`; NaN if not recorded."""
    numbers = range(1, len(values) + 1) if steps is None else steps
    recorded = {number: value for number, value in zip(numbers, values, strict=False) if value is not None}
    return [recorded.get(epoch, math.nan) for epoch in epochs]


def _run_row(
    study: optuna.Study | StoredStudy,
    attributes: Mapping[str, Any],
    within: Sequence[FrozenTrial],
    budget: Budget,
    retrain: int | None,
) -> dict[str, Any]:
    direction = study.direction.name.lower()
    best = incumbent(direction, within)
    observed = incumbent(direction, (trial for trial in within if confirms(trial) is None))
    repeated = [] if best is None else confirmed(within).get(best.number, [])
    reference = attributes.get("reference", {})
    asked = None if best is None or is_untuned(study) else asked_of(attributes, best.number)
    has_fewer_tests = retrain is not None and asked is not None and asked < retrain
    return {
        "name": study.study_name,
        "trials": sum(trial.state.is_finished() for trial in within),
        "incumbent": math.nan if best is None else best.number,
        "value": sum(repeated) / len(repeated) if repeated else _value(best),
        "observed": _value(observed),
        "confirmed": repeated,
        **retrainings(attributes, best, retrain),
        "reference_best": number_or_nan(reference.get("best")),
        "reference_median": number_or_nan(reference.get("median")),
        "complete": budget.is_spent(direction, within) and not has_fewer_tests,
        "environments": len(attributes.get("environments", [])),
    }


def _value(trial: FrozenTrial | None) -> float:
    return math.nan if trial is None else number_or_nan(trial.value)
