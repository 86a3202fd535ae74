"""Model of a table: columns, preparation, scaling, estimator and labels, saved in one file."""

# ruff: noqa: N803 -- scikit-learn calls the inputs X.

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.data import labels
from hpsearch.data.columns import Columns, Raw
from hpsearch.data.preparation import Preparation
from hpsearch.data.reading.frames import inputs_of
from hpsearch.data.scaling import rescale
from hpsearch.errors import DataError, UsageError
from hpsearch.estimators.saved import differing_versions, restored, saved_state
from hpsearch.estimators.saving import UNREADABLE, WITH_PREPARATION, check_class, damaged, read, write
from hpsearch.text import plain, shorten
from hpsearch.version import __version__

MOST_NUMBERS = 1 << 25
"""Maximum number of values of the matrix that is predicted at once, 128 MB; all rows at once if it is smaller."""

_NAME = "TabularModel"
_LONGEST = 50  # characters of a version
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
    class_values
        Value of each class, by number, with the type of the target; None if these are the names, as in files of
        earlier versions.
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
    class_values: NDArray[Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        width = len(self._prepares.feature_names)
        for name, array in (("shift", self.shift), ("factor", self.factor)):
            if array.dtype != np.float64 or array.shape != (width,) or not np.isfinite(array).all():
                raise DataError(f"{name} must be {width} finite numbers, one for each column of the matrix")
        inputs = getattr(self.estimator, "n_features_in_", width)  # a class of one's own may not say
        if inputs != width:
            raise DataError(f"the estimator has {inputs} inputs, and the table makes {width}")
        if not np.isfinite([self.y_shift, self.y_scale]).all():
            raise DataError(f"y_shift and y_scale must be finite, got {self.y_shift} and {self.y_scale}")
        if self.class_names and not set(self._class_numbers) <= set(range(len(self.class_names))):
            raise DataError(f"there must be a name for each class, got {len(self.class_names)}")
        if self.class_values is not None and (problem := labels.problem_of(self.class_values, len(self.class_names))):
            raise DataError(problem)

    @property
    def _prepares(self) -> Preparation:
        return self.preparation or Preparation.plain(self.columns)

    @property
    def classes_(self) -> NDArray[Any]:
        """Values of the classes, in the order of the probabilities."""
        return self._values[self._class_numbers]

    @property
    def _values(self) -> NDArray[Any]:
        return np.array(self.class_names) if self.class_values is None else self.class_values

    @property
    def _class_numbers(self) -> list[int]:
        return [int(number) for number in getattr(self.estimator, "classes_", range(len(self.class_names)))]

    def predict(self, X: ArrayLike | pd.DataFrame, **options: Any) -> NDArray[Any]:
        """Return the most probable class of each row, or a number in the target's units, shape (rows,).

        Classes have the type that they had in the target: whole numbers, decimals, truths or text.

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
        return np.concatenate([self._labels(x, self._values) for x in self._pieces(X, **options)])

    def _labels(self, x: NDArray[np.float32], classes: NDArray[Any]) -> NDArray[Any]:
        predictions = self._asked(self.estimator.predict, x)
        if self.class_names:
            labels: NDArray[Any] = classes[predictions.astype(np.intp)]
            return labels
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
        if not self.gives_probabilities:
            kind = type(self.estimator).__name__
            raise UsageError(f"{kind} gives no probabilities with these settings: use predict")
        return np.concatenate([self._probabilities(x) for x in self._pieces(X, **options)])

    def _probabilities(self, x: NDArray[np.float32]) -> NDArray[Any]:
        return self._asked(self.estimator.predict_proba, x)

    @property
    def gives_probabilities(self) -> bool:
        """Whether `predict_proba` works: for classes, if the estimator gives probabilities."""
        return bool(self.class_names) and hasattr(self.estimator, "predict_proba")

    def predictions(self, X: ArrayLike | pd.DataFrame, **options: Any) -> pd.DataFrame:
        """Return ``prediction`` and, if there are any, ``probability_<class>``, a row for each row; as `predict`."""
        return pd.concat(self.predictions_in_pieces(X, **options), ignore_index=True)

    def predictions_in_pieces(
        self, X: ArrayLike | pd.DataFrame, *, as_names: bool = False, **options: Any
    ) -> Iterator[pd.DataFrame]:
        """Yield `predictions` of as many rows at once as bounded memory holds; all rows are checked before.

        `as_names` gives the names of the classes, which are text, instead of their values.
        """
        names = np.array(self.class_names)
        for x in self._pieces(X, **options):
            columns = {"prediction": self._labels(x, names if as_names else self._values)}
            if self.gives_probabilities:
                probabilities = self._probabilities(x)
                named = enumerate(names[self._class_numbers])
                columns |= {f"probability_{name}": probabilities[:, place] for place, name in named}
            yield pd.DataFrame(columns)

    def _asked(self, method: Callable[[NDArray[Any]], NDArray[Any]], x: NDArray[np.float32]) -> NDArray[Any]:
        """Call a method of the estimator; what an estimator of a library can't do with the rows is one line."""
        try:
            with ONE_BLAS_THREAD.hold(), np.errstate(all="ignore"):
                results = method(x)
        except (ValueError, IndexError, TypeError, MemoryError) as error:
            raise DataError(f"{type(self.estimator).__name__} can't predict these rows: {error}") from error
        if not np.isfinite(results).all():
            raise DataError(f"{type(self.estimator).__name__} predicts what is no finite number")
        return results

    def _pieces(
        self, rows: ArrayLike | pd.DataFrame, source: str = "the table", **options: bool
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the scaled matrix of the rows, in pieces of at most `MOST_NUMBERS`."""
        raw = self._raw(rows, source, **options).x
        step = max(1, MOST_NUMBERS // (len(self._prepares.feature_names) + len(self.class_names)))
        for start in range(0, len(raw), step):
            x = self._prepares.apply(raw[start : start + step])
            rescale(x, self.shift, self.factor)
            wrong = ~np.isfinite(x).all(axis=1)
            if wrong.any():
                row = start + int(wrong.argmax()) + 1
                raise DataError(f"{source}: row {row} is too large for float32 after scaling")
            yield x

    def notes(self, X: ArrayLike | pd.DataFrame, **options: Any) -> tuple[str, ...]:
        """Return a sentence for each column of `X` with categories that training did not have; as `predict`."""
        return self._raw(X, **options).notes

    def _raw(self, rows: ArrayLike | pd.DataFrame, source: str = "the table", **options: bool) -> Raw:
        frame = rows if isinstance(rows, pd.DataFrame) else self._frame(rows, source)
        if not len(frame):
            raise DataError(f"{source}: there must be at least one row, got none")
        return self.columns.encode(frame, source, fills=self._prepares.fills, **options)

    def _frame(self, rows: ArrayLike, source: str) -> pd.DataFrame:
        frame, is_named = inputs_of(rows, source)
        names = [column.name for column in self.columns.inputs]
        if not is_named and frame.shape[1] != len(names):
            raise DataError(f"X must have the shape (rows, {len(names)}), got {frame.shape}")
        return frame if is_named else frame.set_axis(names, axis=1)

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
        state, arrays = saved_state(self.estimator)
        description = {
            "estimator": _NAME,
            "version": __version__,
            "state": state,
            "columns": self.columns.table(),
            "class_names": list(self.class_names),
            **labels.written(self.class_values),
            "target": [self.y_shift, self.y_scale],
            "about": dict(self.about),
        }
        own = {_SHIFT: self.shift, _FACTOR: self.factor, **self._prepares.arrays()}
        write(path, description, {**own, **arrays}, WITH_PREPARATION)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load a model written by `save`; a file that was changed loads safely or is refused.

        Warns
        -----
        UserWarning
            If it was saved with another version of hpsearch or of the estimator's library.

        Raises
        ------
        DataError
            If the file can't be read, is damaged, or is no saved model.
        """
        description, arrays = read(path)
        check_class(path, description, _NAME)
        try:
            shift, factor = arrays.pop(_SHIFT), arrays.pop(_FACTOR)
            columns, names = Columns.of_table(description["columns"]), tuple(description["class_names"])
            prepared = {name: arrays.pop(name) for name in [*arrays] if Preparation.owns(name)}
            older = description["format"] < WITH_PREPARATION
            preparation = Preparation.plain(columns) if older else Preparation.of_arrays(columns, prepared)
            estimator = restored(description["state"], arrays, len(preparation.feature_names))
            if not all(isinstance(name, str) for name in names) or bool(names) != hasattr(estimator, "classes_"):
                raise DataError("class_names must be texts for a classifier, and empty for a regressor")
            y_shift, y_scale = map(float, description["target"])
            _warn_of_versions(path, description)
            return cls(
                estimator,
                columns,
                shift,
                factor,
                names,
                y_shift,
                y_scale,
                dict(description["about"]),
                preparation,
                labels.restored(description.get("class_values")),
            )
        except UNREADABLE as error:
            raise damaged(path, error) from error


def _warn_of_versions(path: str | os.PathLike[str], description: Mapping[str, Any]) -> None:
    """Warn in one line of each version that differs from the installed one."""
    others = differing_versions(description["state"])
    if (saved := description["version"]) != __version__:
        others.insert(0, f"hpsearch {shorten(plain(str(saved)), _LONGEST)}, and {__version__} is installed")
    if others:
        warnings.warn(f"{path}: was saved with {'; '.join(others)}: predictions may differ", stacklevel=3)
