"""Separate random streams: what one use draws shifts no other; one generator for everything keeps its draws."""

import copy
import pickle

import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.nn import ACTIVATIONS, OPTIMIZERS, SIZE, Hyperparameters, Network, Streams, Training, record
from hpsearch.nn.dropout import Dropout
from tests.nn.gradients import problem

ROWS = problem("cross_entropy", rows=50)
RICH = {"activation": "prelu", "batch_norm": True, "dropout": 0.3, "weight_decay": 0.01}


def streams(seed=3):
    return Streams(np.random.SeedSequence(seed, spawn_key=(2, 5)))


def one_generator(seed=3):
    return np.random.default_rng(seed)


def new_training(rng=None, rows=ROWS, **settings):
    """Return a training with weights from N(0, 0.1²), which no activation or size changes."""
    chosen = {"hidden_layer_sizes": (6, 5), "epochs": 3, "initializer": "normal", "initializer_std": 0.1} | settings
    rng = rng or streams()
    network = Network(4, 3, Hyperparameters(**chosen), loss="cross_entropy", rng=rng)
    return Training(network, network.hyperparameters, *rows, validation=ROWS, rng=rng)


def initial_weights(**settings):
    return [layer.weight.copy() for layer in new_training(**settings).network.dense_layers]


def orders(**settings):
    """Return the rows of all batches of three epochs, one after the other; the first column is the row's number."""
    x = np.column_stack([np.arange(50.0), ROWS[0][:, 1:]])
    training, seen = new_training(rows=(x, ROWS[1]), learning_rate=1e-6, **settings), []
    find_gradient = training.network.find_gradient

    def watched(batch, *others):
        seen.append(batch[:, 0].copy())
        find_gradient(batch, *others)

    training.network.find_gradient = watched
    list(training)
    return np.concatenate(seen)


def assert_equal(some, others):
    assert len(some) == len(others)
    for one, other in zip(some, others, strict=True):
        np.testing.assert_array_equal(one, other)


# --- Nothing that one use draws shifts another ------------------------------------------------------------------------

OTHER_SETTINGS = [
    {"dropout": 0.5},
    {"batch_norm": True},
    {"dropout": 0.5, "batch_norm": True},
    *({"optimizer": name} for name in OPTIMIZERS),
    *({"activation": name} for name, kind in ACTIVATIONS.items() if not set(kind.hyperparameters) & set(SIZE)),
    {"batch_size": 7},
    {"train_metrics": "exact"},
    {"early_stopping": True},
    {"weight_decay": 0.1, "l1": 0.1},
    {"schedule": "cosine", "warmup_epochs": 1},
]


@pytest.mark.parametrize("settings", OTHER_SETTINGS, ids=str)
def test_weights_and_order_are_shared_with_other_settings(settings):
    assert_equal(initial_weights(**settings), initial_weights())
    np.testing.assert_array_equal(orders(**settings), orders())


def test_each_layer_and_each_epoch_has_its_own_draws():
    first, second, third = initial_weights(hidden_layer_sizes=(4, 4), rng=streams())
    assert first.shape == second.shape
    assert (first != second).all()
    assert (second[:, :3] != third).all()
    one, other, _ = orders().reshape(3, 50)
    assert (one != other).any()
    assert sorted(one) == sorted(other) == list(range(50))


def test_another_seed_has_other_draws():
    for one, other in zip(initial_weights(), initial_weights(rng=streams(4)), strict=True):
        assert (one != other).all()
    assert (orders() != orders(rng=streams(4))).any()


def test_another_deviation_scales_the_same_draws():
    for narrow, wide in zip(initial_weights(), initial_weights(initializer_std=0.3), strict=True):
        np.testing.assert_allclose(wide, 3 * narrow, rtol=1e-6)


def test_other_initializers_scale_the_same_draws():
    for normal, xavier in zip(initial_weights(), initial_weights(initializer="xavier"), strict=True):
        np.testing.assert_allclose(xavier, normal * (np.sqrt(2 / sum(normal.shape)) / 0.1), rtol=1e-6)


def test_another_dtype_rounds_the_same_draws():
    for single, double in zip(initial_weights(), initial_weights(dtype="float64"), strict=True):
        np.testing.assert_array_equal(single, double.astype(np.float32))


@pytest.mark.parametrize(
    ("sizes", "shared"),
    [
        ((6, 5, 9), {0: 0, 1: 1}),
        ((6, 9), {0: 0}),
        ((8, 5), {2: 2}),
        ((6,), {0: 0}),
        ((7, 6, 5), {3: 2}),
        ((5,), {1: 2}),
    ],
)
def test_layers_of_equal_key_and_shape_are_shared_between_networks_of_other_sizes(sizes, shared):
    base, other = initial_weights(), initial_weights(hidden_layer_sizes=sizes)
    for layer, of_base in shared.items():
        np.testing.assert_array_equal(other[layer], base[of_base])


def test_a_network_without_hidden_layers_shares_its_output_layer():
    (output,) = initial_weights(hidden_layer_sizes=())
    (_, other) = initial_weights(hidden_layer_sizes=(4,))
    np.testing.assert_array_equal(output, other)


