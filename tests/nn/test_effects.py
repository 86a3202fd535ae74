"""Hyperparameters without effect, compared with real trainings on few rows."""

from dataclasses import fields, replace
from itertools import cycle, product

import numpy as np
import pytest

from hpsearch.nn import (
    ACTIVATIONS,
    INITIALIZERS,
    OPTIMIZERS,
    SCHEDULES,
    Hyperparameters,
    Network,
    Streams,
    Training,
    ineffective,
)
from tests.combinations import combinations, some
from tests.nn.gradients import problem

NAMES = [field.name for field in fields(Hyperparameters)]
SAME_HERE = {"stop_by"}
"""Fields without effect on these rows: with one target, the squared error falls where R² rises."""
X, Y = problem("squared_error", rows=12, n_outputs=1)

BASE = {
    "hidden_layer_sizes": (4, 3),
    "learning_rate": 0.01,
    "initializer_std": 0.1,
    "epochs": 3,
    "batch_size": 6,
    "decay_epochs": 1.0,
    "weight_decay": 0.01,
    "l1": 0.01,
    "patience": 1,
}
"""Settings in which every number has an effect if anything uses it: more than one step and decay, for example."""

OTHERS = {
    "hidden_layer_sizes": [(5,)],
    "activation": list(ACTIVATIONS),
    "initializer": ["auto", *INITIALIZERS],
    "optimizer": list(OPTIMIZERS),
    "schedule": list(SCHEDULES),
    "batch_norm": [False, True],
    "batch_norm_place": ["before", "after"],
    "dropout": [0.0, 0.5],
    "dropout_scaling": ["training", "evaluation"],
    "early_stopping": [False, True],
    "train_metrics": ["running", "exact"],
    "dtype": ["float32", "float64"],
    "negative_slope": [0.0, 0.7],
    "initial_slope": [0.0, 0.7],
    "pieces": [3],
    "initial_pieces": ["random", "relu"],
    "initializer_std": [0.3],
    "learning_rate": [0.1],
    "momentum": [0.0, 0.5],
    "beta_1": [0.0, 0.5],
    "beta_2": [0.0, 0.5],
    "rho": [0.0, 0.5],
    "epsilon": [0.1],
    "rmsprop_start": ["zero", "gradient"],
    "decay_rate": [0.1, 1.0],
    "decay_epochs": [0.4, 1.4, 30.0],
    "warmup_epochs": [0.0, 1.5, 30.0],
    "weight_decay": [0.0, 0.1],
    "l1": [0.0, 0.1],
    "batch_size": [1, 5],
    "replacement": [False, True],
    "epochs": [1, 2, 4],
    "steps": [None, 0, 3],
    "evaluate_every": [None, 1, 2],
    "stop_by": ["score", "loss"],
    "patience": [2, 9],
    "min_delta": [1e9],
}
"""Other values of each field."""


def outcome(settings, signs=(1, -1)):
    """Return history and parameters of one training a sign.

    The validation targets are far from all predictions: where the score rises with one sign, it falls with the other.
    """
    return [train(settings, (X, 1000 * sign * Y)) for sign in signs]


def train(settings, validation):
    rng = Streams(np.random.SeedSequence(1))
    network = Network(4, 1, settings, loss="squared_error", rng=rng)
    training = Training(network, settings, X, Y, validation=validation, rng=rng)
    return list(training), network.parameters.tobytes()


def others(settings, name):
    return [value for value in OTHERS[name] if value != getattr(settings, name)]


def without_effect(settings):
    """Return the fields whose other values change no bit."""
    base = outcome(settings)
    return {
        name
        for name in NAMES
        if all(outcome(replace(settings, **{name: value})) == base for value in others(settings, name))
    }


def all_settings():
    """Return settings with every combination of the tables' entries and of hidden layers; the switches take turns."""
    tables = [OTHERS[name] for name in ("activation", "initializer", "optimizer", "schedule")]
    switches = cycle(product([0.0, 0.3], [False, True], [False, True], [0.0, 0.0, 30.0], [(4, 3), (4, 3), ()]))
    for (activation, initializer, optimizer, schedule), turn in zip(product(*tables), switches, strict=False):
        dropout, batch_norm, early_stopping, warmup_epochs, sizes = turn
        yield Hyperparameters(
            **BASE
            | {
                "activation": activation,
                "initializer": initializer,
                "optimizer": optimizer,
                "schedule": schedule,
                "dropout": dropout,
                "batch_norm": batch_norm,
                "early_stopping": early_stopping,
                "warmup_epochs": warmup_epochs,
                "hidden_layer_sizes": sizes,
            }
        )


COMBINATIONS = list(all_settings())
SAMPLE = [settings for settings in COMBINATIONS[::58] if settings.initializer != "zeros"]
"""Sample with every entry of the tables and every switch. Hidden layers that start at zero may never learn."""


def test_every_field_has_other_values_here_and_a_part_that_uses_it():
    assert set(OTHERS) == set(NAMES)
    without_layers = {"activation", "batch_norm", "dropout", "early_stopping"}
    assert set(NAMES) > set(ineffective(Hyperparameters(hidden_layer_sizes=(), epochs=1))) > without_layers


@pytest.mark.parametrize(("activation", "initializer"), combinations(ACTIVATIONS, OTHERS["initializer"]))
def test_fields_without_effect_change_no_bit_together(activation, initializer):
    for settings in COMBINATIONS:
        if (settings.activation, settings.initializer) == (activation, initializer):
            changes = {name: others(settings, name)[-1] for name in ineffective(settings)}
            assert changes
            assert outcome(replace(settings, **changes), (1,)) == outcome(settings, (1,)), settings


