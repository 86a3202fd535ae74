import numpy as np
import pytest
from sklearn.datasets import load_digits

from hpsearch.errors import DivergenceError, UsageError
from hpsearch.nn import ACTIVATIONS, Hyperparameters, Network, Training, check_size
from hpsearch.nn.batch_norm import EPSILON, MOMENTUM, BatchNorm
from hpsearch.nn.layers import Dense


@pytest.fixture
def layer():
    made = BatchNorm(3, np.dtype("float64"))
    made.bind(*({name: np.zeros(3) for name in ("scale", "offset")} for _ in range(2)))
    made.initialize(np.random.default_rng(0))
    return made


X = np.random.default_rng(0).standard_normal((50, 3)) * [1, 5, 0.1] + [0, 10, -3]


def test_training_gives_mean_0_and_variance_1(layer):
    y = layer.forward(X, True)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=0), X.var(axis=0) / (X.var(axis=0) + EPSILON))


def test_scale_and_offset(layer):
    layer.scale[...], layer.offset[...] = [2, 3, 4], [5, 6, 7]
    np.testing.assert_allclose(layer.forward(X, True).mean(axis=0), [5, 6, 7])
    np.testing.assert_allclose(layer.forward(X, True).std(axis=0), [2, 3, 4], rtol=1e-2)


def test_running_statistics_are_those_of_all_batches(layer):
    layer.forward(X, True)
    np.testing.assert_allclose(layer.running_mean, (1 - MOMENTUM) * X.mean(axis=0))
    np.testing.assert_allclose(layer.running_variance, MOMENTUM + (1 - MOMENTUM) * X.var(axis=0, ddof=1))
    for _ in range(300):
        layer.forward(X, True)
    expected = (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0, ddof=1) + EPSILON)
    np.testing.assert_allclose(layer.forward(X, False), expected, rtol=1e-9, atol=1e-9)


def test_evaluation_changes_nothing_and_rows_do_not_meet(layer):
    layer.forward(X, True)
    before = {name: array.copy() for name, array in layer.statistics.items()}
    together = layer.forward(X, False).copy()
    np.testing.assert_array_equal(layer.forward(X[:1], False), together[:1])
    for name, array in layer.statistics.items():
        np.testing.assert_array_equal(array, before[name])


def test_one_row_is_normalised_by_the_running_statistics(layer):
    for _ in range(20):
        layer.forward(X, True)
    before = layer.running_mean.copy()
    expected = layer.forward(X[:1], False).copy()
    np.testing.assert_array_equal(layer.forward(X[:1], True), expected)
    np.testing.assert_array_equal(layer.running_mean, before)
    assert np.abs(expected).max() > 0.1  # by itself it would be 0


def test_constant_columns_give_the_offset(layer):
    layer.offset[...] = [1, 2, 3]
    np.testing.assert_allclose(layer.forward(np.full((5, 3), 7.0), True), np.tile([1, 2, 3], (5, 1)))


@pytest.mark.parametrize("learning_rate", [300.0, 1000.0])
def test_running_statistics_that_overflow_are_a_divergence(learning_rate):
    """An infinite variance makes NaN of every prediction, while the loss, by the batch's statistics, stays finite."""
    settings = {"hidden_layer_sizes": (50, 50), "batch_norm": True, "optimizer": "sgd", "epochs": 20}
    x, y = load_digits(return_X_y=True)
    chosen, rng = Hyperparameters(learning_rate=learning_rate, **settings), np.random.default_rng(0)
    network = Network(64, 10, chosen, loss="cross_entropy", rng=rng)
    with pytest.raises(DivergenceError, match="the network stopped being finite in epoch"):
        list(Training(network, chosen, x / 16, y, rng=rng))


def network_with(place, **settings):
    chosen = Hyperparameters(hidden_layer_sizes=(6, 5), batch_norm=True, batch_norm_place=place, **settings)
    return Network(4, 3, chosen, loss="cross_entropy", rng=np.random.default_rng(0))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_its_place_is_before_or_after_the_activation(activation):
    kind = ACTIVATIONS[activation]
    before, after = (network_with(place, activation=activation, dropout=0.5) for place in ("before", "after"))
    orders = [[type(layer) for layer in network.layers[:3]] for network in (before, after)]
    assert orders == [[Dense, BatchNorm, kind], [Dense, kind, BatchNorm]]
    assert [dense.has_bias for dense in before.dense_layers] == [False, False, True]
    assert [dense.has_bias for dense in after.dense_layers] == [True, True, True]


def test_after_the_activation_the_next_layer_gets_normalised_inputs():
    network, x = network_with("after", dtype="float64"), np.random.default_rng(1).standard_normal((40, 4))
    seen = []
    for layer in network.layers:
        if isinstance(layer, Dense):
            seen.append((x.mean(axis=0), x.std(axis=0)))
        x = layer.forward(x, True).copy()
    for mean, std in seen[1:]:
        np.testing.assert_allclose(mean, 0, atol=1e-12)
        assert std.max() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("activation", ["relu", "maxout"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_the_size_that_is_checked_is_never_below_the_true_one(place, activation, monkeypatch):
    settings = Hyperparameters(
        hidden_layer_sizes=(6, 5), activation=activation, batch_norm=True, batch_norm_place=place
    )
    true = network_with(place, activation=activation).parameters.size
    monkeypatch.setattr("hpsearch.nn.build.MOST_PARAMETERS", true - 1)
    with pytest.raises(UsageError, match="a network must fit in memory"):
        check_size(4, 3, settings)
