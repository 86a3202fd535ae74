"""The network as a scikit-learn classifier."""

# ruff: noqa: N803 -- X is what scikit-learn calls the inputs.

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from hpsearch.errors import UsageError
from hpsearch.estimators.base import MLPEstimator


class MLPClassifier(ClassifierMixin, MLPEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """A multilayer perceptron that learns classes by softmax and cross-entropy.

    Its arguments are described at `__init__`. The same `random_state` gives the same bits on one machine, whatever
    else runs: all arithmetic is done on one thread, as two would round differently.

    Attributes
    ----------
    classes_
        The labels, sorted.
    loss_curve_
        Training loss of each epoch; see the argument `train_metrics`.
    validation_scores_
        With early stopping the validation rows' accuracy after each epoch, else None.
    n_iter_
        Number of epochs trained.
    best_epoch_
        With early stopping the epoch (from 1) whose weights were kept, else None.
    n_features_in_, feature_names_in_
        Columns of the inputs; their names, if all of them were text.

    Notes
    -----
    Unlike scikit-learn's `MLPClassifier`, this goes through all epochs unless `early_stopping` is set, and has two
    outputs for two classes.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> X, y = load_iris(return_X_y=True)
    >>> make_pipeline(StandardScaler(), MLPClassifier(random_state=0)).fit(X, y).score(X, y) > 0.9
    True
    """

    _LOSS = "cross_entropy"
    _NAME = "MLPClassifier"

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Train for one more epoch on these rows; epoch by epoch on the same rows equals `fit`.

        That holds without early stopping, which has no part in this. After `fit` or `load` it goes on from there.
        Arguments of the constructor can't be changed in between, but for `random_state` and those of early stopping,
        which nobody asks for any more.

        Parameters
        ----------
        X, y
            As in `fit`.
        classes
            All labels that will ever be given; needed in the first call.

        Raises
        ------
        UsageError
            If classes are missing or change, a label is not among them, or arguments were changed.
        """
        known = self.classes_ if self.__sklearn_is_fitted__() else None
        if known is None and classes is None:
            raise UsageError("the first partial_fit needs classes, all labels that will ever be given; got None")
        given = None if classes is None else _labels_of(np.asarray(classes))
        if known is not None and given is not None and not np.array_equal(given, known):
            raise UsageError(f"classes must stay those of the first call, {known.tolist()}, got {given.tolist()}")
        return self._partial_fit(X, y, given)

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Probability of each class (rows, classes), in the order of `classes_`."""
        return self._outputs(X)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable label (rows,)."""
        outputs = self._outputs(X)
        labels: NDArray[Any] = self.classes_[outputs.argmax(axis=1)]
        return labels

    def _learn_targets(self, examples: NDArray[Any]) -> int:
        self.classes_ = _labels_of(examples)
        return len(self.classes_)

    def _encode(self, y: NDArray[Any]) -> NDArray[Any]:
        """Class numbers."""
        try:
            with _unwarned():
                check_classification_targets(y)
            numbers = np.minimum(np.searchsorted(self.classes_, y), len(self.classes_) - 1)
            unknown = self.classes_[numbers] != y
        except TypeError as error:
            raise _mixed(error) from error
        if unknown.any():
            raise UsageError(f"labels must be among classes {self.classes_.tolist()}, got {y[unknown].tolist()[0]!r}")
        return numbers

    def _describe_targets(self) -> dict[str, Any]:
        return {"classes": self.classes_.tolist(), "dtype": self.classes_.dtype.str}

    def _restore_targets(self, description: Mapping[str, Any]) -> None:
        self.classes_ = np.array(description["classes"], dtype=description["dtype"])


def _labels_of(examples: NDArray[Any]) -> NDArray[Any]:
    """The different labels, sorted."""
    if not len(examples):
        raise UsageError("classes must hold a label, got none")
    try:
        with _unwarned():
            check_classification_targets(examples)
            labels: NDArray[Any] = unique_labels(examples)
    except TypeError as error:
        raise _mixed(error) from error
    return labels


@contextmanager
def _unwarned() -> Iterator[None]:
    """Without scikit-learn's warnings: many classes are fine, and what is wrong is told of as an error."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.filterwarnings("ignore", "The number of unique classes")
        yield


def _mixed(error: TypeError) -> UsageError:
    """Text and numbers have no order."""
    return UsageError(f"labels must be all numbers or all text: {error}")
