"""Both estimators, with small data sets that they learn quickly."""

import numpy as np

from hpsearch.estimators import MLPClassifier, MLPRegressor

ESTIMATORS = {"classifier": MLPClassifier, "regressor": MLPRegressor}

RICH = {
    "hidden_layer_sizes": (12, 8),
    "activation": "maxout",
    "batch_norm": True,
    "dropout": 0.2,
    "optimizer": "adamw",
    "weight_decay": 1e-3,
    "schedule": "cosine",
    "warmup_epochs": 1,
    "learning_rate": 0.02,
}
"""Settings that use all state of a training: layers' statistics, optimizer state, schedule time, random numbers."""


def inputs(rows=120, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, 4))


def labels(x):
    return np.array(["low", "middle", "high"])[np.digitize(x[:, 0] - x[:, 1], [-0.5, 0.5])]


def numbers(x):
    return 3000.0 + 700.0 * (x[:, 0] - x[:, 1] ** 2)


TARGETS = {"classifier": labels, "regressor": numbers}


def problem(kind, rows=120, seed=0):
    x = inputs(rows, seed)
    return x, TARGETS[kind](x)


def one_epoch(kind, estimator, x, y):
    """Call `partial_fit`; classifiers also need all labels."""
    more = {"classifier": {"classes": ["low", "middle", "high"]}, "regressor": {}}[kind]
    return estimator.partial_fit(x, y, **more)


def outputs(kind, estimator, x):
    return getattr(estimator, {"classifier": "predict_proba", "regressor": "predict"}[kind])(x)
