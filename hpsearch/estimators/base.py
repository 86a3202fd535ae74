"""Base class of the estimators: training, saving and loading."""

# ruff: noqa: N803 -- scikit-learn calls the inputs X.

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_is_fitted, validate_data

from hpsearch.errors import DataError, DivergenceError, UsageError
from hpsearch.estimators.arguments import Arguments
from hpsearch.estimators.model import Model, Rows
from hpsearch.estimators.randomness import generator_from
from hpsearch.estimators.saving import UNREADABLE, check_class, damaged, read, write
from hpsearch.nn import Hyperparameters, Network
from hpsearch.nn.arrays import as_sample_weight


class MLPEstimator(Arguments, ABC):
    """Multilayer perceptron with scikit-learn's conventions; subclasses define the targets."""

    _LOSS: ClassVar[str]
    """Key of `hpsearch.nn.LOSSES`."""
    _NAME: ClassVar[str]
    """Name of the class in saved files, also for subclasses."""
    _TARGETS: ClassVar[Mapping[str, bool]] = {}
    """Arguments of `validate_data` about targets."""

    @abstractmethod
    def _learn_targets(self, examples: NDArray[Any]) -> int:
        """Fit the encoding of targets to `examples`, and return the number of outputs of the network."""

    @abstractmethod
    def _encode(self, y: NDArray[Any], *, learned: bool = False) -> NDArray[Any]:
        """Return the targets as encoded for the network; `learned`: `_learn_targets` has just checked them."""

    @abstractmethod
    def _describe_targets(self) -> dict[str, Any]:
        """Return the encoding of targets, in JSON types."""

    @abstractmethod
    def _restore_targets(self, description: Mapping[str, Any]) -> None:
        """Restore the encoding of targets from a result of `_describe_targets`."""

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train a new network.

        Parameters
        ----------
        X
            Inputs (rows, columns): finite numbers, preferably of similar scale in all columns. `fit` does not scale
            them; use a StandardScaler in a Pipeline.
        y
            Labels or targets.

        Raises
        ------
        UsageError
            If an argument of the constructor is invalid.
        ValueError
            If `X` or `y` is invalid: wrong shape, not numeric, NaN, infinite, no rows.
        DataError
            If there are too few rows to hold some out for early stopping.
        DivergenceError
            If the loss is no longer finite; the estimator is then not fitted.
        """
        return self._fit(X, y, None)

    def fit_weighted(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike) -> Self:
        """Train a new network on rows with weights: `fit` with the weighted loss, and weighted scores.

        `fit` has no argument for them: batches of repeated rows differ from batches of rows with weights, which
        scikit-learn's checks expect to be the same. Targets are standardised without weights.

        Parameters
        ----------
        sample_weight
            Weight of each row (rows,): finite, at least 0, some above.

        Raises
        ------
        DataError
            If a weight is invalid. The other errors are those of `fit`.
        """
        return self._fit(X, y, np.asarray(sample_weight))

    def fit_parts(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None, held_out: NDArray[np.bool_]
    ) -> Self:
        """Train a new network with early stopping by the rows that are `held_out`, such as whole groups of rows.

        Parameters
        ----------
        sample_weight
            As for `fit_weighted`; None without.
        held_out
            Whether early stopping judges by a row, rather than training on it (rows,).
        """
        return self._fit(X, y, None if sample_weight is None else np.asarray(sample_weight), held_out)

    def _fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: NDArray[Any] | None,
        held_out: NDArray[np.bool_] | None = None,
    ) -> Self:
        settings, rng = self._settings(), generator_from(self.random_state)
        self._discard_model()
        inputs, y = self._validate_rows(X, y, settings, reset=True)
        if sample_weight is not None:
            sample_weight = as_sample_weight(sample_weight, len(inputs), np.dtype(np.float64))
        model = self._new_model(inputs, y, settings, rng)
        rows: Rows = inputs, self._encode(y, learned=True), sample_weight
        validation = None
        if settings.early_stopping:
            del inputs  # so the two parts are the only copy
            rows, validation = self._split(rows, rng) if held_out is None else _parted(rows, held_out)
        model.train(rows, validation)
        return self._store(model)

    def _partial_fit(self, X: ArrayLike, y: ArrayLike, examples: NDArray[Any] | None = None) -> Self:
        settings, model = self._settings(), self.__dict__.get("_model")
        if model is not None:
            _check_unchanged(settings, model.network.hyperparameters)
        inputs, y = self._validate_rows(X, y, settings, reset=model is None)
        if model is None:
            model = self._new_model(
                inputs, y if examples is None else examples, settings, generator_from(self.random_state)
            )
        targets = self._encode(y)
        try:
            model.train_epoch((inputs, targets, None))
        except DivergenceError:
            self._discard_model()
            raise
        return self._store(model)

    def _validate_rows(
        self, X: ArrayLike, y: ArrayLike, settings: Hyperparameters, *, reset: bool
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        with np.errstate(all="ignore"):  # float64 values that overflow float32 are reported as infinite
            inputs, targets = validate_data(self, X, y, dtype=settings.dtype, order="C", reset=reset, **self._TARGETS)
        return inputs, targets

    def _new_model(
        self, inputs: NDArray[Any], examples: NDArray[Any], settings: Hyperparameters, rng: np.random.Generator
    ) -> Model:
        n_outputs = self._learn_targets(examples)
        return Model(Network(inputs.shape[1], n_outputs, settings, loss=self._LOSS, rng=rng))

    def _split(self, rows: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
        """Split the rows into training and validation rows."""
        x, targets, weights = rows
        try:
            parts = train_test_split(
                x,
                targets,
                *([] if weights is None else [weights]),
                test_size=float(self.validation_fraction),
                random_state=int(rng.integers(2**32)),
                stratify=targets if is_classifier(self) else None,
            )
            if len(parts[1]) < 2 and not is_classifier(self):
                raise ValueError(f"n_samples={len(x)} makes 1 validation row, which has no R²")
        except ValueError as error:
            raise DataError(
                f"early_stopping can't set validation_fraction={self.validation_fraction} of the rows aside: {error}"
            ) from error
        parts += [None, None] if weights is None else []
        return (parts[0], parts[2], parts[4]), (parts[1], parts[3], parts[5])

    def _store(self, model: Model) -> Self:
        """Store the trained model and set the fitted attributes."""
        self._model = model
        scores = [epoch.validation_score for epoch in model.history if epoch.validation_score is not None]
        self.loss_curve_ = [epoch.train_loss for epoch in model.history]
        self.validation_scores_ = scores or None
        self.n_iter_ = model.history[-1].epoch
        self.best_epoch_ = model.best_epoch
        return self

    def _discard_model(self) -> None:
        self.__dict__.pop("_model", None)

    def __sklearn_is_fitted__(self) -> bool:
        return "_model" in self.__dict__

    def _outputs(self, X: ArrayLike) -> NDArray[Any]:
        """Return the network's predictions (rows, n_outputs)."""
        check_is_fitted(self)
        dtype = self._model.network.dtype
        with np.errstate(all="ignore"):
            inputs = validate_data(self, X, dtype=dtype, order="C", reset=False)
        return self._model.predict(inputs)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an npz file that `load` reads; nothing in it is pickled.

        The file contains the arguments, the learned parameters and the optimizer's state. `partial_fit` on the loaded
        estimator therefore gives the same results as on this one. A `random_state` that is a `RandomState` or
        `Generator` is saved as None: each `fit` of the loaded estimator then differs.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        UsageError
            If an argument or a label is not a number, text, boolean or None.
        DataError
            If the file can't be written.
        """
        write(path, *self.saved_state())

    def saved_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return what `save` writes: a description in JSON types, and arrays.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        """
        check_is_fitted(self)
        arguments = self.get_params(deep=False)
        if isinstance(self.random_state, np.random.RandomState | np.random.Generator):
            arguments["random_state"] = None
        description = {
            "estimator": self._NAME,
            "arguments": arguments,
            "feature_names": getattr(self, "feature_names_in_", None),
            "targets": self._describe_targets(),
            "model": self._model.description(),
        }
        return description, self._model.arrays()

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load an estimator written by `save`.

        Raises
        ------
        DataError
            If the file can't be read, is damaged, or is not a saved estimator of this class.
        """
        description, arrays = read(path)
        check_class(path, description, cls._NAME)
        try:
            return cls.from_saved_state(description, arrays)
        except UNREADABLE as error:
            raise damaged(path, error) from error

    @classmethod
    def from_saved_state(cls, description: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return the estimator with this state; raises one of `UNREADABLE` if it is none."""
        estimator = cls(**{name: _list_to_tuple(value) for name, value in description["arguments"].items()})
        model = Model.restore(description["model"], arrays)
        estimator.n_features_in_ = model.network.n_inputs
        if description["feature_names"] is not None:
            estimator.feature_names_in_ = np.array(description["feature_names"], dtype=object)
        estimator._restore_targets(description["targets"])
        return estimator._store(model)


def _parted(rows: Rows, held_out: NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """Return the rows that are not held out, and those that are."""
    x, targets, weights = rows
    kept, held = (
        (x[mask], targets[mask], None if weights is None else weights[mask]) for mask in (~held_out, held_out)
    )
    return kept, held


def _list_to_tuple(value: Any) -> Any:
    """Convert a list to a tuple, because JSON has no tuples."""
    return tuple(value) if isinstance(value, list) else value


def _check_unchanged(settings: Hyperparameters, previous: Hyperparameters) -> None:
    """Refuse changed arguments in `partial_fit`, except for `early_stopping`, which it ignores."""
    new, old = asdict(replace(settings, early_stopping=False)), asdict(replace(previous, early_stopping=False))
    changed = [f"{name} from {old[name]!r} to {new[name]!r}" for name in new if new[name] != old[name]]
    if changed:
        raise UsageError(
            f"partial_fit goes on with the arguments that training began with, got a change of {', '.join(changed)}:"
            " set them back, or call fit to begin anew"
        )