def test_each_hidden_layer_drops_its_own_units_whatever_the_others_draw():
    def dropped(*sizes):
        """Return which outputs of each dropout layer are 0; outputs of sigmoid are not."""
        x, outputs = ROWS[0].astype(np.float32), []
        for layer in new_training(hidden_layer_sizes=sizes, dropout=0.5, activation="sigmoid").network.layers:
            x = layer.forward(x, training=True).copy()
            outputs += [x == 0] if isinstance(layer, Dropout) else []
        return outputs

    first, second = dropped(6, 6)
    assert (first != second).any()
    np.testing.assert_array_equal(dropped(9, 6)[1], second)
    np.testing.assert_array_equal(dropped(6)[0], first)


def test_dropping_no_units_in_effect_changes_no_bit_of_the_training():
    # A share of 1e-9 drops no unit, and its factor rounds to 1.
    one, other = new_training(), new_training(dropout=1e-9)
    assert list(one) == list(other)
    np.testing.assert_array_equal(one.network.parameters, other.network.parameters)


def test_the_seed_sequence_is_only_read():
    seed = np.random.SeedSequence(1)
    list(new_training(Streams(seed), **RICH))
    assert seed.n_children_spawned == 0
    seed.spawn(3)
    assert_equal(initial_weights(rng=Streams(seed)), initial_weights(rng=Streams(np.random.SeedSequence(1))))


@pytest.mark.parametrize(
    ("stream", "key"),
    [
        (lambda made: made.weights(0), (0, 0)),
        (lambda made: made.weights(4), (0, 4)),
        (lambda made: made.output_weights(), (1, 0)),
        (lambda made: made.order(), (2, 0)),
        (lambda made: made.dropout(0), (3, 0)),
        (lambda made: made.dropout(4), (3, 4)),
    ],
)
def test_keys_stay_as_they_are_because_stored_results_depend_on_them(stream, key):
    child = np.random.SeedSequence(3, spawn_key=(2, 5, *key))
    assert stream(streams()).random() == stream(streams()).random() == np.random.default_rng(child).random()


def test_a_training_draws_weights_order_and_dropout_from_their_streams():
    training = new_training(dropout=0.5)
    for layer, stream in zip(
        training.network.dense_layers,
        [streams().weights(0), streams().weights(1), streams().output_weights()],
        strict=True,
    ):
        np.testing.assert_array_equal(layer.weight, (0.1 * stream.standard_normal(layer.weight.shape)).astype("f4"))
    states = [generator.bit_generator.state for generator in training.network.dropout_generators]
    assert states == [streams().dropout(layer).bit_generator.state for layer in (0, 1)]
    order = streams().order()
    np.testing.assert_array_equal(orders(), np.concatenate([order.permutation(50) for _ in range(3)]))


# --- Both schemes -----------------------------------------------------------------------------------------------------

SCHEMES = pytest.mark.parametrize("scheme", [streams, one_generator])


@SCHEMES
def test_equal_arguments_give_equal_bits(scheme):
    one, other, third = (new_training(scheme(seed), **RICH) for seed in (3, 3, 4))
    assert list(one) == list(other) != list(third)
    np.testing.assert_array_equal(one.network.parameters, other.network.parameters)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda training: pickle.loads(pickle.dumps(training))])
@SCHEMES
def test_a_copy_goes_on_as_the_original(scheme, duplicate):
    training = new_training(scheme(), **RICH)
    training.run_epoch()
    other = duplicate(training)
    other.set_data(*ROWS, validation=ROWS)
    assert [other.run_epoch() for _ in range(3)] == [training.run_epoch() for _ in range(3)]
    np.testing.assert_array_equal(other.network.parameters, training.network.parameters)
    np.testing.assert_array_equal(other.network.state()["parameters"], training.network.state()["parameters"])


def test_a_copied_seed_has_the_same_streams():
    copies = [copy.deepcopy(streams()), pickle.loads(pickle.dumps(streams()))]
    histories = [list(new_training(rng, **RICH)) for rng in (streams(), *copies)]
    assert histories[0] == histories[1] == histories[2]


@SCHEMES
def test_recording_leaves_the_training_as_it_was(scheme):
    def train(recording):
        training = new_training(scheme(), **RICH)
        for _ in training:
            if recording:
                record(training.network, *ROWS)
        return training.network.parameters

    np.testing.assert_array_equal(train(recording=True), train(recording=False))


@SCHEMES
def test_exact_metrics_draw_nothing(scheme):
    one, other = (new_training(scheme(), train_metrics=metrics, **RICH) for metrics in ("running", "exact"))
    assert [epoch.validation_loss for epoch in one] == [epoch.validation_loss for epoch in other]
    np.testing.assert_array_equal(one.network.parameters, other.network.parameters)


def test_one_generator_is_the_networks_and_streams_have_none_for_all():
    rng = one_generator()
    assert new_training(rng).network.rng is rng
    with pytest.raises(UsageError, match="a generator for each use"):
        assert new_training().network.rng


def test_one_generator_draws_weights_then_orders_and_dropped_units_in_turn():
    """Compute the draws of the scheme by hand: it must keep its results."""
    rng, training = one_generator(), new_training(one_generator(), dropout=0.5)
    for layer in training.network.dense_layers:
        expected = 0.1 * rng.standard_normal(layer.weight.shape)
        np.testing.assert_array_equal(layer.weight, expected.astype(np.float32))
    training.run_epoch()
    rng.permutation(50)
    for rows in (32, 18):
        for units in (6, 5):
            rng.random((rows, units), np.float32)
    assert training.network.rng.bit_generator.state == rng.bit_generator.state
