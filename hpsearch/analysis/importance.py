"""Importance of each hyperparameter, by two evaluators with different definitions of it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import optuna
import pandas as pd
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.statistics.fanova import main_effects
from hpsearch.results.results import PARAM, Results, once
from hpsearch.space import position
from hpsearch.storage.optuna_log import quiet_optuna

MOST_TRIALS = 1000  # larger sets of trials are subsampled
FEWEST_TRIALS = 10
Space = Mapping[str, BaseDistribution]


def importances(results: Results, task: str) -> pd.DataFrame:
    """Compute the importance of each parameter of a task by each of `EVALUATORS`, over the trials of the search.

    fANOVA (Hutter et al. 2014): the share of the value's variance over the whole space that the parameter explains
    alone, in a random forest. PED-ANOVA (Watanabe et al. 2023), in Optuna's implementation: the divergence between the
    parameter's distributions among the best tenth of the trials and among all. It measures importance for reaching the
    best values. Both are scaled to a sum of 1. Conditional parameters are left out, since not all trials have them.
    An infinite value counts as the worst finite one. If there are more than `MOST_TRIALS` trials, a fixed sample of
    them is used.

    Returns
    -------
    parameter, one column per evaluator (NaN if undefined), trials (number of trials used); in the space's order. There
    are no rows if fewer than `FEWEST_TRIALS` trials have all parameters, or if all their values are equal.
    """
    return _of_tasks(results)[task]


@once
def _of_tasks(results: Results) -> dict[str, pd.DataFrame]:
    return {task: _importances(results, task) for task in tasks(results)}


def _importances(results: Results, task: str) -> pd.DataFrame:
    columns = ["parameter", *EVALUATORS, "trials"]
    space = {
        name: distribution
        for name, distribution in results.space_of(task).items()
        if not distribution.single() and name not in results.conditions
    }
    trials = _sample(_usable(results, task, space))
    if not space or len(trials) < FEWEST_TRIALS or trials["value"].nunique() < 2:
        return pd.DataFrame(columns=columns)
    scaled = {name: _scaled(evaluate(results.direction, trials, space)) for name, evaluate in EVALUATORS.items()}
    rows = [
        {"parameter": parameter, "trials": len(trials)}
        | {name: scaled[name].get(parameter, math.nan) for name in scaled}
        for parameter in space
    ]
    return pd.DataFrame(rows, columns=columns)


def _usable(results: Results, task: str, space: Space) -> pd.DataFrame:
    """Return the complete search trials with all parameters within the declared ranges."""
    trials = results.trials
    mine = (trials["task"] == task) & trials["variant"].isin(results.variants) & trials["confirms"].isna()
    trials = trials[mine & (trials["state"] == "COMPLETE") & trials["value"].notna()]
    if any(PARAM + name not in trials for name in space):
        return trials.iloc[:0]
    for name, distribution in space.items():
        trials = trials[_within(trials[PARAM + name], distribution)]
    value = trials["value"].astype(float)
    finite = value[np.isfinite(value)]
    return trials.assign(value=value.clip(finite.min(), finite.max())) if len(finite) else trials.iloc[:0]


def _within(column: pd.Series[Any], distribution: BaseDistribution) -> NDArray[np.bool_]:
    if isinstance(distribution, CategoricalDistribution):
        return np.array([_choice(value, distribution) is not None for value in column], dtype=bool)
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    return column.astype(float).between(distribution.low, distribution.high).to_numpy()


def _choice(value: Any, distribution: CategoricalDistribution) -> int | None:
    """Return the index of the choice; handles None that a data frame has converted to NaN."""
    missing = bool(pd.isna(value))
    same = (
        number
        for number, choice in enumerate(distribution.choices)
        if (choice is None and missing) or (type(choice) is type(value) and choice == value)
    )
    equal = (number for number, choice in enumerate(distribution.choices) if choice == value)
    return next(same, next(equal, None))


def _sample(trials: pd.DataFrame) -> pd.DataFrame:
    if len(trials) <= MOST_TRIALS:
        return trials
    chosen = np.random.default_rng(0).choice(len(trials), MOST_TRIALS, replace=False)
    return trials.iloc[np.sort(chosen)]


def _scaled(values: Mapping[str, float]) -> dict[str, float]:
    total = sum(values.values())
    return {name: float(value) / total for name, value in values.items()} if total > 0 and math.isfinite(total) else {}


def _fanova(direction: str, trials: pd.DataFrame, space: Space) -> dict[str, float]:
    """Fit a forest over positions in the ranges; a choice's position is its place among the choices."""
    x = np.column_stack([_positions(trials[PARAM + name], distribution) for name, distribution in space.items()])
    shares = main_effects(x, trials["value"].to_numpy(dtype=float))
    return dict(zip(space, shares.tolist(), strict=True))


def _positions(column: pd.Series[Any], distribution: BaseDistribution) -> NDArray[np.float64]:
    if isinstance(distribution, CategoricalDistribution):
        numbers = [_choice(value, distribution) or 0 for value in column]
        return (np.array(numbers, dtype=float) + 0.5) / len(distribution.choices)
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    return np.array([position(value, distribution) for value in column.astype(float)])


def _ped_anova(direction: str, trials: pd.DataFrame, space: Space) -> dict[str, float]:
    study = _study(direction, trials, space)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about too few trials; the report shows their number
        try:
            return PedAnovaImportanceEvaluator().evaluate(study, params=list(space))
        except (ValueError, RuntimeError):
            return {}


def _study(direction: str, trials: pd.DataFrame, space: Space) -> optuna.Study:
    """Return the trials as an in-memory Optuna study, the input of the evaluator."""
    with quiet_optuna():
        study = optuna.create_study(direction=StudyDirection[direction.upper()])
    columns = {name: [_typed(value, dist) for value in trials[PARAM + name]] for name, dist in space.items()}
    for place, value in enumerate(trials["value"].tolist()):
        params = {name: column[place] for name, column in columns.items()}
        study.add_trial(create_trial(state=TrialState.COMPLETE, value=value, params=params, distributions=dict(space)))
    return study


def _typed(value: Any, distribution: BaseDistribution) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[_choice(value, distribution) or 0]
    return int(value) if isinstance(distribution, IntDistribution) else float(value)


EVALUATORS: Mapping[str, Callable[[str, pd.DataFrame, Space], dict[str, float]]] = {
    "fANOVA": _fanova,
    "PED-ANOVA": _ped_anova,
}
"""Name → function from direction, trials and space to importances."""
