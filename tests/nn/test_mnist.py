"""MNIST whole: what the techniques reach together. Needs the files; about a minute on one core."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hpsearch.data import DataSettings, load
from hpsearch.nn import Hyperparameters, Network, Training

pytestmark = [
    pytest.mark.mnist,
    pytest.mark.skipif("HPSEARCH_DATA" not in os.environ, reason="HPSEARCH_DATA names no folder with MNIST"),
]


@pytest.fixture(scope="module")
def mnist():
    return load(DataSettings(source="mnist"), Path(os.environ["HPSEARCH_DATA"]))


def accuracy_on_test(mnist, **settings):
    chosen = Hyperparameters(epochs=10, batch_size=128, **settings)
    rng = np.random.default_rng(0)
    network = Network(784, 10, chosen, loss="cross_entropy", rng=rng)
    for _ in Training(network, chosen, mnist.x, mnist.y, rng=rng):
        pass
    return network.evaluate(*mnist.test)[1]


def test_one_hidden_layer_and_adam(mnist):
    assert accuracy_on_test(mnist, hidden_layer_sizes=(256,), learning_rate=0.002, schedule="cosine") >= 0.980


def test_batch_norm_and_dropout_on_two_layers(mnist):
    accuracy = accuracy_on_test(
        mnist, hidden_layer_sizes=(512, 256), batch_norm=True, dropout=0.3, learning_rate=0.002, schedule="cosine"
    )
    assert accuracy >= 0.983


def test_trains_within_one_gigabyte():
    program = """
import resource, numpy as np
from hpsearch.data import DataSettings, load
from hpsearch.nn import Hyperparameters, Network, Training
data = load(DataSettings(source="mnist"))
chosen, rng = Hyperparameters(epochs=1, batch_size=128), np.random.default_rng(0)
network = Network(784, 10, chosen, loss="cross_entropy", rng=rng)
list(Training(network, chosen, data.x, data.y, validation=data.test, rng=rng))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    assert int(done.stdout) * 1024 < 1e9
    assert done.stderr == ""
