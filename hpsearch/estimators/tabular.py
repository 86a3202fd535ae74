"""Model of a table: columns, preparation, scaling, estimator and labels, saved in one file."""

# ruff: noqa: N803 -- scikit-learn calls the inputs X.

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hpsearch.data.columns import Columns, Raw
from hpsearch.data.preparation import Preparation
from hpsearch.data.scaling import rescale
from hpsearch.data.table import table_of
from hpsearch.errors import DataError, UsageError, choose_from
from hpsearch.estimators.base import MLPEstimator
from hpsearch.estimators.classifier import MLPClassifier
from hpsearch.estimators.regressor import MLPRegressor
from hpsearch.estimators.saving import UNREADABLE, WITH_PREPARATION, check_class, damaged, read, write
from hpsearch.version import __version__

SAVED: Mapping[str, type[MLPEstimator]] = {"MLPClassifier": MLPClassifier, "MLPRegressor": MLPRegressor}
"""Estimators that a file can hold, by the name in it: they save themselves without pickle."""

_NAME = "TabularModel"
_SHIFT, _FACTOR = "scaling.shift", "scaling.factor"  # arrays of the file, beside the estimator's


@dataclass(frozen=True, eq=False)
class TabularModel:
    """Fitted estimator with the preparation and scaling of a table, and the names of the classes.

    In new rows, a missing number is filled as in training, and a category that training did not have is encoded as the
    `Preparation` says; `notes` names such categories. A file of an earlier version fills nothing: no value may be
    missing.

    Attributes
    ----------
    estimator
        Fitted to scaled inputs; classes are numbers from 0, targets are scaled.
    columns
        Input columns of the table.
    shift, factor
        Scaling of the inputs: (x − shift) · factor, one number for each column of the matrix.
    class_names
        Name of each class, by number; empty for regression.
    y_shift, y_scale
        Targets are ``scaled * y_scale + y_shift``; 0 and 1 for classes.
    about
        What it was made from, in JSON types.
    preparation
        Makes the matrix of the columns; None for `Preparation.plain`.
    """

    estimator: Any
    columns: Columns
    shift: NDArray[np.float64] = field(repr=False)
    factor: NDArray[np.float64] = field(repr=False)
    class_names: tuple[str, ...] = ()
    y_shift: float = 0.0
    y_scale: float = 1.0
    about: Mapping[str, Any] = field(default_factory=dict, repr=False)
    preparation: Preparation | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        width = len(self._prepares.feature_names)
        for name, array in (("shift", self.shift), ("factor", self.factor)):
            if array.dtype != np.float64 or array.shape != (width,) or not np.isfinite(array).all():
                raise DataError(f"{name} must be {width} finite numbers, one for each column of the matrix")
        if self.estimator.n_features_in_ != width:
            raise DataError(f"the estimator has {self.estimator.n_features_in_} inputs, and the table makes {width}")
        if not np.isfinite([self.y_shift, self.y_scale]).all():
            raise DataError(f"y_shift and y_scale must be finite, got {self.y_shift} and {self.y_scale}")
        if self.class_names and not set(self._class_numbers) <= set(range(len(self.class_names))):
            raise DataError(f"there must be a name for each class, got {len(self.class_names)}")

    @property
    def _prepares(self) -> Preparation:
        return self.preparation or Preparation.plain(self.columns)

    @property
    def classes_(self) -> NDArray[Any]:
        """Names of the classes, in the order of the probabilities."""
        return np.array([self.class_names[number] for number in self._class_numbers])

    @property
    def _class_numbers(self) -> list[int]:
        return [int(number) for number in self.estimator.classes_]

    def predict(self, X: ArrayLike | pd.DataFrame, **options: Any) -> NDArray[Any]:
        """Return the most probable class of each row, or a number in the target's units, shape (rows,).

        Parameters
        ----------
        X
            Data frame of pandas or polars with the columns of training, in any order; or an array (rows, columns) in
            their order.
        options
            `source`, `ignores_additional` and `ignores_unknown`: see `Columns.encode`.

        Raises
        ------
        DataError
            If columns are missing, additional, or hold what can't be used.
        """
        predictions = self.estimator.predict(self._inputs(X, **options))
        if self.class_names:
            names: NDArray[Any] = np.array(self.class_names)[predictions.astype(np.intp)]
            return names
        numbers: NDArray[Any] = predictions.astype(np.float64) * self.y_scale + self.y_shift
        return numbers

    def predict_proba(self, X: ArrayLike | pd.DataFrame, **options: Any) -> NDArray[Any]:
        """Return the probability of each class (rows, classes), in the order of `classes_`.

        Raises
        ------
        UsageError
            If the targets are numbers.
        DataError
            As for `predict`.
        """
        if not self.class_names:
            raise UsageError("probabilities are of classes, and this model predicts numbers")
        probabilities: NDArray[Any] = self.estimator.predict_proba(self._inputs(X, **options))
        return probabilities

    def predictions(self, X: ArrayLike | pd.DataFrame, **options: Any) -> pd.DataFrame:
        """Return ``prediction`` and, for classes, ``probability_<class>``, a row for each row of `X`; as `predict`."""
        if not self.class_names:
            return pd.DataFrame({"prediction": self.predict(X, **options)})
        probabilities, names = self.predict_proba(X, **options), self.classes_
        columns = {"prediction": names[probabilities.argmax(axis=1)]}
        columns |= {f"probability_{name}": probabilities[:, place] for place, name in enumerate(names)}
        return pd.DataFrame(columns)

    def _inputs(
        self, rows: ArrayLike | pd.DataFrame, source: str = "the table", **options: bool
    ) -> NDArray[np.float32]:
        x = self._prepares.apply(self._raw(rows, source, **options).x)
        rescale(x, self.shift, self.factor)
        wrong = ~np.isfinite(x).all(axis=1)
        if wrong.any():
            raise DataError(f"{source}: row {int(wrong.argmax()) + 1} is too large for float32 after scaling")
        return x

    def notes(self, X: ArrayLike | pd.DataFrame, **options: Any) -> tuple[str, ...]:
        """Return a sentence for each column of `X` with categories that training did not have; as `predict`."""
        return self._raw(X, **options).notes

    def _raw(self, rows: ArrayLike | pd.DataFrame, source: str = "the table", **options: bool) -> Raw:
        frame = rows if isinstance(rows, pd.DataFrame) else self._frame(rows, source)
        if not len(frame):
            raise DataError(f"{source}: there must be at least one row, got none")
        return self.columns.encode(frame, source, fills=self._prepares.fills, **options)

    def _frame(self, rows: ArrayLike, source: str) -> pd.DataFrame:
        if hasattr(rows, "columns"):  # a frame of polars
            return table_of(rows, name=source)[0].frame
        array, names = np.asarray(rows), [column.name for column in self.columns.inputs]
        if array.ndim != 2 or array.shape[1] != len(names):
            raise DataError(f"X must have the shape (rows, {len(names)}), got {array.shape}")
        return pd.DataFrame(array, columns=names)

    def _repr_html_(self) -> str:
        """Return what it predicts from which columns, as notebooks show it."""
        from hpsearch.estimators.model_card import model_card

        return model_card(self.estimator, self.columns, self.class_names, self.about)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file that `load` reads; nothing in it is pickled.

        Raises
        ------
        UsageError
            If its estimator can't be saved so.
        DataError
            If the file can't be written.
        """
        if not isinstance(self.estimator, MLPEstimator):
            kinds = " or ".join(SAVED)
            raise UsageError(f"a saved model must be an {kinds}, got {type(self.estimator).__name__}")
        state, arrays = self.estimator.saved_state()
        description = {
            "estimator": _NAME,
            "version": __version__,
            "state": state,
            "columns": self.columns.table(),
            "class_names": list(self.class_names),
            "target": [self.y_shift, self.y_scale],
            "about": dict(self.about),
        }
        own = {_SHIFT: self.shift, _FACTOR: self.factor, **self._prepares.arrays()}
        write(path, description, {**own, **arrays}, WITH_PREPARATION)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load a model written by `save`; a file that was changed loads safely or is refused.

        Raises
        ------
        DataError
            If the file can't be read, is damaged, or is no saved model.
        """
        description, arrays = read(path)
        check_class(path, description, _NAME)
        try:
            kind, state = description["state"]["estimator"], description["state"]
            if kind not in SAVED:
                raise DataError(choose_from("estimator", kind, SAVED))
            if "classes" in state["targets"] and len(set(state["targets"]["classes"])) != state["model"]["n_outputs"]:
                raise DataError("there must be an output for each class")
            names = tuple(description["class_names"])
            if not all(isinstance(name, str) for name in names) or bool(names) != (SAVED[kind] is MLPClassifier):
                raise DataError("class_names must be texts for a classifier, and empty for a regressor")
            shift, factor = arrays.pop(_SHIFT), arrays.pop(_FACTOR)
            y_shift, y_scale = map(float, description["target"])
            columns = Columns.of_table(description["columns"])
            prepared = {name: arrays.pop(name) for name in [*arrays] if Preparation.owns(name)}
            older = description["format"] < WITH_PREPARATION
            preparation = Preparation.plain(columns) if older else Preparation.of_arrays(columns, prepared)
            return cls(
                SAVED[kind].from_saved_state(state, arrays),
                columns,
                shift,
                factor,
                names,
                y_shift,
                y_scale,
                dict(description["about"]),
                preparation,
            )
        except UNREADABLE as error:
            raise damaged(path, error) from error
