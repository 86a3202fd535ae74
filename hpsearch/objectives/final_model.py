"""Model for use: an estimator fitted to all rows that are not test rows, with preparation, scaling and labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.data import SCALINGS, Dataset, rows_without_test
from hpsearch.data.preparation import Preparation
from hpsearch.data.preparation_settings import PreparationSettings
from hpsearch.data.scaling import rescale
from hpsearch.data.split import drawing
from hpsearch.errors import DataError
from hpsearch.seeding import integer

if TYPE_CHECKING:
    from hpsearch.estimators.tabular import TabularModel


_HELD_OUT = 4  # separates this draw from those of `split`

HoldOut = Callable[[float], NDArray[np.bool_]]
"""Returns which rows stop a training early, of shape (rows,), about as many as a share of the rows."""


def final_seed(seed: int, repeat: int) -> int:
    """Return the `random_state` of a model for use, which the study's seed and the repeat determine."""
    return integer(seed, repeat, "final model")


def final_model(
    dataset: Dataset,
    make: Callable[[str], Any],
    fit: Callable[[Any, NDArray[Any], NDArray[Any], NDArray[Any] | None, HoldOut | None], None],
    *,
    test: float | int,
    preparation: PreparationSettings,
    seed: int,
    repeat: int,
    all_rows: bool,
) -> TabularModel:
    """Return a model fitted to the train and validation rows of all repeats, or to `all_rows`, the test rows too.

    Parameters
    ----------
    make
        Makes an estimator that is not fitted, for the data's task; it need not scale targets.
    fit
        Fits it to inputs and targets, with weights or None, and what draws rows for early stopping or None.
    test, seed, repeat
        As for `split`; `seed` and `repeat` also give the estimator's `random_state`, see `final_seed`.
    preparation
        How the inputs are prepared.

    Raises
    ------
    DataError
        If a column is too large for float32 after scaling.
    DivergenceError
        If the training diverges.
    """
    from hpsearch.estimators.tabular import TabularModel

    x, y, weights = _rows(dataset, test, seed, all_rows=all_rows)
    hold_out = _hold_out(dataset, test, seed, repeat, all_rows=all_rows)
    fitted = Preparation.fit(dataset.columns, x, preparation.imputation, max_categories=preparation.max_categories)
    x, scaling = fitted.apply(x), preparation.scaling
    shift, factor = SCALINGS[scaling](x)
    rescale(x, shift, factor)
    if not np.isfinite(x).all():
        raise DataError(f"{dataset.name}: scaling {scaling!r} makes a column too large for float32")
    y_shift, y_scale = 0.0, 1.0
    if not dataset.class_names:
        targets = y[:, np.newaxis]
        shifts, factors = SCALINGS[scaling](targets)
        rescale(targets, shifts, factors)
        y_shift, y_scale = float(shifts[0]), float(1 / factors[0])
    estimator = make(dataset.task)
    if "random_state" in estimator.get_params(deep=False):
        estimator.set_params(random_state=final_seed(seed, repeat))
    with ONE_BLAS_THREAD.hold():
        fit(estimator, x, y, weights, hold_out)
    return TabularModel(
        estimator,
        dataset.columns,
        shift,
        factor,
        dataset.class_names,
        y_shift,
        y_scale,
        about={"data": dataset.name, "rows": len(x), "all_rows": all_rows},
        preparation=fitted,
        class_values=dataset.class_values,
    )


def _rows(
    dataset: Dataset, test: float | int, seed: int, *, all_rows: bool
) -> tuple[NDArray[np.float32], NDArray[Any], NDArray[np.float64] | None]:
    """Return a copy of the rows, which may be scaled in place, with their weights, if they have any."""
    if not all_rows:
        rows = rows_without_test(dataset, test=test, seed=seed)
        weights = None if dataset.weights is None else dataset.weights[rows]
        return np.ascontiguousarray(dataset.x[rows]), dataset.y[rows], weights
    parts = [(dataset.x, dataset.y), *([] if dataset.test is None else [dataset.test])]
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts]), dataset.weights


def _hold_out(dataset: Dataset, test: float | int, seed: int, repeat: int, *, all_rows: bool) -> HoldOut | None:
    """Return what draws whole groups, or the latest rows; None for rows that are independent of each other."""
    if dataset.groups is None and dataset.order is None:
        return None
    rows = np.arange(len(dataset.x)) if all_rows else rows_without_test(dataset, test=test, seed=seed)

    def hold_out(share: float) -> NDArray[np.bool_]:
        entropy = (seed, _HELD_OUT, repeat)
        _, drawn = drawing(dataset).part(
            rows, dataset.y, "rows held out for early stopping", round(share * len(rows)), entropy
        )
        return np.isin(rows, drawn)

    return hold_out