@pytest.mark.parametrize("place", some(range(len(SAMPLE)), *range(0, len(SAMPLE), 3)))
def test_exactly_these_fields_have_no_effect(place):
    settings = SAMPLE[place]
    assert set(ineffective(settings)) | SAME_HERE == without_effect(settings)


def test_the_sample_has_all_choices_and_each_field_with_an_effect():
    for name in ("activation", "optimizer", "schedule", "batch_norm", "early_stopping"):
        assert {getattr(settings, name) for settings in SAMPLE} == set(OTHERS[name])
    effective = {name for settings in SAMPLE for name in set(NAMES) - set(ineffective(settings))}
    assert effective == set(NAMES) - {"evaluate_every"}


UNTRAINED = {
    "learning_rate",
    "warmup_epochs",
    "batch_size",
    "replacement",
    "train_metrics",
    "epochs",
    "dropout",
    "early_stopping",
    "schedule",
}
"""Fields that only a training uses."""

ADAMW = {"beta_1", "beta_2", "epsilon", "weight_decay"}
UNUSED = {"optimizer", "patience", "min_delta"}


@pytest.mark.parametrize(
    ("settings", "reported"),
    [
        ({"epochs": 1}, {"early_stopping"}),
        ({"epochs": 1, "early_stopping": True}, {"early_stopping", "patience", "min_delta"}),
        ({"epochs": 2, "early_stopping": True}, {"patience"}),
        ({"schedule": "step", "decay_epochs": 2.4}, set()),
        ({"schedule": "step", "decay_epochs": 3.0}, {"decay_rate"}),
        ({"schedule": "step", "decay_epochs": 2.0, "warmup_epochs": 1.0}, {"decay_rate"}),
        ({"schedule": "step", "decay_rate": 1.0}, {"decay_epochs"}),
        ({"schedule": "exponential", "decay_rate": 1.0}, {"decay_epochs"}),
        ({"schedule": "exponential", "decay_epochs": 3.0}, set()),
        ({"schedule": "inverse_time", "decay_rate": 1.0, "decay_epochs": 3.0}, set()),
        ({"schedule": "cosine", "warmup_epochs": 2.4}, set()),
        ({"schedule": "cosine", "warmup_epochs": 3.0}, {"schedule"}),
        ({"schedule": "step", "warmup_epochs": 3.0}, {"schedule", "decay_rate", "decay_epochs"}),
        ({"steps": 5}, {"epochs"}),
        ({"steps": 5, "schedule": "cosine"}, {"epochs"}),
        ({"steps": 5, "evaluate_every": 3, "early_stopping": True}, {"epochs"}),
        ({"steps": 5, "evaluate_every": 9, "early_stopping": True}, {"epochs", "patience"}),
        ({"steps": 1}, {"epochs", "schedule"}),
        ({"steps": 5, "schedule": "step", "decay_epochs": 5.0}, {"epochs", "decay_rate"}),
        ({"steps": 5, "schedule": "step", "warmup_epochs": 5.0}, {"epochs", "schedule", "decay_rate", "decay_epochs"}),
        ({"steps": 0, "optimizer": "adamw", "dropout": 0.3}, UNTRAINED | ADAMW),
        ({"steps": 0, "optimizer": "sgd", "weight_decay": 0.0, "early_stopping": True}, UNTRAINED | UNUSED),
    ],
)
def test_numbers_decide_too(settings, reported):
    """Trainings of at most three epochs of two steps."""
    chosen = Hyperparameters(**BASE | settings)
    found = set(ineffective(chosen))
    assert found | SAME_HERE == without_effect(chosen)
    usual = {"epochs": 3, "steps": None, "decay_rate": 0.5, "decay_epochs": 1.0, "warmup_epochs": 0.0}
    assert found - set(ineffective(replace(chosen, **usual))) - SAME_HERE == reported


@pytest.mark.parametrize(
    ("settings", "field", "reason"),
    [
        ({}, "initializer_std", "initializer 'auto' does not use it"),
        ({}, "momentum", "optimizer 'adam' does not use it"),
        ({}, "pieces", "activation 'relu' does not use it"),
        ({}, "decay_rate", "schedule 'constant' does not use it"),
        ({}, "patience", "early_stopping is off"),
        ({"epochs": 2, "early_stopping": True}, "patience", "epochs is 2"),
        ({"epochs": 1}, "early_stopping", "epochs is 1"),
        ({}, "batch_norm_place", "batch_norm is off"),
        ({}, "dropout_scaling", "dropout is 0"),
        ({"hidden_layer_sizes": ()}, "dropout", "there are no hidden layers"),
        ({"hidden_layer_sizes": (), "activation": "maxout"}, "pieces", "there are no hidden layers"),
        ({"schedule": "step", "warmup_epochs": 20}, "decay_rate", "warmup_epochs 20 take all 20 epochs"),
        ({"schedule": "step", "decay_epochs": 25}, "decay_rate", "decay_epochs 25 are not over in 20 epochs"),
        ({"schedule": "step", "decay_rate": 1}, "decay_epochs", "decay_rate is 1"),
        ({"steps": 5}, "epochs", "steps are the budget"),
        ({}, "evaluate_every", "the budget is in epochs"),
        ({"steps": 0}, "learning_rate", "steps is 0"),
        ({"steps": 9, "evaluate_every": 9, "early_stopping": True}, "patience", "9 steps have 2 evaluations"),
    ],
)
def test_reasons(settings, field, reason):
    assert ineffective(Hyperparameters(**settings))[field] == reason
