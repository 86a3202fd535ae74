"""Ensembles of thinned networks, against networks whose units are cut out by hand."""

import pickle

import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.nn import LOSSES, Hyperparameters, Network, Streams, thinned_scores
from hpsearch.nn.dropout import Dropout
from tests.nn.gradients import network_for, problem

SHARE = 0.4


def rng():
    return np.random.default_rng(5)


def with_dropout(loss, **settings):
    return network_for(loss, **{"dropout": SHARE, "activation": "tanh"} | settings)


def thinned_by_hand(network, generator):
    """Return predictions of a network whose dropped units have no outgoing weights."""
    copy = pickle.loads(pickle.dumps(network))
    dropouts = [layer for layer in copy.layers if isinstance(layer, Dropout)]
    for layer, following in zip(dropouts, copy.dense_layers[1:], strict=True):
        kept = generator.random(layer.n_outputs) >= SHARE
        following.weight *= kept[:, np.newaxis] / (1 - SHARE)
    return copy.predict


@pytest.mark.parametrize(
    "settings", [{}, {"batch_norm": True}, {"batch_norm": True, "batch_norm_place": "after"}], ids=str
)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_scores_are_those_of_networks_without_the_units(loss, settings):
    network, (x, y) = with_dropout(loss, **settings), problem(loss, rows=60)
    network.forward(x, training=True)  # running statistics
    generator = rng()
    predictions = [thinned_by_hand(network, generator)(x) for _ in range(7)]
    scores = thinned_scores(network, x, y, 7, rng())
    assert scores.ensemble == pytest.approx(score_of(network, np.mean(predictions, axis=0), y))
    assert scores.thinned == pytest.approx(np.mean([score_of(network, each, y) for each in predictions]))
    assert scores.scaled == network.evaluate(x, y)[1]
    assert len(set(scores)) == 3


def score_of(network, predictions, y):
    score = network.loss.score()
    score.add(predictions.argmax(axis=1) if y.ndim == 1 else predictions, y)
    return score.value()


def test_chunks_of_rows_change_nothing():
    network, (x, y) = with_dropout("squared_error"), problem("squared_error", rows=50)
    whole = thinned_scores(network, x, y, 4, rng())
    network.chunk = 7
    np.testing.assert_allclose(thinned_scores(network, x, y, 4, rng()), whole, rtol=1e-12)


def test_neither_network_nor_its_generators_change():
    network, (x, y) = with_dropout("cross_entropy", batch_norm=True), problem("cross_entropy", rows=20)
    before, draws = network.state(), network.rng.bit_generator.state
    first = thinned_scores(network, x, y, 5, rng())
    assert network.rng.bit_generator.state == draws
    assert all(np.array_equal(array, before[name]) for name, array in network.state().items())
    assert thinned_scores(network, x, y, 5, rng()) == first


def test_the_mean_over_many_thinned_networks_is_near_the_scaled_one_for_a_linear_network():
    """Without a nonlinearity and with small weights, the expected output is exactly the scaled one."""
    network = with_dropout("squared_error", activation="identity", hidden_layer_sizes=(50,))
    x, _ = problem("squared_error", rows=20)
    target = network.predict(x)  # so the scaled network's score is 1
    scores = thinned_scores(network, x, target, 2_000, rng())
    assert scores.scaled == 1.0
    assert scores.ensemble > 0.99 > scores.thinned


@pytest.mark.parametrize("settings", [{"dropout": 0.0}, {"hidden_layer_sizes": ()}], ids=str)
def test_a_network_without_dropout_is_refused(settings):
    network = with_dropout("cross_entropy", **settings)
    with pytest.raises(UsageError, match="thinned networks need a network with dropout > 0"):
        thinned_scores(network, *problem("cross_entropy", rows=5), 3, rng())


@pytest.mark.parametrize("number", [0, -1, 2.5, True])
def test_the_number_of_networks_is_whole(number):
    with pytest.raises(UsageError, match="n_networks must be a whole number >= 1"):
        thinned_scores(with_dropout("cross_entropy"), *problem("cross_entropy", rows=5), number, rng())


def test_their_stream_is_no_other():
    streams = Streams(np.random.SeedSequence(3))
    others = [streams.weights(0), streams.output_weights(), streams.order(), streams.dropout(0)]
    first = streams.thinned_networks().random()
    assert first not in [each.random() for each in others]
    assert streams.thinned_networks().random() == first


def test_float32_networks_are_summed_in_float64():
    settings = Hyperparameters(hidden_layer_sizes=(20,), dropout=0.5)
    network = Network(4, 3, settings, loss="cross_entropy", rng=np.random.default_rng(0))
    x, y = problem("cross_entropy", rows=30)
    assert 0.0 <= thinned_scores(network, x, y, 3, rng()).ensemble <= 1.0
