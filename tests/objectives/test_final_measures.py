import math

import pytest

from hpsearch import MLPObjective
from hpsearch.nn import Streams, thinned_scores, weight_sizes
from hpsearch.objectives.final_measures import ensemble_measures, weight_measures

MODEL = {"hidden_layer_sizes": [10, 10], "dropout": 0.3, "epochs": 5, "learning_rate": 0.01}


def trained(**model):
    objective = MLPObjective("iris", model=MODEL | model, space={})
    return objective, objective.retrain({}, objective.seeds(0))


def ensemble(objective, training, n_networks=20, *, diverged=False):
    return ensemble_measures(training.network, objective.data, n_networks, objective.seeds(0), diverged=diverged)


def test_the_ensemble_is_judged_on_the_test_rows():
    objective, training = trained()
    measures = ensemble(objective, training)
    data, rng = objective.data, Streams(objective.seeds(0)).thinned_networks()
    assert tuple(measures.values()) == thinned_scores(training.network, data.x_test, data.y_test, 20, rng)
    assert list(measures) == ["ensemble_score", "thinned_score", "scaled_score"]
    assert measures["scaled_score"] == training.outcome().value
    assert ensemble(objective, training) == measures


@pytest.mark.parametrize("model", [{"dropout": 0.0}, {"hidden_layer_sizes": []}], ids=str)
def test_a_network_without_dropout_has_no_ensemble(model):
    assert ensemble(*trained(**model)) == {}
    assert ensemble(*trained(**model), diverged=True) == {}


def test_a_diverged_training_has_no_numbers():
    measures = ensemble(*trained(optimizer="sgd", learning_rate=1e30), diverged=True)
    assert len(measures) == 3
    assert all(map(math.isnan, measures.values()))


def test_weights_are_measured():
    _, training = trained()
    measures = weight_measures(training.network)
    assert tuple(measures.values()) == weight_sizes(training.network)
    assert list(measures) == ["weights.near_zero", "weights.large", "weights.rms"]
