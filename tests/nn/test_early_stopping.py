"""Stopping epoch and restored weights on synthetic courses of scores."""

from math import inf

import numpy as np
import pytest

from hpsearch.nn.early_stopping import EarlyStopping


class Weights:
    """Minimal network: its state is one number."""

    def __init__(self):
        self.value = np.zeros(1)

    def copy_state(self, target):
        target["value"] = self.value.copy()
        return target

    def load_state(self, state):
        self.value = state["value"].copy()


def follow(scores, losses=None, patience=5, min_delta=0.0, stop_by="score"):
    """Run until it stops; return the last epoch, the best one, and the one of the restored weights."""
    stopping, weights = EarlyStopping(patience, min_delta, stop_by), Weights()
    number = 0
    for number, (score, loss) in enumerate(zip(scores, losses or [1.0] * len(scores), strict=True), start=1):
        weights.value = np.array([float(number)])
        stopping.observe(number, score, loss, weights)
        if stopping.should_stop:
            break
    stopping.restore(weights)
    return number, stopping.best_epoch, int(weights.value[0])


def test_stops_after_patience_epochs_without_improvement():
    assert follow([0.1, 0.5, 0.4, 0.3, 0.2, 0.9], patience=3) == (5, 2, 2)


def test_goes_on_as_long_as_it_improves():
    assert follow([0.1, 0.2, 0.1, 0.3, 0.2, 0.4], patience=2) == (6, 6, 6)


def test_less_than_min_delta_is_no_improvement():
    assert follow([0.10, 0.15, 0.20, 0.25], patience=2, min_delta=0.1) == (3, 1, 1)
    assert follow([0.10, 0.15, 0.25, 0.25], patience=2, min_delta=0.1) == (4, 3, 3)


def test_the_same_score_with_a_lower_loss_improves():
    assert follow([0.9, 0.9, 0.9], [3.0, 2.0, 1.0], patience=1) == (3, 3, 3)
    assert follow([0.9, 0.9, 0.9], [3.0, 3.0, 1.0], patience=1) == (2, 1, 1)
    assert follow([0.9, 0.9, 0.9], [3.0, 2.9, 1.0], patience=1, min_delta=0.5) == (2, 1, 1)


def test_a_higher_score_improves_whatever_the_loss():
    assert follow([0.1, 0.2, 0.2], [1.0, 9.0, 9.0], patience=5) == (3, 2, 2)


def test_a_score_of_minus_infinity_is_no_best():
    assert follow([-inf, -1e9, -2e9], patience=5) == (3, 2, 2)


@pytest.mark.parametrize("patience", [1, 4])
def test_without_any_epoch_nothing_is_restored(patience):
    assert follow([], patience=patience) == (0, None, 0)


def test_by_loss_only_the_loss_decides():
    assert follow([0.1, 0.2, 0.9], [3.0, 2.0, 2.5], patience=1, stop_by="loss") == (3, 2, 2)
    assert follow([0.9, 0.2, 0.1], [3.0, 2.9, 2.0], patience=1, min_delta=0.5, stop_by="loss") == (2, 1, 1)


def test_by_loss_the_penalty_does_not_count():
    stopping, weights = EarlyStopping(5, 0.0, "loss"), Weights()
    for number, (loss, penalty) in enumerate([(2.0, 0.5), (1.9, 0.1), (2.2, 0.9)], start=1):
        stopping.observe(number, 0.5, loss, weights, penalty)
    assert stopping.best_epoch == 3
