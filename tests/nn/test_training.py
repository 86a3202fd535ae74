import copy
import pickle
import tracemalloc

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits

from hpsearch.errors import DataError, DivergenceError, UsageError
from hpsearch.nn import ACTIVATIONS, LOSSES, OPTIMIZERS, SCHEDULES, Epoch, Hyperparameters, Network, Training
from tests.nn.gradients import problem

RICH = {"activation": "prelu", "batch_norm": True, "dropout": 0.2, "weight_decay": 1e-3, "schedule": "cosine"}


def digits():
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = (x[order] / 16).astype(np.float32), y[order]
    return (x[:600], y[:600]), (x[600:900], y[600:900])


def new_training(seed=0, rows=None, validation=None, loss="cross_entropy", **settings):
    chosen = Hyperparameters(**({"hidden_layer_sizes": (20,), "epochs": 5} | settings))
    x, y = rows or digits()[0]
    n_outputs = 1 if loss == "squared_error" and np.ndim(y) == 1 else np.shape(y)[-1] if np.ndim(y) == 2 else 10
    rng = np.random.default_rng(seed)
    network = Network(np.shape(x)[1], n_outputs, chosen, loss=loss, rng=rng)
    return Training(network, chosen, x, y, validation=validation, rng=rng)


# --- Learning --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns(optimizer):
    training = new_training(optimizer=optimizer, learning_rate=0.02, batch_size=8, epochs=10)
    losses = [epoch.train_loss for epoch in training]
    assert losses[-1] < 0.5 * losses[0]
    assert training.network.evaluate(*digits()[1])[1] > 0.8


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_schedule_learns(activation, schedule):
    training = new_training(activation=activation, schedule=schedule, learning_rate=0.01, warmup_epochs=1, epochs=6)
    assert list(training)[-1].train_score > 0.8


def test_regression_learns():
    x, y = load_diabetes(return_X_y=True)
    rows = (x * 20, (y - y.mean()) / y.std())
    *_, last = new_training(rows=rows, loss="squared_error", learning_rate=0.01, epochs=30)
    assert 0.5 < last.train_score < 1.0


# --- Reported metrics -------------------------------------------------------------------------------------------------


def test_history_is_what_was_yielded():
    training = new_training(validation=digits()[1], learning_rate=0.01, schedule="step", decay_epochs=2)
    epochs = list(training)
    assert training.history == epochs
    assert [epoch.epoch for epoch in epochs] == [1, 2, 3, 4, 5]
    assert [epoch.learning_rate for epoch in epochs] == pytest.approx([0.01, 0.01, 0.005, 0.005, 0.0025])
    assert training.best_epoch is None
    assert (epochs[-1].validation_loss, epochs[-1].validation_score) == training.network.evaluate(*digits()[1])


def test_exact_metrics_are_those_after_the_epoch():
    training = new_training(train_metrics="exact", dropout=0.3, weight_decay=0.01)
    epoch = training.run_epoch()
    assert (epoch.train_loss, epoch.train_score) == training.network.evaluate(*digits()[0])
    assert epoch.validation_loss is epoch.validation_score is None


def test_running_metrics_are_those_before_each_step():
    # One batch of all rows: the metrics are those of the initial network.
    training = new_training(batch_size=600, epochs=1)
    initial = training.network.evaluate(*digits()[0])
    epoch = training.run_epoch()
    assert (epoch.train_loss, epoch.train_score) == pytest.approx(initial, rel=1e-5)


def test_running_metrics_do_not_change_the_training():
    runs = [new_training(train_metrics=metrics, **RICH) for metrics in ("running", "exact")]
    for run in runs:
        list(run)
    np.testing.assert_array_equal(*(run.network.parameters for run in runs))


# --- Reproducibility --------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bits():
    one, other, third = (new_training(seed, validation=digits()[1], **RICH) for seed in (3, 3, 4))
    assert list(one) == list(other) != list(third)
    np.testing.assert_array_equal(one.network.parameters, other.network.parameters)


