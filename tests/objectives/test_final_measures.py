import math

import numpy as np
import pytest

from hpsearch import MLPObjective
from hpsearch.errors import UsageError
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


RECORD = {"ensemble": 20, "weights": True}


def recorded(model=None, record=RECORD, *, separate=True):
    objective = MLPObjective("iris", model=MODEL | (model or {}), space={}, record=record)
    objective = objective.with_separate_seeds() if separate else objective
    return objective, objective.retrain({}, objective.seeds(0))


@pytest.mark.parametrize("separate", [False, True])
def test_a_study_can_record_both_and_the_training_stays_the_same(separate):
    objective, training = recorded(separate=separate)
    measures = training.measures()
    assert measures == training.measures()
    assert measures.items() >= ensemble(objective, training).items()
    assert measures.items() >= weight_measures(training.network).items()
    plain = MLPObjective("iris", model=MODEL, space={})
    plain = plain.with_separate_seeds() if separate else plain
    without = plain.retrain({}, plain.seeds(0))
    np.testing.assert_array_equal(training.network.parameters, without.network.parameters)
    assert training.attributes() == without.attributes()
    assert without.measures() == {}


def test_a_divergence_leaves_numbers_that_are_not_finite():
    _, training = recorded({"optimizer": "sgd", "learning_rate": 1e30})
    names = ["ensemble_score", "thinned_score", "scaled_score", "weights.near_zero"]
    assert all(math.isnan(training.measures()[name]) for name in names)


def test_other_trainings_have_other_thinned_networks():
    seen = set()
    for number in range(4):
        objective, training = trained()
        rng = objective.seeds(number)
        seen.add(ensemble_measures(training.network, objective.data, 1, rng, diverged=False)["thinned_score"])
    assert len(seen) > 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"record": {"ensemble": -1}}, "[record] ensemble must be a whole number >= 0, got -1"),
        ({"record": {"ensemble": True}}, "[record] ensemble must be a whole number >= 0, got True"),
        ({"record": {"ensemble": 10**9}}, "[record] ensemble must be at most 10,000, got 1000000000"),
        ({"record": {"weights": 1}}, "[record] weights must be true or false, got 1"),
        (
            {"record": {"ensemble": 3}, "space": {"learning_rate": {"low": 0.1, "high": 1.0}}},
            "[record] ensemble needs a training that selects nothing",
        ),
        (
            {"record": {"ensemble": 3}, "model": {"early_stopping": True}, "space": {}},
            "[record] ensemble needs a training that selects nothing",
        ),
    ],
)
def test_what_cannot_be_recorded_is_refused(arguments, words):
    with pytest.raises(UsageError) as error:
        MLPObjective("iris", **arguments)
    assert words in str(error.value)


def test_weights_select_nothing_and_can_be_recorded_in_any_study():
    MLPObjective("iris", record={"weights": True}, model={"early_stopping": True})
