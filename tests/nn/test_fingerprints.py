"""Fingerprints of a training's start: those of what it draws, without a draw."""

import hashlib
import json
import pickle

import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.nn import Hyperparameters, Network, Streams, Training
from hpsearch.nn.fingerprints import fingerprint
from tests.nn.gradients import problem

ROWS = problem("cross_entropy", rows=50)


def streams(seed=3):
    return Streams(np.random.SeedSequence(seed))


def new_training(rng=None, rows=ROWS, **settings):
    chosen = Hyperparameters(**({"hidden_layer_sizes": (6, 5), "epochs": 2, "activation": "relu"} | settings))
    rng = rng or streams()
    network = Network(4, 3, chosen, loss="cross_entropy", rng=rng)
    return Training(network, chosen, *rows, rng=rng)


def test_they_are_those_of_the_initial_weights_and_the_first_order():
    training = new_training()
    first, second, output = (fingerprint(layer.weight) for layer in training.network.dense_layers)
    order = fingerprint(streams().order().permutation(50))
    assert training.fingerprints() == {"weights": [first, second, output], "order": order}
    assert len({first, second, output, order}) == 4


@pytest.mark.parametrize("scheme", [streams, np.random.default_rng])
def test_asking_for_them_changes_no_bit_of_the_training(scheme):
    asked, other = (new_training(scheme(0), dropout=0.2) for _ in range(2))
    assert asked.fingerprints() == asked.fingerprints() == other.fingerprints()
    assert list(asked) == list(other)
    np.testing.assert_array_equal(asked.network.parameters, other.network.parameters)


@pytest.mark.parametrize("scheme", [streams, np.random.default_rng])
def test_the_order_is_the_one_of_the_first_epoch(scheme):
    training = new_training(scheme(0), rows=(np.repeat(np.arange(50.0)[:, np.newaxis], 4, 1), ROWS[1]))
    order, seen = training.fingerprints()["order"], []
    find_gradient = training.network.find_gradient

    def watched(batch, *others):
        seen.extend(batch[:, 0])
        find_gradient(batch, *others)

    training.network.find_gradient = watched
    training.run_epoch()
    assert fingerprint(np.array(seen, np.int64)) == order


def test_equal_ones_show_what_is_shared():
    base = new_training().fingerprints()
    assert new_training(dropout=0.5, batch_norm=True, optimizer="sgd", batch_size=7).fingerprints() == base
    wider = new_training(hidden_layer_sizes=(6, 9)).fingerprints()
    assert [one == other for one, other in zip(wider["weights"], base["weights"], strict=True)] == [True, False, False]
    assert wider["order"] == base["order"]
    fewer = new_training(rows=(ROWS[0][:49], ROWS[1][:49])).fingerprints()
    assert fewer["weights"] == base["weights"]
    assert fewer["order"] != base["order"]
    other_seed = new_training(streams(4)).fingerprints()
    assert not set(other_seed["weights"]) & set(base["weights"])
    assert other_seed["order"] != base["order"]


def test_with_one_generator_dropout_leaves_the_start_as_it_is_but_width_shifts_the_order():
    base, dropout, wider = (
        new_training(np.random.default_rng(0), **settings).fingerprints()
        for settings in ({}, {"dropout": 0.5}, {"hidden_layer_sizes": (6, 9)})
    )
    assert dropout == base
    assert wider["order"] != base["order"]


def test_they_can_be_stored_as_json():
    made = new_training().fingerprints()
    assert json.loads(json.dumps(made)) == made


def test_after_the_first_epoch_and_without_rows_they_are_refused():
    training = new_training()
    with pytest.raises(UsageError, match="call set_data first"):
        pickle.loads(pickle.dumps(training)).fingerprints()
    training.run_epoch()
    with pytest.raises(UsageError, match="before the first epoch"):
        training.fingerprints()


def test_a_fingerprint_is_sixteen_digits_of_sha_256_of_dtype_shape_and_content():
    array = np.array([[1.5, -2.0]], np.float32)
    expected = hashlib.sha256(b"<f4(1, 2)" + bytes.fromhex("0000c03f000000c0")).hexdigest()
    assert fingerprint(array) == fingerprint(array.astype(">f4")) == expected[:16]
    assert fingerprint(array) == fingerprint(np.array([[1.5, 0], [-2.0, 0]], np.float32)[:, :1].T)  # not contiguous


def test_zeros_of_another_shape_or_dtype_have_another_fingerprint():
    zeros = [np.zeros((2, 3)), np.zeros((3, 2)), np.zeros(6), np.zeros((2, 3), np.float32), np.zeros((2, 3), np.int64)]
    assert len({fingerprint(array) for array in zeros}) == len(zeros)
