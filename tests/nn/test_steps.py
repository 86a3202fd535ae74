"""Budgets in steps."""

from dataclasses import replace

import numpy as np
import pytest

from hpsearch.errors import DivergenceError, UsageError
from hpsearch.nn import Hyperparameters, Network, Training
from hpsearch.nn.learning_rate import learning_rate_at
from tests.nn.gradients import problem

X, Y = problem("cross_entropy", rows=20)
VALIDATION = problem("cross_entropy", rows=9)


def new_training(**settings):
    defaults = {"hidden_layer_sizes": (6,), "batch_size": 8, "learning_rate": 0.05, "dtype": "float64"}
    chosen = Hyperparameters(**defaults | settings)
    rng = np.random.default_rng(0)
    network = Network(4, 3, chosen, loss="cross_entropy", rng=rng)
    return Training(network, chosen, X, Y, validation=VALIDATION, rng=rng)


def numbers(training):
    return [epoch.epoch for epoch in training]


@pytest.mark.parametrize(
    ("steps", "every", "evaluated"),
    [
        (7, 3, [0, 3, 6, 7]),
        (6, 3, [0, 3, 6]),
        (7, None, [0, 3, 6, 7]),  # 20 rows are 3 steps
        (2, 100, [0, 2]),
        (0, None, [0]),
    ],
)
def test_it_is_evaluated_at_the_start_every_so_many_steps_and_at_the_end(steps, every, evaluated):
    training = new_training(steps=steps, evaluate_every=every)
    assert numbers(training) == evaluated
    assert training.optimizer.steps == steps
    assert numbers(training) == []


@pytest.mark.parametrize(
    "changes", [{}, {"dropout": 0.3, "batch_norm": True, "weight_decay": 0.1, "schedule": "cosine"}]
)
def test_whole_epochs_are_the_same_in_steps(changes):
    epochs, steps = new_training(epochs=4, **changes), new_training(steps=12, **changes)
    initial, *later = steps
    assert [replace(epoch, epoch=3 * epoch.epoch) for epoch in epochs] == later
    assert initial.validation_loss > later[0].validation_loss
    np.testing.assert_array_equal(epochs.network.parameters, steps.network.parameters)


def test_when_it_is_evaluated_changes_no_bit_of_the_training():
    runs = [new_training(steps=11, evaluate_every=every, dropout=0.3, batch_norm=True) for every in (1, 4, None)]
    ends = [list(run)[-1].validation_loss for run in runs]
    assert ends == [ends[0]] * 3


@pytest.mark.parametrize("train_metrics", ["running", "exact"])
def test_the_first_evaluation_is_of_the_initial_network(train_metrics):
    training = new_training(steps=0, train_metrics=train_metrics, weight_decay=0.1)
    (initial,) = training
    assert (initial.train_loss, initial.train_score) == training.network.evaluate(X, Y)
    assert (initial.validation_loss, initial.validation_score) == training.network.evaluate(*VALIDATION)
    assert initial.learning_rate == 0.0


def test_running_metrics_average_the_batches_since_the_last_evaluation():
    training = new_training(steps=5, evaluate_every=3)
    training.batch_losses = []
    _, third, last = training
    assert len(training.batch_losses) == 5
    sizes = [8, 8, 4, 8, 8]
    assert third.train_loss == pytest.approx(np.average(training.batch_losses[:3], weights=sizes[:3]))
    assert last.train_loss == pytest.approx(np.average(training.batch_losses[3:], weights=sizes[3:]))


@pytest.mark.parametrize("train_metrics", ["running", "exact"])
def test_batch_losses_are_those_before_the_step_without_penalty(train_metrics):
    training = new_training(steps=1, batch_size=20, weight_decay=0.5, train_metrics=train_metrics)
    training.batch_losses = []
    initial, _ = training
    assert training.batch_losses == pytest.approx([initial.train_loss - initial.penalty])
    assert initial.penalty > 0


def test_batch_losses_change_no_bit():
    runs = [new_training(steps=9, train_metrics="exact", dropout=0.2) for _ in range(2)]
    runs[1].batch_losses = []
    assert list(runs[0]) == list(runs[1])


def test_the_penalty_is_the_difference_to_the_loss_of_the_rows():
    training = new_training(epochs=2, train_metrics="exact", weight_decay=0.3, l1=0.1)
    *_, last = training
    expected = training.network.penalty.value()
    assert last.penalty == expected
    assert last.train_loss - last.penalty == pytest.approx(training.network.evaluate_checked(X, Y)[0])


def test_replacement_changes_the_batches():
    assert list(new_training(steps=6)) != list(new_training(steps=6, replacement=True))
    assert list(new_training(epochs=2)) != list(new_training(epochs=2, replacement=True))


def test_a_cosine_schedule_lasts_all_steps():
    settings = Hyperparameters(schedule="cosine", steps=100, learning_rate=1.0)
    rates = [learning_rate_at(step, 8, settings) for step in (0, 50, 99)]
    assert rates == pytest.approx([1.0, 0.5, (1 + np.cos(0.99 * np.pi)) / 2])


def test_a_divergence_names_the_step():
    training = new_training(steps=40, evaluate_every=5, optimizer="sgd", learning_rate=1e200)
    with pytest.raises(DivergenceError, match=r"stopped being finite by step 5 \("):
        list(training)
    assert [epoch.epoch for epoch in training.history] == [0]


def test_early_stopping_counts_evaluations_and_restores_the_best():
    training = new_training(steps=5000, evaluate_every=50, early_stopping=True, patience=3)
    evaluated = numbers(training)
    assert evaluated[-1] == training.best_epoch + 150 < 5000
    assert training.final.epoch == training.best_epoch
    assert training.final.validation_score == training.network.evaluate(*VALIDATION)[1]


def test_the_initial_network_may_be_the_best():
    training = new_training(steps=50, optimizer="sgd", learning_rate=1e-300, early_stopping=True, patience=1)
    assert numbers(training) == [0, 3]
    assert training.best_epoch == training.final.epoch == 0


def test_stopping_by_loss_restores_the_lowest_loss_without_penalty():
    runs = {stop_by: new_training(epochs=300, early_stopping=True, stop_by=stop_by) for stop_by in ("score", "loss")}
    for run in runs.values():
        list(run)
    lowest = min(runs["loss"].history, key=lambda epoch: epoch.validation_loss - epoch.penalty)
    assert runs["loss"].final == lowest
    assert runs["score"].best_epoch != runs["loss"].best_epoch


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"steps": -1}, "steps must be a whole number >= 0, got -1"),
        ({"steps": 1.5}, "steps must be a whole number >= 0, got 1.5"),
        ({"steps": True}, "steps must be a whole number >= 0, got True"),
        ({"evaluate_every": 0}, "evaluate_every must be a whole number >= 1, got 0"),
        ({"replacement": "yes"}, "replacement must be true or false, got 'yes'"),
        ({"stop_by": "los"}, "unknown stop_by 'los' (did you mean 'loss'?)"),
    ],
)
def test_invalid_values_are_refused(settings, rule):
    with pytest.raises(UsageError) as error:
        Hyperparameters(**settings)
    assert rule in str(error.value)
