"""What both estimators share: training, saving and loading."""

# ruff: noqa: N803 -- X is what scikit-learn calls the inputs.

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
from hpsearch.estimators.saving import UNREADABLE, damaged, read, write
from hpsearch.nn import Hyperparameters, Network


class MLPEstimator(Arguments, ABC):
    """A multilayer perceptron with scikit-learn's conventions; a subclass says what its targets are."""

    _LOSS: ClassVar[str]
    """Key of `hpsearch.nn.LOSSES`."""
    _NAME: ClassVar[str]
    """What a saved file calls it, whatever a subclass is called."""
    _TARGETS: ClassVar[Mapping[str, bool]] = {}
    """What `validate_data` is to know about targets."""

    @abstractmethod
    def _learn_targets(self, examples: NDArray[Any]) -> int:
        """Learn what the targets are from `examples` of them, and how many outputs the network needs for them."""

    @abstractmethod
    def _encode(self, y: NDArray[Any]) -> NDArray[Any]:
        """Targets as the network wants them."""

    @abstractmethod
    def _describe_targets(self) -> dict[str, Any]:
        """What was learned about the targets, in types that JSON has."""

    @abstractmethod
    def _restore_targets(self, description: Mapping[str, Any]) -> None:
        """Learn again what `_describe_targets` told."""

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train a new network.

        Parameters
        ----------
        X
            Inputs (rows, columns): finite numbers, best of similar size in all columns. They are not scaled here; put
            a StandardScaler before this in a Pipeline.
        y
            Labels or targets.

        Raises
        ------
        UsageError
            If an argument of the constructor breaks its rule.
        ValueError
            If `X` or `y` can't be learned: wrong shapes, not numeric, NaN, infinite, no rows.
        DataError
            If the rows are too few to set some aside for early stopping.
        DivergenceError
            If the loss stops being finite; the estimator then isn't fitted.
        """
        settings, rng = self._settings(), generator_from(self.random_state)
        self._forget()
        inputs, y = self._checked(X, y, settings, reset=True)
        model = self._new_model(inputs, y, settings, rng)
        rows: Rows = inputs, self._encode(y)
        validation = None
        if settings.early_stopping:
            del inputs  # so that the two parts are the only copy
            rows, validation = self._split(rows, rng)
        model.train(rows, validation)
        return self._keep(model)

    def _partial_fit(self, X: ArrayLike, y: ArrayLike, examples: NDArray[Any] | None = None) -> Self:
        settings, model = self._settings(), self.__dict__.get("_model")
        if model is not None:
            _check_unchanged(settings, model.network.hyperparameters)
        inputs, y = self._checked(X, y, settings, reset=model is None)
        if model is None:
            model = self._new_model(
                inputs, y if examples is None else examples, settings, generator_from(self.random_state)
            )
        targets = self._encode(y)
        try:
            model.train_epoch((inputs, targets))
        except DivergenceError:
            self._forget()
            raise
        return self._keep(model)

    def _checked(self, X: ArrayLike, y: ArrayLike, settings: Hyperparameters, *, reset: bool) -> Rows:
        with np.errstate(all="ignore"):  # a float64 that is too large for float32 is told of as an infinite one is
            inputs, targets = validate_data(self, X, y, dtype=settings.dtype, order="C", reset=reset, **self._TARGETS)
        return inputs, targets

    def _new_model(
        self, inputs: NDArray[Any], examples: NDArray[Any], settings: Hyperparameters, rng: np.random.Generator
    ) -> Model:
        n_outputs = self._learn_targets(examples)
        return Model(Network(inputs.shape[1], n_outputs, settings, loss=self._LOSS, rng=rng))

    def _split(self, rows: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
        """Training and validation rows."""
        x, targets = rows
        try:
            x_train, x_validation, y_train, y_validation = train_test_split(
                x,
                targets,
                test_size=float(self.validation_fraction),
                random_state=int(rng.integers(2**32)),
                stratify=targets if is_classifier(self) else None,
            )
            if len(x_validation) < 2 and not is_classifier(self):
                raise ValueError(f"n_samples={len(x)} makes 1 validation row, which has no R²")
        except ValueError as error:
            raise DataError(
                f"early_stopping can't set validation_fraction={self.validation_fraction} of the rows aside: {error}"
            ) from error
        return (x_train, y_train), (x_validation, y_validation)

    def _keep(self, model: Model) -> Self:
        """Take over what was learned."""
        self._model = model
        scores = [epoch.validation_score for epoch in model.history if epoch.validation_score is not None]
        self.loss_curve_ = [epoch.train_loss for epoch in model.history]
        self.validation_scores_ = scores or None
        self.n_iter_ = len(model.history)
        self.best_epoch_ = model.best_epoch
        return self

    def _forget(self) -> None:
        self.__dict__.pop("_model", None)

    def __sklearn_is_fitted__(self) -> bool:
        return "_model" in self.__dict__

    def _outputs(self, X: ArrayLike) -> NDArray[Any]:
        """What the network predicts (rows, n_outputs)."""
        check_is_fitted(self)
        dtype = self._model.network.dtype
        with np.errstate(all="ignore"):
            inputs = validate_data(self, X, dtype=dtype, order="C", reset=False)
        return self._model.predict(inputs)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an npz file that `load` reads; nothing in it is pickled.

        It holds the arguments and all that was learned, with the optimizer's state, so that `partial_fit` on the
        estimator that is loaded does just what it would do here. A `random_state` that is no whole number is saved as
        None: a new `fit` of the estimator that is loaded is then another one each time.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If there is nothing to save yet.
        UsageError
            If an argument or a label is no number, text, truth value or None.
        DataError
            If the file can't be written.
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
        write(path, description, self._model.arrays())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The estimator that `save` wrote.

        Raises
        ------
        DataError
            If the file can't be read, is damaged, or holds something else.
        """
        description, arrays = read(path)
        held = description.get("estimator")
        if held is None:
            raise DataError(f"{path}: is no saved hpsearch estimator: it does not say of which class")
        if held != cls._NAME:
            raise DataError(
                f"{path}: holds an estimator of class {held}, load it with {held}.load, not {cls._NAME}.load"
            )
        try:
            arguments = description["arguments"]
            loaded = cls(**{name: _tuple_of_list(value) for name, value in arguments.items()})
            model = Model.restore(description["model"], arrays)
            loaded.n_features_in_ = model.network.n_inputs
            if description["feature_names"] is not None:
                loaded.feature_names_in_ = np.array(description["feature_names"], dtype=object)
            loaded._restore_targets(description["targets"])
        except UNREADABLE as error:
            raise damaged(path, error) from error
        return loaded._keep(model)


def _tuple_of_list(value: Any) -> Any:
    """JSON has no tuples."""
    return tuple(value) if isinstance(value, list) else value


def _check_unchanged(now: Hyperparameters, then: Hyperparameters) -> None:
    """`partial_fit` can't change a network in training; that early stopping ends is no change."""
    new, old = asdict(replace(now, early_stopping=False)), asdict(replace(then, early_stopping=False))
    changed = [f"{name} from {old[name]!r} to {new[name]!r}" for name in new if new[name] != old[name]]
    if changed:
        raise UsageError(
            f"partial_fit goes on with the arguments that training began with, got a change of {', '.join(changed)}:"
            " set them back, or call fit to begin anew"
        )
