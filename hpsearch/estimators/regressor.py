"""Scikit-learn regressor of the network."""

# ruff: noqa: N803 -- scikit-learn calls the inputs X.

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin

from hpsearch.errors import DataError
from hpsearch.estimators.base import MLPEstimator


class MLPRegressor(RegressorMixin, MLPEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """Multilayer perceptron regressor with squared error, for one or several outputs.

    See `__init__` for the arguments. The same `random_state` gives bit-identical results on one machine: all arithmetic
    runs on one thread, because the number of threads affects rounding.

    The network learns standardised targets, (y - target_mean_) / target_scale_, as the default learning rate is too
    small for targets in the hundreds. Predictions and scores are in the units of `y`, losses in standard deviations.

    Attributes
    ----------
    target_mean_, target_scale_
        Mean and standard deviation of each output (outputs,), over all rows of `fit` or of the first `partial_fit`. The
        scale is 1 where the standard deviation is 0.
    loss_curve_
        Training loss of each epoch, half the mean squared error plus penalty; see the argument `train_metrics`.
    validation_scores_
        R² at each evaluation on the validation rows, or None without early stopping.
    n_iter_
        Number of epochs trained; with `steps`, number of steps.
    best_epoch_
        Epoch (from 1), or step, of the restored weights; None without early stopping.
    n_features_in_, feature_names_in_
        Number of columns of the inputs; their names, if all are text.

    Notes
    -----
    Unlike scikit-learn's `MLPRegressor`, this standardises targets, and trains all epochs unless `early_stopping` is
    set.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_diabetes(return_X_y=True)
    >>> make_pipeline(StandardScaler(), MLPRegressor(random_state=0)).fit(X, y).score(X, y) > 0.5
    True
    """

    _LOSS = "squared_error"
    _NAME = "MLPRegressor"
    _TARGETS = {"multi_output": True, "y_numeric": True}  # noqa: RUF012 -- the base class declares it a ClassVar

    def partial_fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train for one more epoch on these rows; epoch by epoch on the same rows equals `fit`.

        `partial_fit` ignores early stopping. After `fit` or `load`, training continues from there. The rows of the
        first call determine the standardisation of the targets, so they should be representative.

        Raises
        ------
        UsageError
            If arguments of the constructor were changed, except those without effect: `random_state`, `early_stopping`,
            `validation_fraction`.
        """
        return self._partial_fit(X, y)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return predicted targets (rows,) or (rows, outputs), as in the `y` of `fit`."""
        with np.errstate(over="ignore"):
            targets: NDArray[Any] = self._outputs(X) * self.target_scale_ + self.target_mean_
        return targets.ravel() if self._flat else targets

    def __sklearn_tags__(self) -> Any:
        """Return the tags, declaring support for several outputs."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _learn_targets(self, examples: NDArray[Any]) -> int:
        self._flat = examples.ndim == 1
        columns = _numbers(examples)
        with np.errstate(all="ignore"):
            self.target_mean_ = columns.mean(axis=0)
            scale = columns.std(axis=0)
        if not np.isfinite(scale).all():
            largest = columns.flat[np.abs(columns).argmax()]
            raise DataError(f"y must have a standard deviation that fits float64, got {largest:g}")
        # The deviation of equal numbers is rarely exactly 0, because their mean is rounded.
        varies = (columns.min(axis=0) < columns.max(axis=0)) & (scale > 0.0)
        self.target_scale_ = np.where(varies, scale, 1.0)
        return int(columns.shape[1])

    def _encode(self, y: NDArray[Any], *, learned: bool = False) -> NDArray[Any]:
        """Return the standardised targets (rows, outputs)."""
        columns = _numbers(y)
        if columns.shape[1] != len(self.target_mean_):
            raise DataError(
                f"y must have {len(self.target_mean_)} column(s) as in the first call, got {columns.shape[1]}"
            )
        standardised: NDArray[Any] = (columns - self.target_mean_) / self.target_scale_
        return standardised

    def _describe_targets(self) -> dict[str, Any]:
        return {"mean": self.target_mean_.tolist(), "scale": self.target_scale_.tolist(), "flat": self._flat}

    def _restore_targets(self, description: Mapping[str, Any]) -> None:
        self.target_mean_, self.target_scale_ = np.array(description["mean"]), np.array(description["scale"])
        self._flat = description["flat"]


class UnscaledMLPRegressor(MLPRegressor):
    """The same for targets that are scaled already: the network learns them as they are.

    It is saved and loaded as an `MLPRegressor`, which predicts the same.
    """

    def _learn_targets(self, examples: NDArray[Any]) -> int:
        outputs = super()._learn_targets(examples)
        self.target_mean_, self.target_scale_ = np.zeros(outputs), np.ones(outputs)
        return outputs


def _numbers(y: NDArray[Any]) -> NDArray[np.float64]:
    """Return `y` as finite numbers (rows, columns)."""
    if y.dtype.kind not in "biuf":
        raise DataError(f"y must hold numbers, got {y.dtype}")
    columns: NDArray[np.float64] = y.reshape(len(y), -1).astype(np.float64)
    invalid = ~np.isfinite(columns).all(axis=1)
    if invalid.any():
        row = int(invalid.argmax())
        raise DataError(f"y must hold finite numbers, got {y[row]} in row {row} (from 0)")
    return columns
