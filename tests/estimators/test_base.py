"""Training: in one call, epoch by epoch, with early stopping, with errors."""

import tracemalloc

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from hpsearch.errors import DataError, DivergenceError, UsageError
from hpsearch.estimators.model import Model
from tests.estimators.tables import ESTIMATORS, RICH, one_epoch, outputs, problem

every_estimator = pytest.mark.parametrize("kind", ESTIMATORS)


def new(kind, **given):
    return ESTIMATORS[kind](**({"epochs": 5, "random_state": 0} | given))


@pytest.mark.parametrize("random_state", [0, np.int64(0)])
@every_estimator
def test_the_same_random_state_gives_the_same_bits(kind, random_state):
    x, y = problem(kind)
    first = new(kind, **RICH).fit(x, y)
    again = new(kind, **RICH, random_state=random_state).fit(x, y).fit(x, y)
    np.testing.assert_array_equal(outputs(kind, first, x), outputs(kind, again, x))
    other = new(kind, **RICH, random_state=1).fit(x, y)
    assert (outputs(kind, other, x) != outputs(kind, first, x)).any()


@every_estimator
def test_epoch_by_epoch_equals_in_one_go(kind):
    x, y = problem(kind)
    at_once, by_epoch = new(kind, **RICH).fit(x, y), new(kind, **RICH)
    for _ in range(5):
        one_epoch(kind, by_epoch, x, y)
        by_epoch.predict(x)  # must have no effect
    assert by_epoch.loss_curve_ == at_once.loss_curve_
    assert by_epoch.n_iter_ == at_once.n_iter_ == 5
    np.testing.assert_array_equal(outputs(kind, by_epoch, x), outputs(kind, at_once, x))


@every_estimator
def test_partial_fit_goes_on_after_fit(kind):
    x, y = problem(kind)
    longer, shorter = new(kind, epochs=6).fit(x, y), new(kind, epochs=5).fit(x, y)
    one_epoch(kind, shorter.set_params(), x, y)
    assert shorter.loss_curve_ == longer.loss_curve_


@every_estimator
def test_partial_fit_learns_from_rows_that_fit_never_saw(kind):
    (x, y), (more_x, more_y) = problem(kind, rows=20), problem(kind, rows=500, seed=1)
    estimator = new(kind, learning_rate=0.01).fit(x, y)
    before = estimator.score(more_x, more_y)
    for _ in range(15):
        one_epoch(kind, estimator, more_x, more_y)
    assert estimator.score(*problem(kind, rows=500, seed=2)) > max(before, 0.8)


@every_estimator
def test_a_change_of_arguments_in_between_is_refused(kind):
    x, y = problem(kind)
    estimator = one_epoch(kind, new(kind), x, y).set_params(learning_rate=0.5, batch_norm=True)
    with pytest.raises(UsageError, match=r"batch_norm from False to True, learning_rate from 0.001 to 0.5: .*fit"):
        one_epoch(kind, estimator, x, y)
    assert estimator.fit(x, y).n_iter_ == 5


@every_estimator
def test_the_columns_can_not_change(kind):
    x, y = problem(kind)
    estimator = one_epoch(kind, new(kind), x, y)
    with pytest.raises(ValueError, match="X has 3 features"):
        one_epoch(kind, estimator, x[:, :3], y)
    assert estimator.n_features_in_ == 4


@every_estimator
def test_fit_begins_anew(kind):
    x, y = problem(kind)
    estimator = new(kind).fit(x, y)
    first = outputs(kind, estimator, x)
    wider = np.hstack([x, x])
    assert estimator.fit(wider, y).n_features_in_ == 8
    np.testing.assert_array_equal(outputs(kind, estimator.fit(x, y), x), first)


# --- Early stopping ---------------------------------------------------------------------------------------------------


@every_estimator
def test_early_stopping_stops_and_keeps_the_best_epochs_weights(kind):
    x, y = problem(kind)
    given = {"early_stopping": True, "validation_fraction": 0.25, "learning_rate": 0.05, "patience": 4}
    stopped = new(kind, **given, epochs=500).fit(x, y)
    assert len(stopped.validation_scores_) == stopped.n_iter_ == stopped.best_epoch_ + 4 < 500
    assert stopped.validation_scores_[stopped.best_epoch_ - 1] == max(stopped.validation_scores_)
    # Training for `best_epoch_` epochs is the same training without the later epochs.
    until_best = new(kind, **given, epochs=stopped.best_epoch_).fit(x, y)
    np.testing.assert_array_equal(outputs(kind, stopped, x), outputs(kind, until_best, x))


@every_estimator
def test_without_early_stopping_there_are_no_validation_scores(kind):
    estimator = new(kind).fit(*problem(kind))
    assert estimator.validation_scores_ is estimator.best_epoch_ is None
    assert len(estimator.loss_curve_) == estimator.n_iter_ == 5


