"""Results made from real in-memory Optuna studies whose objective is a formula: fast, and known in advance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial

from hpsearch.results.frames import frames
from hpsearch.results.results import Results
from hpsearch.run import Budget, incumbent
from hpsearch.run.budget import ConfirmStep
from hpsearch.run.confirmation import PHASE
from hpsearch.strategies.base import CONFIRMS
from tests.factor_runs import INITIALIZERS, OPTIMIZERS, loaded

SPACE: dict[str, BaseDistribution] = {
    "learning_rate": FloatDistribution(1e-6, 1.0, log=True),
    "weight_decay": FloatDistribution(1e-8, 1e-1, log=True),
}
SETTINGS = {
    "name": "digits",
    "data": {"name": "digits", "validation_size": 0.2, "test_size": 0.2},
    "model": {"hidden_layer_sizes": [32], "activation": "relu", "epochs": 5},
    "search": {"seed": 7, "pruner": "none"},
}


def quality(params: Mapping[str, Any]) -> float:
    """Between 0 and 0.97: best at a learning rate of 0.03 and a weight decay of 0.001."""
    rate = math.log10(float(params.get("learning_rate", 0.03))) - math.log10(0.03)
    decay = math.log10(float(params.get("weight_decay", 1e-3))) + 3
    return 0.97 * math.exp(-0.15 * rate**2 - 0.004 * decay**2)


def make_study(
    name: str,
    *,
    task: str,
    strategy: str,
    repeat: int,
    values: Sequence[float | None],
    direction: str = "maximize",
    test: Mapping[str, Any] | None = None,
) -> optuna.Study:
    """A run whose trials have the given values and no parameters; None makes a failed trial."""
    study = optuna.create_study(study_name=name, direction=direction)
    _name(study, task, strategy, repeat, test)
    for value in values:
        state = TrialState.FAIL if value is None else TrialState.COMPLETE
        study.add_trial(create_trial(state=state, value=value))
    return study


def of_studies(studies: Sequence[optuna.Study], strategies: Sequence[str], budget: int, **changes: Any) -> Results:
    """The results of the studies, with as many repeats as there are runs of a strategy."""
    trials, curves, runs = frames(studies, budget)
    known: dict[str, Any] = {
        "name": "digits",
        "title": "Handwritten digits",
        "question": "Which strategy finds better networks on the same budget?",
        "metric": "accuracy",
        "direction": "maximize",
        "budget": budget,
        "repeats": int(runs["repeat"].max()) + 1 if len(runs) else 1,
        "variants": tuple(strategies),
        "space": SPACE,
        "settings": SETTINGS,
        "trials": trials,
        "curves": curves,
        "runs": runs,
    }
    known |= {"families": dict.fromkeys(zip(runs["task"], runs["variant"], strict=True), "mlp")}
    return Results(**(known | changes))


def make_results(
    *,
    strategies: Sequence[str] = ("random", "narrowing", "tpe"),
    repeats: int = 3,
    trials: int = 12,
    finished: int | None = None,
    epochs: int = 4,
    space: Mapping[str, BaseDistribution] = SPACE,
    direction: str = "maximize",
    seed: int = 0,
    tested: bool = True,
    curves: bool = True,
    diverge_above: float = 0.3,
    tasks: Sequence[str] = ("digits",),
    spaces: Mapping[str, Mapping[str, BaseDistribution]] | None = None,
    confirm: int | Mapping[str, int] = 0,
    pruned: float = 0.0,
    count_epochs: bool = False,
    reference: Mapping[str, Mapping[str, float]] | None = None,
    **changes: Any,
) -> Results:
    """A study as the product stores it; `finished` trials of each run are made, all of them unless told.

    The later a strategy is named, the faster it closes in. Trials whose learning rate exceeds `diverge_above` diverge.
    `confirm` is for all strategies or by label, `spaces` and `reference` (best, median) are by task; `pruned` is the
    share of trials that are pruned half way; with `count_epochs` the budget is trials × epochs epochs.
    """
    spaces = spaces or dict.fromkeys(tasks, space)
    limit = epochs if count_epochs else None
    studies = []
    for task in tasks:
        for order, strategy in enumerate(strategies):
            for repeat in range(repeats):
                name = f"{task}/{strategy}/{repeat:02d}"
                study = optuna.create_study(study_name=name, direction=direction)
                budget = Budget(trials, confirm if isinstance(confirm, int) else confirm.get(strategy, 0), limit)
                _name(study, task, strategy, repeat, None)
                _say(study, confirm=budget.confirm or None, epochs=limit, reference=(reference or {}).get(task))
                while (step := _next(study, budget, finished)) is not None:
                    number = len(study.get_trials(deepcopy=False))
                    rng = np.random.default_rng([seed, order, repeat, number])
                    params, marks, system = _due(step, rng, spaces[task], 1 + order * 3 * number / trials)
                    part = pruned > 0 and rng.random() < pruned and not marks
                    trial = _trial(params, rng, spaces[task], direction, epochs, curves, diverge_above, part)
                    trial.user_attrs |= marks
                    trial.system_attrs |= system
                    study.add_trial(trial)
                if tested and budget.is_spent(direction, study.get_trials(deepcopy=False)):
                    _say(study, test=_test(study, direction, np.random.default_rng([seed, order, repeat])))
                studies.append(study)
    union = {name: held[name] for held in reversed(spaces.values()) for name in held}
    known = {"direction": direction, "space": union, "repeats": repeats}
    known["spaces"] = {(task, label): held for task, held in spaces.items() for label in strategies}
    return of_studies(studies, strategies, trials, **(known | {"epochs_budget": limit and trials * limit} | changes))


def _say(study: optuna.Study, **attributes: Any) -> None:
    for key, value in attributes.items():
        if value is not None:
            study.set_user_attr(key, value)


def _next(study: optuna.Study, budget: Budget, finished: int | None) -> Any:
    made = study.get_trials(deepcopy=False)
    return None if len(made) == finished else budget.next(study.direction.name.lower(), made)


def _due(
    step: Any, rng: np.random.Generator, space: Mapping[str, BaseDistribution], sharpness: float
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Parameters, user attributes and system attributes of the trial that is due."""
    if isinstance(step, ConfirmStep):
        return step.trial.params, {CONFIRMS: step.trial.number}, {PHASE: step.phase}
    return {name: _draw(rng, distribution, sharpness) for name, distribution in space.items()}, {}, {}


