"""Storages of studies with factors, made by hand: runs whose attributes and trials are formulas."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, distribution_to_json
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState, create_trial

from hpsearch.results.load import load_results

RATE = {"learning_rate": FloatDistribution(1e-4, 1.0, log=True)}
WIDE = {"learning_rate": FloatDistribution(1e-2, 10.0, log=True)}
OPTIMIZERS, INITIALIZERS = ("SGD", "Adam"), ("he", "xavier", "std")
EFFECTS = {"SGD": 0.0, "Adam": 0.05, "he": 0.02, "xavier": 0.01, "std": 0.0, "random": 0.0, "tpe": 0.01}
FILE = {
    "name": "crossed",
    "title": "Optimizers and initializers",
    "question": "Which optimizer is better?",
    "data": {"name": "digits", "validation_size": 0.2, "scaling": "none"},
    "model": {"hidden_layer_sizes": [32], "optimizer": "sgd", "epochs": 4},
    "space": {"learning_rate": {"low": 1e-4, "high": 1.0, "log": True}},
    "search": {"seed": 7, "pruner": "none", "trials": 10, "repeats": 4, "strategies": ["random"]},
    "factors": {
        "optimizer": {"levels": {"SGD": {"model": {"optimizer": "sgd"}}, "Adam": {"model": {"optimizer": "adam"}}}},
        "initializer": {"key": "model.initializer", "values": ["he", "xavier", "std"]},
    },
}


def crossed(
    *,
    factors=None,
    tasks=("digits",),
    repeats=4,
    trials=10,
    untuned=(),
    spaces=None,
    file=FILE,
    when=None,
    skip=(),
    finished=None,
    **attributes,
):
    """Return the storage of a study with these factors: {factor: labels}; `untuned` and `spaces` are by label."""
    factors = factors or {"optimizer": OPTIMIZERS, "initializer": INITIALIZERS}
    storage = InMemoryStorage()
    plan = {"factors": {name: list(labels) for name, labels in factors.items()}, "trials": trials, "repeats": repeats}
    for task, labels in product(tasks, product(*factors.values())):
        levels = dict(zip(factors, labels, strict=True))
        variant = ", ".join(levels[name] for name in factors if len(factors[name]) > 1)
        if variant in skip:
            continue
        is_untuned = bool({variant, *labels} & set(untuned))
        space = {} if is_untuned else next((spaces[each] for each in labels if each in (spaces or {})), RATE)
        for repeat in range(repeats):
            own = {
                "study": "crossed", "task": task, "variant": variant, "levels": levels,
                "strategy": levels.get("strategy", "random"), "repeat": repeat, "seed": 7, "metric": "accuracy",
                "trials": 1 if is_untuned else trials, "plan": plan, "family": "mlp", "file": file,
                "space": {name: json.loads(distribution_to_json(each)) for name, each in space.items()},
                "content_hash": "", "when": when or {},
                "content": _content(file, levels, space),
            }  # fmt: skip
            folders = (task, variant) if len(tasks) > 1 else (variant,)
            name = "/".join(("crossed", *folders, f"{repeat:02d}"))
            _run(storage, name, own | attributes, space, finished or own["trials"])
    return storage


def _content(file, levels, space):
    model = file["model"] | {"optimizer": levels.get("optimizer", "SGD").lower()}
    return {"data": file["data"], "model": model, "space": {key: {} for key in space}, "search": {"seed": 7}}


def _run(storage, name, attributes, space, trials):
    study = optuna.create_study(study_name=name, storage=storage, direction="maximize")
    for key, value in attributes.items():
        if value is not None:
            study.set_user_attr(key, value)
    shift = sum(EFFECTS.get(label, 0.0) for label in attributes["levels"].values())
    rng = np.random.default_rng([attributes["repeat"], sum(map(ord, name))])
    for _ in range(trials):
        params = {key: _draw(rng, each) for key, each in space.items()}
        study.add_trial(_trial(0.7 + shift + 0.01 * rng.normal(), params, space))
    best = study.best_trial
    values = [best.value - 0.01 + 0.002 * rng.normal() for _ in range(3 if space else 1)]
    if len(study.trials) == attributes["trials"]:
        study.set_user_attr("test", {"incumbent": best.number, "values": values})


def _draw(rng, distribution):
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[rng.integers(len(distribution.choices))]
    return float(np.exp(rng.uniform(np.log(distribution.low), np.log(distribution.high))))


def _trial(value, params, space):
    scores = [value - 0.1, value - 0.02, value, value]
    history = {"train_loss": [1.0, 0.5, 0.4, 0.3], "train_score": scores, "validation_loss": [1.0, 0.6, 0.5, 0.5]}
    return create_trial(
        state=TrialState.COMPLETE,
        value=value,
        params=params,
        distributions={name: each for name, each in space.items() if name in params},
        user_attrs={"epochs": 4, "diverged": False, "history": history},
        intermediate_values=dict(enumerate(scores, 1)),
    )


def loaded(**changes):
    """Return the results of such a study."""
    return load_results(crossed(**changes), "crossed")