def test_numpys_global_generator_does_not_matter():
    np.random.seed(0)  # noqa: NPY002 -- must have no effect
    one = list(new_training(**RICH))
    np.random.seed(1)  # noqa: NPY002
    assert list(new_training(**RICH)) == one


def test_epoch_by_epoch_equals_in_one_go():
    one, other = new_training(**RICH), new_training(**RICH)
    list(one)
    for _ in range(5):
        other.run_epoch()
        other.network.predict(digits()[1][0])  # must have no effect
    assert one.history == other.history
    np.testing.assert_array_equal(one.network.parameters, other.network.parameters)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda training: pickle.loads(pickle.dumps(training))])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_copy_goes_on_as_the_original(optimizer, duplicate):
    training = new_training(optimizer=optimizer, **RICH)
    training.run_epoch()
    other = duplicate(training)
    with pytest.raises(UsageError, match="set_data"):
        other.run_epoch()
    other.set_data(*digits()[0])
    assert [other.run_epoch() for _ in range(3)] == [training.run_epoch() for _ in range(3)]
    np.testing.assert_array_equal(other.network.parameters, training.network.parameters)


def test_a_pickle_holds_no_rows():
    few, many = new_training(), new_training(rows=problem_of(3000))
    few.run_epoch()
    many.run_epoch()
    assert len(pickle.dumps(many)) < len(pickle.dumps(few)) + 1000


def problem_of(rows):
    rng = np.random.default_rng(0)
    return rng.standard_normal((rows, 64)).astype(np.float32), rng.integers(0, 10, rows)


def test_the_data_are_left_as_they_were():
    x, y = problem_of(50)
    before = x.copy(), y.copy()
    list(new_training(rows=(x, y), **RICH))
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(y, before[1])


# --- Early stopping ---------------------------------------------------------------------------------------------------


def overfitting(**settings):
    """Return noise, which cannot be learned: the validation loss soon rises."""
    rows, validation = problem_of(60), problem_of(200)
    validation = (validation[0] + 1, validation[1])
    given = {"early_stopping": True, "patience": 3, "epochs": 200, "learning_rate": 0.01} | settings
    return new_training(rows=rows, validation=validation, **given), validation


def test_stops_and_returns_to_the_best_weights():
    training, validation = overfitting(batch_norm=True)
    epochs = list(training)
    assert len(epochs) < 200
    best = epochs[training.best_epoch - 1]
    assert best.validation_score == max(epoch.validation_score for epoch in epochs)
    assert len(epochs) - training.best_epoch == 3
    assert training.network.evaluate(*validation) == (best.validation_loss, best.validation_score)
    assert epochs[-1].validation_loss != best.validation_loss


def test_a_consumer_that_breaks_gets_the_best_weights_too():
    training, validation = overfitting(patience=100)
    for epoch in training:
        if epoch.epoch == 40:
            break
    assert training.best_epoch < 40
    best = training.history[training.best_epoch - 1]
    assert training.network.evaluate(*validation) == (best.validation_loss, best.validation_score)


def test_early_stopping_needs_validation_data():
    with pytest.raises(UsageError, match="early_stopping needs validation data"):
        new_training(early_stopping=True)


# --- Errors and edge cases --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metrics", ["running", "exact"])
@pytest.mark.parametrize("loss", LOSSES)
def test_divergence_is_an_error_and_history_holds_what_came_before(loss, metrics):
    rows = problem(loss, rows=64)
    training = new_training(
        rows=rows, loss=loss, learning_rate=1e30, optimizer="sgd", epochs=50, train_metrics=metrics, batch_size=64
    )
    with pytest.raises(DivergenceError, match="stopped being finite in epoch") as error:
        list(training)
    assert f"epoch {len(training.history) + 1} " in str(error.value)
    assert all(np.isfinite([epoch.train_loss for epoch in training.history]))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