def _name(study: optuna.Study, task: str, strategy: str, repeat: int, test: Mapping[str, Any] | None) -> None:
    attributes = {"study": "digits", "task": task, "strategy": strategy, "repeat": repeat, "seed": 7}
    for key, value in attributes.items():
        study.set_user_attr(key, value)
    if test is not None:
        study.set_user_attr("test", test)


def _draw(rng: np.random.Generator, distribution: Any, sharpness: float) -> Any:
    if hasattr(distribution, "choices"):
        return distribution.choices[int(rng.integers(len(distribution.choices)))]
    low, high = distribution.low, distribution.high
    if distribution.log:
        low, high = math.log(low), math.log(high)
    drawn = low + (high - low) * (0.73 + (rng.random() - 0.73) / sharpness)
    drawn = math.exp(drawn) if distribution.log else drawn
    drawn = min(max(drawn, distribution.low), distribution.high)
    if distribution.step and not distribution.log:
        drawn = distribution.low + distribution.step * round((drawn - distribution.low) / distribution.step)
    return round(drawn) if isinstance(distribution, IntDistribution) else drawn


def _trial(
    params: dict[str, Any],
    rng: np.random.Generator,
    space: Mapping[str, BaseDistribution],
    direction: str,
    epochs: int,
    curves: bool,
    diverge_above: float,
    pruned: bool,
) -> optuna.trial.FrozenTrial:
    diverged = float(params.get("learning_rate", 0.0)) > diverge_above
    trained = 1 if diverged else max(1, epochs // 2) if pruned else epochs
    reached = quality(params) * (1 - np.exp(-np.arange(1, trained + 1) / 1.5))
    score = np.clip(reached + rng.normal(0, 0.005, trained), 0, 1)
    maximize = direction == "maximize"
    worst = 0.0 if maximize else math.inf
    value = worst if diverged else float(score[-1] if maximize else 1 - score[-1])
    shown = [None] * trained if diverged else list(map(float, score))
    history = {
        "train_loss": [None if s is None else -math.log(max(s, 1e-3)) for s in shown],
        "train_score": [None if s is None else min(1.0, s + 0.02) for s in shown],
        "validation_loss": [None if s is None else -math.log(max(s - 0.01, 1e-3)) for s in shown],
    }
    trial = create_trial(
        state=TrialState.PRUNED if pruned and not diverged else TrialState.COMPLETE,
        value=value,
        params=params,
        distributions=dict(space),
        user_attrs={"epochs": trained, "diverged": diverged} | ({"history": history} if curves else {}),
        intermediate_values={epoch: float(s) for epoch, s in enumerate(score, 1)} if curves else {},
    )
    trial.datetime_start = datetime(2024, 1, 1)
    trial.datetime_complete = trial.datetime_start + timedelta(seconds=0.25 * trained)
    return trial


def _test(study: optuna.Study, direction: str, rng: np.random.Generator) -> dict[str, Any] | None:
    best = incumbent(direction, study.get_trials(deepcopy=False))
    if best is None:
        return None
    away = 0.01 if direction == "maximize" else -0.01
    return {"incumbent": best.number, "values": [best.value - away + rng.normal(0, 0.004) for _ in range(3)]}


NASTY = "<script>alert(1)</script> $x^2$ **b** | `c` 🚀 中 _i_ {x}"

# Studies of every shape that a report has to stand, by what is special about them: arguments of make_results, or with
# factors of factor_runs.loaded.
CASES: dict[str, dict[str, Any]] = {
    "usual": {},
    "nothing finished": {"finished": 0},
    "one trial": {"trials": 1},
    "unfinished": {"finished": 5},
    "one strategy": {"strategies": ("tpe",)},
    "one repeat": {"repeats": 1},
    "all diverged": {"diverge_above": 0.0},
    "all diverged, infinite": {"diverge_above": 0.0, "direction": "minimize"},
    "minimize": {"direction": "minimize", "metric": "error"},
    "no test values": {"tested": False},
    "no curves": {"curves": False},
    "only categorical": {"space": {"activation": CategoricalDistribution(["relu", None, True])}},
    "mixed kinds": {
        "space": {
            "units": IntDistribution(8, 512, log=True),
            "activation": CategoricalDistribution(["relu", "tanh"]),
            "momentum": FloatDistribution(0.0, 1.0, step=0.25),
        }
    },
    "one parameter, minimize": {"space": {"learning_rate": SPACE["learning_rate"]}, "direction": "minimize"},
    "no parameter": {"space": {}},
    "no settings": {"settings": {}},
    "six strategies": {"strategies": ("random", "narrowing", "tpe", "cmaes", "gp", "qmc"), "repeats": 2},
    "two tasks": {"tasks": ("digits", "iris")},
    "confirmed": {"confirm": 2},
    "some confirmed": {"confirm": {"tpe": 3}, "direction": "minimize", "metric": "error"},
    "pruned": {"pruned": 0.4, "count_epochs": True, "confirm": {"tpe": 1}},
    "tasks of their own": {
        "tasks": ("digits", "iris"),
        "spaces": {
            "digits": SPACE,
            "iris": {"units": IntDistribution(1, 9), "learning_rate": FloatDistribution(1e-3, 0.1, log=True)},
        },
        "reference": {"digits": {"best": 0.97, "median": 0.5}, "iris": {"best": 0.96, "median": 0.6}},
    },
    "crossed factors": {"factors": {"optimizer": OPTIMIZERS, "initializer": INITIALIZERS}},
    "factors, tasks, some untuned": {
        "factors": {"optimizer": OPTIMIZERS, "strategy": ("random", "tpe")},
        "tasks": ("digits", "wine"),
        "untuned": ("Adam, random", "Adam, tpe"),
        "repeats": 2,
    },
    "factors, none tuned": {"factors": {"optimizer": OPTIMIZERS}, "untuned": OPTIMIZERS},
    "names of markup": {
        "strategies": (NASTY, "b" * 300),
        "tasks": (NASTY,),
        "name": NASTY,
        "title": NASTY,
        "question": f"1. {NASTY}",
        "metric": NASTY,
        "settings": {"model": {NASTY: NASTY}, NASTY: NASTY},
        "space": {
            NASTY: SPACE["learning_rate"],
            "{0} {metric}": FloatDistribution(0.0, 1.0),
            "c": CategoricalDistribution([NASTY, "~x~"]),
        },
    },
}


@cache
def case(name: str) -> Results:
    """The results of a case, made once."""
    return (loaded if "factors" in CASES[name] else make_results)(**CASES[name])
