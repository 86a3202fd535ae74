import copy
import pickle

import numpy as np
import pytest

from hpsearch.errors import DataError, UsageError
from hpsearch.nn import ACTIVATIONS, LOSSES, SCORES, Hyperparameters, Network, Training
from tests.nn.gradients import network_for, problem

RICH = {"activation": "prelu", "batch_norm": True, "dropout": 0.3, "weight_decay": 0.01}


@pytest.mark.parametrize("loss", LOSSES)
def test_predict_is_the_product_of_its_layers(loss):
    network = network_for(loss, activation="relu")
    x, _ = problem(loss, rows=8)
    dense = [layer for layer in network.layers if hasattr(layer, "weight")]
    hidden = x
    for layer in dense[:-1]:
        hidden = np.maximum(hidden @ layer.weight + layer.bias, 0)
    outputs = hidden @ dense[-1].weight + dense[-1].bias
    expected = {"Accuracy": np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True), "R2": outputs}
    np.testing.assert_allclose(network.predict(x), expected[LOSSES[loss].score.__name__])


@pytest.mark.parametrize("loss", LOSSES)
def test_rows_are_evaluated_in_chunks_without_a_difference(loss):
    network = network_for(loss, **RICH)
    network.chunk = 20
    x, y = problem(loss, rows=2 * network.chunk + 7)
    together = network.predict(x)
    np.testing.assert_allclose(together[-9:], network.predict(x[-9:]), rtol=1e-12)
    outputs = network.forward(x, training=False).copy()
    network.loss.forward(outputs, y)
    expected = network.loss.value() + network.penalty.value()
    score = SCORES[LOSSES[loss].score_name]()
    score.add(network.loss.predictions, y)
    assert network.evaluate(x, y) == pytest.approx((expected, score.value()), rel=1e-12)


def test_evaluated_loss_includes_the_penalty():
    network = network_for("cross_entropy", weight_decay=0.5)
    x, y = problem("cross_entropy", rows=8)
    plain = network_for("cross_entropy")
    assert network.evaluate(x, y)[0] == pytest.approx(plain.evaluate(x, y)[0] + network.penalty.value())
    assert network.penalty.value() > 0


def test_predictions_are_the_callers_own():
    network = network_for("squared_error")
    x, _ = problem("squared_error", rows=4)
    first = network.predict(x)
    before = first.copy()
    network.predict(-x)
    np.testing.assert_array_equal(first, before)


def test_probabilities_of_float32_sum_to_1():
    network = Network(4, 3, Hyperparameters(), loss="cross_entropy", rng=np.random.default_rng(0))
    p = network.predict(100 * np.random.default_rng(0).standard_normal((50, 4)))
    assert p.dtype == np.float32
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_gradient_does_not_depend_on_the_passes_before(activation, batch_norm):
    settings = {"activation": activation, "batch_norm": batch_norm, "hidden_layer_sizes": (5, 5, 5)}
    network = network_for("cross_entropy", **settings)
    x, y = problem("cross_entropy", rows=9)
    for rows in (slice(0, 5), slice(0, 5), slice(2, 7), slice(0, 3), slice(0, 5), slice(0, 8)):
        fresh = network_for("cross_entropy", **settings)
        network.find_gradient(x[rows], y[rows])
        fresh.find_gradient(x[rows], y[rows])
        np.testing.assert_array_equal(network.gradient, fresh.gradient)
        network.evaluate(x, y)  # more rows than before: the buffers grow


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda network: pickle.loads(pickle.dumps(network))])
def test_copies_are_whole_and_apart(duplicate):
    network = network_for("cross_entropy", **RICH)
    x, y = problem("cross_entropy", rows=8)
    network.find_gradient(x, y)  # changes the running statistics
    other = duplicate(network)
    np.testing.assert_array_equal(other.predict(x), network.predict(x))
    for each in (network, other):
        each.find_gradient(x, y)
    np.testing.assert_array_equal(other.gradient, network.gradient)  # same dropout draws
    before = network.predict(x)
    other.parameters += 1
    assert (other.predict(x) != before).any()  # its layers are bound to its own vector
    np.testing.assert_array_equal(network.predict(x), before)


def test_state_brings_back_parameters_and_statistics():
    network = network_for("cross_entropy", **RICH)
    x, y = problem("cross_entropy", rows=8)
    network.find_gradient(x, y)
    state, before = network.state(), network.predict(x)
    rng = np.random.default_rng(0)
    for _ in Training(network, network.hyperparameters, x, y, rng=rng):
        pass
    assert (network.predict(x) != before).any()
    network.load_state(state)
    np.testing.assert_array_equal(network.predict(x), before)
    other = network_for("cross_entropy", seed=9, **RICH)
    other.load_state(state)
    np.testing.assert_array_equal(other.predict(x), before)


def test_a_state_of_another_network_is_refused_and_changes_nothing():
    network = network_for("cross_entropy", batch_norm=True)
    before = network.parameters.copy()
    state = network.state()
    for wrong in ({}, {"parameters": before}, state | {"parameters": before[1:]}, state | {"more": before}):
        with pytest.raises(DataError):
            network.load_state(wrong)
    np.testing.assert_array_equal(network.parameters, before)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"loss": "cross_entropi"}, "did you mean 'cross_entropy'"),
        ({"n_inputs": 0}, "n_inputs must be a whole number >= 1, got 0"),
        ({"n_outputs": 0}, "n_outputs must be a whole number >= 1, got 0"),
        ({"n_inputs": 2.5}, "n_inputs must be a whole number >= 1, got 2.5"),
        ({"n_inputs": 10**20}, r"must fit in memory, got 100000000000000000000 inputs, .* \(100,\), 2 outputs"),
    ],
)
def test_refuses(change, says):
    arguments = {"n_inputs": 2, "n_outputs": 2, "loss": "cross_entropy"} | change
    with pytest.raises(UsageError, match=says):
        Network(hyperparameters=Hyperparameters(), rng=np.random.default_rng(0), **arguments)


@pytest.mark.parametrize(
    "x", [np.ones((2, 5)), np.ones(4), [[1, 2, 3, np.nan]], [[1, 2, 3, 10**400]], "text", np.empty((0, 4))]
)
def test_predict_refuses_other_inputs(x):
    with pytest.raises(DataError):
        network_for("cross_entropy").predict(x)


def test_one_seed_makes_one_network():
    one, other = (network_for("cross_entropy", seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.parameters, other.parameters)
    assert (one.parameters != network_for("cross_entropy", seed=4).parameters).any()


@pytest.mark.parametrize("sizes", [(), (5,), (5, 4)])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_inputs_are_only_read(activation, sizes):
    network = network_for(
        "cross_entropy", hidden_layer_sizes=sizes, activation=activation, batch_norm=True, dropout=0.5
    )
    x, y = problem("cross_entropy", rows=8)
    before = x.copy()
    network.find_gradient(x, y)
    network.evaluate(x, y)
    np.testing.assert_array_equal(x, before)
