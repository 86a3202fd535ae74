"""The search of *Deep Learning from Scratch*, section 6.5.3: its network, its 500 images, 100 random trials."""

import optuna
from optuna.distributions import FloatDistribution

from hpsearch.objectives.mlp import MLPObjective
from tests.example_results import of_studies

MODEL = {"hidden_layer_sizes": [100] * 6, "activation": "relu", "optimizer": "sgd", "batch_size": 100, "epochs": 50}
DATA = {"source": "mnist", "train": 400, "validation": 100, "test": 1000}


def run(folder, learning_rate, weight_decay, seed=0, trials=100, epochs=MODEL["epochs"]):
    """The results of a random search of the ranges."""
    space = {
        "learning_rate": FloatDistribution(*learning_rate, log=True),
        "weight_decay": FloatDistribution(*weight_decay, log=True),
    }
    model = MODEL | {"epochs": epochs}
    objective = MLPObjective(DATA, model=model, space=space, seed=seed, data_dir=folder)
    sampler, pruner = optuna.samplers.RandomSampler(seed=seed), optuna.pruners.NopPruner()
    study = optuna.create_study(study_name="chapter/random/00", direction="maximize", sampler=sampler, pruner=pruner)
    for key, value in {"study": "chapter", "task": "mnist", "strategy": "random", "repeat": 0, "seed": seed}.items():
        study.set_user_attr(key, value)
    study.optimize(objective, n_trials=trials)
    settings = {"name": "chapter", "data": DATA, "model": model, "search": {"trials": trials, "seed": seed}}
    return of_studies([study], ("random",), trials, space=space, settings=settings)
