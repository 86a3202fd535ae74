"""Small studies that end in a model."""

import numpy as np
import pandas as pd
import pytest

from hpsearch.execution import execute
from hpsearch.study.plan import plan

IRIS = """
name = "small"
[data]
source = "iris"
[model]
hidden_layer_sizes = [8]
epochs = 8
[space]
learning_rate = { low = 1e-2, high = 1.0, log = true }
activation = { choices = ["relu", "tanh"] }
[search]
strategies = ["random", "tpe"]
trials = 3
repeats = 2
retrain = 2
"""

ANIMALS = """
name = "animals"
[data]
source = "csv"
path = "animals.csv"
target = "kind"
[model]
epochs = 12
[space]
learning_rate = { low = 0.02, high = 0.2, log = true }
[search]
strategies = ["random"]
trials = 2
repeats = 1
retrain = 1
"""


ZOO = """
name = "zoo"
[data]
source = "csv"
path = "animals.csv"
target = "kind"
validation = "3-fold"
[model]
family = "estimator"
[search]
trials = 2
repeats = 1
retrain = 1
[factors.model.levels]
machine = { model = { estimator = "svm" } }
neighbours = { model = { estimator = "k_neighbors" } }
[factors.model.levels.boosted]
model = { estimator = "hist_gradient_boosting", max_iter = 4, early_stopping = true, min_samples_leaf = 5 }
"""


def animals(rows=60):
    """A table of mixed columns: numbers, texts, truth values, and a target of text."""
    rng = np.random.default_rng(0)
    kind = rng.integers(3, size=rows)
    return pd.DataFrame(
        {
            "size": kind + rng.normal(scale=0.2, size=rows).round(3),
            "colour": np.array(["red", "blue", "grey"])[rng.integers(3, size=rows)],
            "tame": kind > 0,
            "kind": np.array(["cat", "dog, big", "ant"])[kind],
        }
    )


def run(folder, text):
    """Run a study in a folder, on its SQLite storage, in this process and without baselines, which is fast."""
    if "animals.csv" in text:
        animals().to_csv(folder / "animals.csv", index=False)
    (folder / "study.toml").write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
        patch.setattr("hpsearch.objectives.supervised.SupervisedObjective.baselines", ())
        execute(plan(str(folder / "study.toml")), f"sqlite:///{folder / 'hpsearch.db'}", jobs=1)
