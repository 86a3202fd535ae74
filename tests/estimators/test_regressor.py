import warnings

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hpsearch.errors import DataError
from hpsearch.estimators import MLPRegressor
from tests.estimators.tables import inputs, numbers, problem


def new(**given):
    return MLPRegressor(**({"epochs": 60, "learning_rate": 0.01, "random_state": 0} | given))


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
def test_the_defaults_serve_in_any_unit(unit):
    x, y = load_diabetes(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), MLPRegressor(random_state=0))
    scores = cross_val_score(pipeline, x, y * unit, cv=KFold(2, shuffle=True, random_state=0))
    assert scores.mean() > 0.35  # a linear model reaches about 0.48, the mean of the targets 0


def test_targets_are_standardised_and_predictions_are_in_their_units():
    x, y = problem("regressor")
    estimator = new().fit(x, y)
    assert (estimator.target_mean_, estimator.target_scale_) == (pytest.approx([y.mean()]), pytest.approx([y.std()]))
    error = np.abs(estimator.predict(x) - y).mean()
    assert error < 0.2 * y.std()
    shifted = new().fit(x, y * 1e6 - 1e9)
    np.testing.assert_allclose(shifted.predict(x), estimator.predict(x) * 1e6 - 1e9, rtol=1e-2)


def test_several_outputs_are_each_learned():
    x = inputs(300)
    y = np.column_stack([numbers(x), x[:, 2] / 1000, np.full(300, 5.0)])
    estimator = new().fit(x, y)
    predicted = estimator.predict(x)
    assert predicted.shape == (300, 3)
    assert min(r2_score(y[:, :2], predicted[:, :2], multioutput="raw_values")) > 0.9
    np.testing.assert_allclose(predicted[:, 2], 5.0, atol=0.5)


def test_predictions_have_the_shape_of_the_targets():
    x, y = problem("regressor")
    flat, column = new(epochs=2).fit(x, y), new(epochs=2).fit(x, y[:, np.newaxis])
    assert (flat.predict(x).shape, column.predict(x).shape) == ((120,), (120, 1))
    np.testing.assert_array_equal(flat.predict(x), column.predict(x).ravel())


def test_scores_while_training_are_those_of_the_predictions():
    x, y = problem("regressor")
    estimator = new(train_metrics="exact").fit(x, y)
    # The loss is half the mean squared error in standard deviations.
    assert 1 - 2 * estimator.loss_curve_[-1] == pytest.approx(estimator.score(x, y), abs=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.1, -7e8])
def test_constant_targets_are_predicted(value):
    x, _ = problem("regressor")
    predicted = new(epochs=100).fit(x, np.full(len(x), value)).predict(x)
    np.testing.assert_allclose(predicted, value, atol=0.3, rtol=1e-6)


def test_the_first_partial_fit_says_how_targets_are_standardised():
    x, y = problem("regressor")
    estimator = new().partial_fit(x[:50], y[:50])
    estimator.partial_fit(x[50:], y[50:])
    assert estimator.target_mean_ == pytest.approx([y[:50].mean()])


def test_the_number_of_outputs_can_not_change():
    x, y = problem("regressor")
    estimator = new(epochs=1).fit(x, y)
    with pytest.raises(DataError, match=r"y must have 1 column\(s\) as in the first call, got 2"):
        estimator.partial_fit(x, np.column_stack([y, y]))


BAD_TARGETS = {
    "NaN": (np.array([np.nan, 1.0] * 60), "NaN"),
    "infinite": (np.array([np.inf, 1.0] * 60), "infinity"),
    "too large": (np.array([-1e300, 1e300] * 60), "standard deviation that fits float64"),
    "text": (np.array(["a", "b"] * 60), "y must hold numbers, got <U1"),
    "dates": (np.array(["2020-01-01", "2021-01-01"] * 60, "M8[D]"), "y must hold numbers, got datetime64"),
    "missing": (np.array([1.0, None] * 60, object), r"y must hold finite numbers, got nan in row 1 \(from 0\)"),
    "too few": (np.zeros(119), r"inconsistent numbers of samples: \[120, 119\]"),
}


@pytest.mark.parametrize("bad", BAD_TARGETS)
def test_what_are_no_targets_is_refused(bad):
    y, says = BAD_TARGETS[bad]
    with pytest.raises(ValueError, match=says):
        new().fit(problem("regressor")[0], y)


def test_a_constant_first_batch_does_not_set_a_scale_of_rounding():
    x, _ = problem("regressor")
    estimator = new().partial_fit(x[:3], np.full(3, 0.1))
    assert estimator.target_scale_.tolist() == [1.0]


def test_predictions_beyond_float64_come_without_a_warning():
    x, y = problem("regressor")
    estimator = new(dtype="float64", epochs=1).fit(x, y * 1e100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.predict(x * 1e300)
