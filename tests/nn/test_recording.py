import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.nn import ACTIVATIONS, Hyperparameters, Network, Training, record
from tests.nn.gradients import network_for, problem, relative_error


def deep(activation, initializer, std=1.0):
    settings = Hyperparameters(
        hidden_layer_sizes=(100,) * 5, activation=activation, initializer=initializer, initializer_std=std
    )
    network = Network(100, 10, settings, loss="cross_entropy", rng=np.random.default_rng(0))
    rng = np.random.default_rng(1)
    records = record(network, rng.standard_normal((500, 100)), rng.integers(0, 10, 500))
    return [found for found in records if found.kind == ACTIVATIONS[activation].__name__]


def test_vanishing_gradients_can_be_seen():
    shrunk = [found.output_gradient_norm for found in deep("sigmoid", "normal", 0.01)]
    kept = [found.output_gradient_norm for found in deep("relu", "he")]
    assert shrunk[0] < 1e-4 * shrunk[-1]
    assert kept[0] > 0.1 * kept[-1]


def test_saturated_units_can_be_seen():
    wide, narrow = deep("sigmoid", "normal", 1.0), deep("sigmoid", "xavier")
    assert wide[-1].saturated > 0.3
    assert narrow[-1].saturated == 0.0
    assert deep("relu", "he")[-1].saturated is None


def test_dead_units_can_be_seen():
    network = network_for("cross_entropy", hidden_layer_sizes=(4,), activation="relu")
    x, y = problem("cross_entropy", rows=20)
    network.layers[0].bias[:] = [-1000, 0, -1000, 0]
    assert record(network, x, y)[1].dead == 0.5
    assert record(network, x, y)[0].dead is None


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_numbers_are_those_of_the_outputs(activation):
    network = network_for("cross_entropy", activation=activation)
    x, y = problem("cross_entropy", rows=20)
    records = record(network, x, y, bins=7)
    for found, layer in zip(records, network.layers, strict=True):
        x = layer.forward(x, False).copy()
        assert found.kind == type(layer).__name__
        assert found.mean == pytest.approx(x.mean())
        assert found.std == pytest.approx(x.std())
        assert found.counts.sum() == x.size
        assert len(found.edges) == len(found.counts) + 1 == 8
        assert found.edges[0] == pytest.approx(x.min())
        assert found.edges[-1] == pytest.approx(x.max())


def test_gradient_norms_are_those_of_the_differences():
    network = network_for("cross_entropy", weight_decay=0.1)
    x, y = problem("cross_entropy", rows=20)
    error, numeric = relative_error(network, x, y)
    assert error < 1e-6
    found = [found.weight_gradient_norm for found in record(network, x, y) if found.kind == "Dense"]
    places = np.split(numeric[: network.n_decaying], [20, 40])  # 4 × 5, 5 × 4 and 4 × 3 weights
    assert found == pytest.approx([np.linalg.norm(place) for place in places], rel=1e-6)


def test_recording_leaves_the_training_as_it_was():
    def train(recording):
        settings = Hyperparameters(hidden_layer_sizes=(8,), dropout=0.5, batch_norm=True, epochs=4)
        rng = np.random.default_rng(0)
        network = Network(4, 3, settings, loss="cross_entropy", rng=rng)
        x, y = problem("cross_entropy", rows=50)
        for _ in Training(network, settings, x, y, rng=rng):
            if recording:
                record(network, x, y)
        return network.predict(x)

    np.testing.assert_array_equal(train(True), train(False))


def test_outputs_that_are_not_finite_are_described_without_a_warning():
    network = network_for("cross_entropy", activation="identity")
    network.parameters[...] = 1e200
    x, y = problem("cross_entropy", rows=5)
    assert len(record(network, x, y)) == len(network.layers)


def passing_on():
    """Return a network that computes the identity."""
    settings = Hyperparameters(hidden_layer_sizes=(), dtype="float64")
    network = Network(1, 1, settings, loss="squared_error", rng=np.random.default_rng(0))
    network.parameters[...] = [1.0, 0.0]
    return network


@pytest.mark.parametrize("spread", [0.0, 1e-17, 1e-16, 1e300, 8e307])
def test_any_spread_of_outputs_has_a_histogram(spread):
    x = np.linspace(-spread / 2 + 1, spread / 2 + 1, 5)[:, np.newaxis]
    (found,) = record(passing_on(), x, x)
    assert found.counts.sum() == 5
    assert (np.diff(found.edges) > 0).all()


@pytest.mark.parametrize(("size", "counted"), [(1e12, 5), (1.5e308, 0)])
def test_large_outputs_that_differ_by_rounding_have_one_too(size, counted):
    x = size * (1 + 2e-16 * np.arange(5)[:, np.newaxis])
    (found,) = record(passing_on(), x, x)
    assert found.counts.sum() == counted
    assert (np.diff(found.edges) > 0).all()


@pytest.mark.parametrize("bins", [0, 2.5, None, "auto"])
def test_bins_are_a_whole_number(bins):
    x, y = problem("cross_entropy", rows=5)
    with pytest.raises(UsageError, match="bins must be a whole number >= 1"):
        record(network_for("cross_entropy"), x, y, bins=bins)


def test_units_that_are_the_same_count_once():
    network = network_for("cross_entropy", hidden_layer_sizes=(6,), activation="tanh")
    x, y = problem("cross_entropy", rows=20)
    assert record(network, x, y)[1].distinct_units == 6
    network.layers[0].weight[:, 3:] = network.layers[0].weight[:, :3] * (1 + 1e-12)  # the same but for rounding
    network.layers[0].bias[:] = 0
    assert record(network, x, y)[1].distinct_units == 3
    network.parameters[...] = 0
    assert [found.distinct_units for found in record(network, x, y)] == [1, 1, 1]


def test_outputs_near_zero_are_counted():
    x = np.array([[-1.0], [-0.02], [-0.01], [0.0], [0.005], [0.5]])
    assert record(passing_on(), x, x)[0].near_zero == 0.5
    assert record(passing_on(), 0 * x, x)[0].near_zero == 1.0


def test_kinds_of_layers_have_names():
    network = network_for("cross_entropy", hidden_layer_sizes=(6,), batch_norm=True, dropout=0.1)
    roles = [found.role for found in record(network, *problem("cross_entropy", rows=20))]
    assert roles == ["dense", "batch_norm", "activation", "dropout", "dense"]
