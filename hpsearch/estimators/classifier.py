"""Scikit-learn classifier of the network."""

# ruff: noqa: N803 -- scikit-learn calls the inputs X.

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
    """Multilayer perceptron classifier with softmax and cross-entropy.

    See `__init__` for the arguments. The same `random_state` gives bit-identical results on one machine: all arithmetic
    runs on one thread, because the number of threads affects rounding.

    Attributes
    ----------
    classes_
        Sorted labels.
    loss_curve_
        Training loss at each evaluation, one after each epoch; see the argument `train_metrics`.
    validation_scores_
        Accuracy at each evaluation on the validation rows, or None without early stopping.
    n_iter_
        Number of epochs trained; with `steps`, number of steps.
    best_epoch_
        Epoch (from 1), or step, of the restored weights; None without early stopping.
    n_features_in_, feature_names_in_
        Number of columns of the inputs; their names, if all are text.

    Notes
    -----
    Unlike scikit-learn's `MLPClassifier`, this trains all epochs unless `early_stopping` is set, and has two outputs
    for two classes.

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

        `partial_fit` ignores early stopping. After `fit` or `load`, training continues from there. Arguments of the
        constructor can't be changed in between, except those without effect: `random_state`, `early_stopping`,
        `validation_fraction`.

        Parameters
        ----------
        X, y
            As in `fit`.
        classes
            All labels that can occur; required in the first call.

        Raises
        ------
        UsageError
            If classes are missing or changed, a label is not among them, or arguments were changed.
        """
        previous = self.classes_ if self.__sklearn_is_fitted__() else None
        if previous is None and classes is None:
            raise UsageError("the first partial_fit needs classes, all labels that will ever be given; got None")
        labels = None if classes is None else _labels_of(np.asarray(classes))
        if previous is not None and labels is not None and not np.array_equal(labels, previous):
            raise UsageError(f"classes must stay those of the first call, {previous.tolist()}, got {labels.tolist()}")
        return self._partial_fit(X, y, labels)

    def predict_proba(self, X: ArrayLike) -> NDArray[Any]:
        """Return the probability of each class (rows, classes), in the order of `classes_`."""
        return self._outputs(X)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable label of each row (rows,)."""
        outputs = self._outputs(X)
        labels: NDArray[Any] = self.classes_[outputs.argmax(axis=1)]
        return labels

    def _learn_targets(self, examples: NDArray[Any]) -> int:
        self.classes_ = _labels_of(examples)
        return len(self.classes_)

    def _encode(self, y: NDArray[Any], *, learned: bool = False) -> NDArray[Any]:
        """Return class numbers."""
        try:
            if not learned:
                with _suppress_warnings():
                    check_classification_targets(y)
            numbers = np.minimum(np.searchsorted(self.classes_, y), len(self.classes_) - 1)
            unknown = self.classes_[numbers] != y
        except TypeError as error:
            raise _mixed_labels_error(error) from error
        if unknown.any():
            raise UsageError(f"labels must be among classes {self.classes_.tolist()}, got {y[unknown].tolist()[0]!r}")
        return numbers

    def _describe_targets(self) -> dict[str, Any]:
        return {"classes": self.classes_.tolist(), "dtype": self.classes_.dtype.str}

    def _restore_targets(self, description: Mapping[str, Any]) -> None:
        self.classes_ = np.array(description["classes"], dtype=description["dtype"])


def _labels_of(examples: NDArray[Any]) -> NDArray[Any]:
    """Return the sorted distinct labels."""
    if not len(examples):
        raise UsageError("classes must hold a label, got none")
    try:
        with _suppress_warnings():
            check_classification_targets(examples)
            labels: NDArray[Any] = unique_labels(examples)
    except TypeError as error:
        raise _mixed_labels_error(error) from error
    return labels


@contextmanager
def _suppress_warnings() -> Iterator[None]:
    """Suppress scikit-learn's warning about many classes; invalid labels raise errors."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.filterwarnings("ignore", "The number of unique classes")
        yield


def _mixed_labels_error(error: TypeError) -> UsageError:
    """Return the error for labels that mix text and numbers, which can't be sorted."""
    return UsageError(f"labels must be all numbers or all text: {error}")
