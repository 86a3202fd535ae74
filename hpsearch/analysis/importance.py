"""How much each hyperparameter matters, by two evaluators that mean different things by it."""

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

MOST_TRIALS = 1000  # of more, a sample stands for the others
FEWEST_TRIALS = 10
Space = Mapping[str, BaseDistribution]


def importances(results: Results, task: str) -> pd.DataFrame:
    """The importance of each parameter of a task by each of `EVALUATORS`, over the trials of the search.

    fANOVA (Hutter et al. 2014): the share of the value's variance over the whole space that the parameter explains
    alone, in a random forest. PED-ANOVA (Watanabe et al. 2023), as optuna has it: how far the parameter's distribution
    among the best tenth of the trials is from that among all, so what matters for being among the best. Both are scaled
    to a sum of 1. An infinite value counts as the worst finite one. Of more than `MOST_TRIALS` trials a sample is
    taken, the same each time.

    Returns
    -------
    parameter, one column an evaluator (NaN where it can't tell), trials (how many it saw); in the space's order. No row
    below `FEWEST_TRIALS` trials that have all the parameters, or where all their values are equal.
    """
    return _of_tasks(results)[task]


@once
def _of_tasks(results: Results) -> dict[str, pd.DataFrame]:
    return {task: _importances(results, task) for task in tasks(results)}


def _importances(results: Results, task: str) -> pd.DataFrame:
    columns = ["parameter", *EVALUATORS, "trials"]
    space = {name: held for name, held in results.space_of(task).items() if not held.single()}
    trials = _sample(_usable(results, task, space))
    if not space or len(trials) < FEWEST_TRIALS or trials["value"].nunique() < 2:
        return pd.DataFrame(columns=columns)
    found = {name: _scaled(evaluate(results.direction, trials, space)) for name, evaluate in EVALUATORS.items()}
    rows = [
        {"parameter": parameter, "trials": len(trials)} | {name: found[name].get(parameter, math.nan) for name in found}
        for parameter in space
    ]
    return pd.DataFrame(rows, columns=columns)


def _usable(results: Results, task: str, space: Space) -> pd.DataFrame:
    """The complete trials of the search that have all the parameters, within the declared ranges."""
    trials = results.trials
    mine = (trials["task"] == task) & trials["strategy"].isin(results.strategies) & trials["confirms"].isna()
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
    """The number of the choice; a data frame may have turned None to NaN."""
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


def _scaled(found: Mapping[str, float]) -> dict[str, float]:
    total = sum(found.values())
    return {name: float(value) / total for name, value in found.items()} if total > 0 and math.isfinite(total) else {}


def _fanova(direction: str, trials: pd.DataFrame, space: Space) -> dict[str, float]:
    """On a forest over positions in the ranges; a choice's position is that among the choices."""
    x = np.column_stack([_positions(trials[PARAM + name], held) for name, held in space.items()])
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
        warnings.simplefilter("ignore")  # about too few trials, which the numbers show
        try:
            return PedAnovaImportanceEvaluator().evaluate(study, params=list(space))
        except (ValueError, RuntimeError):
            return {}


def _study(direction: str, trials: pd.DataFrame, space: Space) -> optuna.Study:
    """The trials as an optuna study in memory, which the evaluator asks for."""
    with quiet_optuna():
        study = optuna.create_study(direction=StudyDirection[direction.upper()])
    columns = {name: [_typed(value, held) for value in trials[PARAM + name]] for name, held in space.items()}
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
"""Name → importances of the parameters from a direction, trials and a space."""
