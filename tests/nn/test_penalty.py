import numpy as np
import pytest

import hpsearch.nn.penalty as module
from hpsearch.nn import OPTIMIZERS, Hyperparameters, Network
from hpsearch.nn.penalty import Penalty

W = np.array([3.0, -4.0, 0.0, 1.0, 2.0])


@pytest.mark.parametrize("block", [2, 100])
def test_by_hand(block, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", block)
    gradient = np.ones(5)
    penalty = Penalty(W, gradient, weight_decay=0.1, l1=0.5)
    assert penalty.value() == pytest.approx(0.1 / 2 * 30 + 0.5 * 10)
    penalty.add_gradient()
    np.testing.assert_allclose(gradient, 1 + 0.1 * W + 0.5 * np.sign(W))


@pytest.mark.parametrize(("name", "optimizer"), OPTIMIZERS.items())
def test_the_loss_has_an_l2_part_unless_the_optimizer_decays(name, optimizer):
    settings = Hyperparameters(weight_decay=0.1, optimizer=name)
    network = Network(2, 2, settings, loss="cross_entropy", rng=np.random.default_rng(0))
    network.penalty.add_gradient()
    assert (network.penalty.value() > 0) == network.gradient.any() == (not optimizer.decays_weights)


def test_without_regularisation_nothing_is_added():
    gradient = np.ones(5)
    penalty = Penalty(W, gradient, weight_decay=0.0, l1=0.0)
    penalty.add_gradient()
    assert penalty.value() == 0.0
    np.testing.assert_array_equal(gradient, 1)