@every_estimator
def test_partial_fit_goes_on_from_the_best_weights(kind):
    x, y = problem(kind)
    estimator = new(kind, early_stopping=True, epochs=50, learning_rate=0.05).fit(x, y)
    scores, n_iter = estimator.validation_scores_, estimator.n_iter_
    one_epoch(kind, estimator, x, y)
    assert (estimator.n_iter_, estimator.best_epoch_, estimator.validation_scores_) == (n_iter + 1, None, scores)


# --- Errors and edge cases --------------------------------------------------------------------------------------------


@every_estimator
def test_divergence_is_an_error_with_advice_and_leaves_nothing_fitted(kind):
    x, y = problem(kind)
    estimator = new(kind).fit(x, y).set_params(optimizer="sgd", learning_rate=1e30)
    with pytest.raises(DivergenceError, match=r"epoch 1 .*: lower learning_rate, or scale the inputs"):
        estimator.fit(x, y)
    with pytest.raises(NotFittedError):
        estimator.predict(x)


@every_estimator
def test_divergence_in_partial_fit_too(kind):
    x, y = problem(kind)
    estimator = one_epoch(kind, new(kind, optimizer="sgd"), x, y)
    with pytest.raises(DivergenceError, match="lower learning_rate"):
        one_epoch(kind, estimator, x * 1e30, y)
    with pytest.raises(NotFittedError):
        estimator.predict(x)


BAD_INPUTS = {
    "NaN": (np.nan, "NaN"),
    "infinite": (np.inf, "infinity"),
    "too large for float32": (1e300, "infinity or a value too large"),
    "text": ("blue", "blue"),
}


@pytest.mark.parametrize("bad", BAD_INPUTS)
@every_estimator
def test_inputs_that_are_no_finite_numbers_are_refused(kind, bad):
    value, says = BAD_INPUTS[bad]
    x, y = problem(kind)
    estimator = new(kind).fit(x, y)
    x = x.astype(object)
    x[3, 2] = value
    for call in (estimator.predict, lambda x: one_epoch(kind, estimator, x, y), lambda x: new(kind).fit(x, y)):
        with pytest.raises(ValueError, match=says):
            call(x)


@every_estimator
def test_few_rows_are_a_sound_result(kind):
    for rows in (1, 2, 33):  # 33: the second batch has one row
        x, y = problem(kind, rows)
        for given in ({}, RICH):
            estimator = new(kind, **given).fit(x, y)
            assert np.isfinite(outputs(kind, estimator, problem(kind)[0])).all()


@pytest.mark.parametrize("rows", [1, 3, 5])
@every_estimator
def test_too_few_rows_to_set_some_aside_are_refused(kind, rows):
    x, y = problem(kind, rows)
    with pytest.raises(DataError, match=r"early_stopping can't set validation_fraction=0.1 of the rows aside: .*"):
        new(kind, early_stopping=True).fit(x, y)


@every_estimator
def test_constant_inputs_are_a_sound_result(kind):
    x, y = problem(kind)
    estimator = new(kind, batch_norm=True).fit(np.ones_like(x), y)
    assert np.isfinite(outputs(kind, estimator, x)).all()


# --- Memory -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("early_stopping", "at_peak"), [(False, 1.0), (True, 2.0)])
@every_estimator
def test_memory_one_copy_of_the_data(kind, early_stopping, at_peak, monkeypatch):
    # With held-out rows, the float32 copy is freed after both parts are copied from it.
    in_training = []

    def train(model, *rows):
        in_training.append(tracemalloc.get_traced_memory()[0])
        whole_training(model, *rows)

    whole_training = Model.train
    monkeypatch.setattr(Model, "train", train)
    rng = np.random.default_rng(0)
    x = rng.random((20_000, 200))
    y = np.tile(problem(kind, 100)[1], 200)
    tracemalloc.start()
    new(kind, epochs=1, early_stopping=early_stopping, hidden_layer_sizes=(4,), batch_size=100).fit(x, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    copy, rest = x.nbytes / 2, 4e6  # x is float64; 4 MB for 20,000 targets and orders, and the layers' buffers
    assert in_training[0] < copy + rest
    assert peak < at_peak * copy + rest


@every_estimator
def test_fit_may_count_steps(kind):
    estimator = ESTIMATORS[kind](steps=25, evaluate_every=10, random_state=0).fit(*problem(kind))
    assert estimator.n_iter_ == 25
    assert len(estimator.loss_curve_) == 4
    stopped = ESTIMATORS[kind](steps=5000, evaluate_every=10, early_stopping=True, patience=1, random_state=0)
    stopped.fit(*problem(kind))
    assert stopped.best_epoch_ == stopped.n_iter_ - 10 < 4990
