"""Gradient checks of every layer, activation, loss, regulariser and their combinations."""

import numpy as np
import pytest

from hpsearch.nn import ACTIVATIONS, LOSSES, Hyperparameters, Network
from tests.nn.gradients import network_for, problem, relative_error

TOLERANCE = 1e-6
REGULARISERS = [{}, {"weight_decay": 0.3}, {"l1": 0.2}, {"weight_decay": 0.3, "l1": 0.2}]


def check(network, x, y):
    error, numeric = relative_error(network, x, y)
    assert error < TOLERANCE
    assert np.count_nonzero(numeric) > numeric.size / 2  # rule out a gradient of zeros


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_activations_with_all_layers(loss, activation, batch_norm, dropout):
    network = network_for(loss, activation=activation, batch_norm=batch_norm, dropout=dropout)
    check(network, *problem(loss, rows=9))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("regulariser", REGULARISERS, ids=str)
@pytest.mark.parametrize("loss", LOSSES)
def test_regularisers(loss, regulariser, activation):
    check(network_for(loss, activation=activation, **regulariser), *problem(loss, rows=6))


@pytest.mark.parametrize("loss", LOSSES)
def test_everything_at_once(loss):
    network = network_for(loss, activation="maxout", pieces=3, batch_norm=True, dropout=0.25, weight_decay=0.1, l1=0.05)
    check(network, *problem(loss, rows=12))


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("sizes", [(), (3,), (4, 3, 5)])
@pytest.mark.parametrize("rows", [1, 2, 7])
@pytest.mark.parametrize("loss", LOSSES)
def test_depths_and_few_rows(loss, rows, sizes, batch_norm):
    # tanh, because a rectifier may be 0 on all of few rows.
    network = network_for(loss, hidden_layer_sizes=sizes, batch_norm=batch_norm, activation="tanh")
    check(network, *problem(loss, rows))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_batch_norm_after_the_activation(loss, activation, dropout):
    settings = {"batch_norm": True, "batch_norm_place": "after", "dropout": dropout, "weight_decay": 0.1}
    check(network_for(loss, activation=activation, **settings), *problem(loss, rows=9))


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_few_rows_with_batch_norm_after_the_activation(rows):
    network = network_for("squared_error", activation="tanh", batch_norm=True, batch_norm_place="after")
    check(network, *problem("squared_error", rows))


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_weight_decay_is_in_the_loss_except_with_adamw(optimizer):
    network = network_for("cross_entropy", weight_decay=0.3, optimizer=optimizer)
    x, y = problem("cross_entropy", rows=6)
    without = network_for("cross_entropy", optimizer=optimizer)
    check(network, x, y)
    without.find_gradient(x, y)
    same = np.array_equal(network.gradient, without.gradient)
    assert same == (optimizer == "adamw")


@pytest.mark.parametrize("loss", LOSSES)
def test_float32_agrees_with_float64(loss):
    x, y = problem(loss, rows=8)
    gradients = []
    for dtype in ("float32", "float64"):
        settings = Hyperparameters(hidden_layer_sizes=(6, 5), activation="gelu", batch_norm=True, dtype=dtype)
        network = Network(4, 3, settings, loss=loss, rng=np.random.default_rng(0))
        network.find_gradient(x.astype(dtype), y)
        gradients.append(network.gradient)
    assert gradients[0].dtype == np.float32
    np.testing.assert_allclose(*gradients, atol=1e-5 * np.abs(gradients[1]).max())