def test_any_learning_rate_ends_well_or_in_divergence(loss, optimizer):
    for learning_rate in (1e-30, 1e3, 1e38, 1e300):
        training = new_training(
            rows=problem(loss, rows=30), loss=loss, optimizer=optimizer, learning_rate=learning_rate, weight_decay=0.1
        )
        try:
            epochs = list(training)
        except DivergenceError:
            epochs = training.history
        assert all(np.isfinite([epoch.train_loss for epoch in epochs]))


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("batch_size", [1, 7, 13, 100])
@pytest.mark.parametrize("rows", [1, 2, 14])
@pytest.mark.parametrize("loss", LOSSES)
def test_few_rows_and_any_batch_size(loss, rows, batch_size, batch_norm):
    # 14 rows in batches of 13 leave one row for the last.
    training = new_training(
        rows=problem(loss, rows), loss=loss, batch_size=batch_size, batch_norm=batch_norm, dropout=0.2, epochs=3
    )
    for epoch in training:
        assert np.isfinite([epoch.train_loss, epoch.train_score]).all()
    assert np.isfinite(training.network.predict(problem(loss, 5)[0])).all()


def test_the_last_short_batch_is_trained_too():
    training = new_training(rows=problem("cross_entropy", rows=5), batch_size=3, epochs=2)
    list(training)
    assert training.optimizer.steps == 4


@pytest.mark.parametrize("loss", LOSSES)
def test_constant_inputs_and_one_class(loss):
    targets = {"Accuracy": np.zeros(20, int), "R2": np.full((20, 1), 3.0)}[LOSSES[loss].score.__name__]
    training = new_training(rows=(np.ones((20, 4)), targets), loss=loss, batch_norm=True, epochs=3)
    assert all(np.isfinite([epoch.train_loss, epoch.train_score]).all() for epoch in training)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (([[1.0, np.nan]], [0]), "x must hold finite numbers"),
        (([[1.0, 2.0]], [0, 1]), r"y must have the shape \(1,\)"),
        (([["a", "b"]], [0]), "x must hold numbers"),
        (([[1.0, 2.0]], [99]), "y must hold class numbers from 0 to 9"),
        ((np.empty((0, 2)), np.empty(0, int)), "x must have at least one row"),
    ],
)
def test_unusable_rows_are_refused(rows, says):
    with pytest.raises(DataError, match=says):
        new_training(rows=rows)
    x, y = rows
    good = np.ones((3, 2)), np.zeros(3, int)
    with pytest.raises(DataError, match=f"validation {says}"):
        new_training(rows=good, validation=(x, y))


def test_hyperparameters_that_contradict_the_networks_are_refused():
    training = new_training(weight_decay=0.1)
    other = Hyperparameters(weight_decay=0.2)
    with pytest.raises(UsageError, match="weight_decay of a training must be its network's"):
        Training(training.network, other, *digits()[0], rng=np.random.default_rng(0))


# --- Memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_memory_one_copy_of_the_data_and_three_of_the_parameters():
    rng = np.random.default_rng(0)
    x, y = rng.random((10_000, 256), np.float32), rng.integers(0, 10, 10_000)
    settings = Hyperparameters(
        hidden_layer_sizes=(512, 512), batch_size=100, epochs=2, early_stopping=True, weight_decay=0.1
    )
    tracemalloc.start()
    network = Network(256, 10, settings, loss="cross_entropy", rng=rng)
    list(Training(network, settings, x, y, validation=(x[:500], y[:500]), rng=rng))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Five vectors: parameters, gradient, best weights and Adam's two. The data are contiguous float32 and not copied;
    # the margin of one copy is for the layers' buffers.
    assert peak < 5 * network.parameters.nbytes + x.nbytes


def test_epoch_is_plain_data():
    assert Epoch(1, 0.1, 0.5, 0.9) == Epoch(epoch=1, learning_rate=0.1, train_loss=0.5, train_score=0.9)
