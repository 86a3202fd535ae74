"""What a study has measured so far, as data frames: the one input of every analysis and report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpsearch.run import incumbent

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

PARAM = "params_"  # the prefix of a parameter's column, as in optuna's trials_dataframe
_KEYS = ["task", "strategy", "repeat"]
_TRIAL_COLUMNS = [*_KEYS, "number", "state", "value", "diverged", "epochs", "seconds"]
_CURVE_COLUMNS = [
    *_KEYS,
    "number",
    "epoch",
    "validation_score",
    "train_score",
    "validation_loss",
    "train_loss",
]
_RUN_COLUMNS = [*_KEYS, "name", "trials", "incumbent", "value", "test_values", "complete"]


@dataclass(frozen=True)
class Results:
    """The trials of a study, run by run.

    Attributes
    ----------
    name, title, question
        What the study is called and is to find out; `title` and `question` may be empty.
    metric
        What a trial's value is, such as ``"accuracy"``.
    direction
        ``"maximize"`` or ``"minimize"``.
    budget
        Trials that every run may spend.
    repeats
        Runs per strategy and task that were asked for.
    strategies
        Names, in the order in which the study names them.
    space
        The declared distribution of each searched parameter.
    settings
        The study file's content; empty for studies that have no file.
    trials
        One row a trial within the budget: task, strategy, repeat, number, state (optuna's name of it), value (NaN
        unless complete), diverged, epochs (trained; NaN where unknown), seconds, and ``params_<name>`` for
        each parameter.
    curves
        One row a trial and epoch (1-based): validation_score, train_score, validation_loss, train_loss; NaN where
        not recorded.
    runs
        One row a run: name of its optuna study, trials (finished, within the budget), incumbent (number of the
        best trial; NaN if none), value (of the incumbent), test_values (test scores of the incumbent's
        hyperparameters retrained on fresh seeds; an empty list where there are none), complete (whether
        the budget is spent).
    """

    name: str
    title: str
    question: str
    metric: str
    direction: str
    budget: int
    repeats: int
    strategies: tuple[str, ...]
    space: Mapping[str, BaseDistribution]
    settings: Mapping[str, Any]
    trials: pd.DataFrame
    curves: pd.DataFrame
    runs: pd.DataFrame

    @property
    def sign(self) -> int:
        """1 where more is better, −1 where less is."""
        return 1 if self.direction == "maximize" else -1

    @property
    def searched(self) -> tuple[str, ...]:
        """Names of the searched parameters."""
        return tuple(self.space)


def frames(studies: Iterable[optuna.Study], budget: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The `trials`, `curves` and `runs` of :class:`Results`, from one optuna study a run.

    Trials numbered `budget` or more are left out, so that every strategy is judged on what all may spend.
    """
    trials, curves, runs = [], [], []
    for study in studies:
        attributes = study.user_attrs
        key = {name: attributes[name] for name in _KEYS}
        within = [trial for trial in study.get_trials(deepcopy=False) if trial.number < budget]
        trials += [key | _trial_row(trial) for trial in within]
        curves += [key | row for trial in within for row in _curve_rows(trial)]
        runs.append(key | _run_row(study, within, budget))
    return (
        _frame(trials, _TRIAL_COLUMNS),
        _frame(curves, _CURVE_COLUMNS),
        _frame(runs, _RUN_COLUMNS),
    )


def _frame(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """The rows as a frame that has all `columns` even when there is no row, then whatever else the rows have."""
    frame = pd.DataFrame(rows)
    return frame.reindex(columns=[*columns, *(name for name in frame if name not in columns)])


def _trial_row(trial: FrozenTrial) -> dict[str, Any]:
    complete = trial.state.name == "COMPLETE"
    duration = trial.duration
    return {
        "number": trial.number,
        "state": trial.state.name,
        "value": trial.value if complete and trial.value is not None else math.nan,
        "diverged": bool(trial.user_attrs.get("diverged", False)),
        "epochs": float(trial.user_attrs.get("epochs", math.nan)),
        "seconds": duration.total_seconds() if duration is not None else math.nan,
    } | {PARAM + name: value for name, value in trial.params.items()}


def _curve_rows(trial: FrozenTrial) -> list[dict[str, Any]]:
    history = trial.user_attrs.get("history", {})
    return [
        {"number": trial.number, "epoch": epoch, "validation_score": score}
        | {name: _at(values, epoch) for name, values in history.items()}
        for epoch, score in sorted(trial.intermediate_values.items())
    ]


def _at(values: list[float | None], epoch: int) -> float:
    value = values[epoch - 1] if epoch <= len(values) else None
    return math.nan if value is None else value


def _run_row(study: optuna.Study, within: list[FrozenTrial], budget: int) -> dict[str, Any]:
    finished = [trial for trial in within if trial.state.is_finished()]
    best = incumbent(study.direction.name.lower(), within)
    test: dict[str, Any] = study.user_attrs.get("test", {})
    retrained = best is not None and test.get("incumbent") == best.number
    return {
        "name": study.study_name,
        "trials": len(finished),
        "incumbent": best.number if best is not None else math.nan,
        "value": best.value if best is not None else math.nan,
        "test_values": list(test["values"]) if retrained else [],
        "complete": len(finished) >= budget,
    }
