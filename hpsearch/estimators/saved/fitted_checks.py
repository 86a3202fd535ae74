"""Checks of loaded estimators whose compiled code trusts that their arrays fit each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from hpsearch.errors import DataError
from hpsearch.estimators.saved.form import Shape
from hpsearch.estimators.saved.tree_nodes import check_children, check_columns

_KERNELS = ("linear", "poly", "rbf", "sigmoid")


def check_svm(estimator: Any, shape: Shape) -> None:
    """Refuse a support vector machine whose arrays differ in their sizes; libsvm goes by the first.

    Raises
    ------
    DataError
        If there are not as many coefficients as support vectors, or not as many as pairs of classes.
    """
    classes = shape.classes or 2  # a regression has the arrays of two classes
    pairs, vectors = classes * (classes - 1) // 2, len(estimator.support_)
    gives_probabilities = getattr(estimator, "_effective_probability", estimator.probability)  # from scikit-learn 1.8
    calibrated = pairs if gives_probabilities is True else 0
    sizes = {
        "support_vectors_": (vectors, shape.inputs),
        "_n_support": (classes,),
        "_dual_coef_": (classes - 1, vectors),
        "_intercept_": (pairs,),
        "_probA": (calibrated,),
        "_probB": (calibrated,),
    }
    for name, size in sizes.items():
        _check_array(getattr(estimator, name), name, size)
    _check_array(estimator.support_, "support_", (vectors,))
    counts = estimator._n_support.astype(np.int64)
    if (counts < 0).any() or (shape.classes and counts.sum() != vectors):
        raise DataError("each support vector must be of a class")
    if estimator.kernel not in _KERNELS or estimator._sparse is not False:
        raise DataError("the kernel must be one of libsvm's")


def check_forest(estimator: Any, shape: Shape) -> None:
    """Refuse a forest whose trees have other outputs or classes than it; their nodes are checked already.

    Raises
    ------
    DataError
        If there is no tree, or numbers of outputs or classes differ.
    """
    if not isinstance(estimator.estimators_, list) or not estimator.estimators_:
        raise DataError("a forest must have trees")
    for each in (estimator, *estimator.estimators_):
        if each.n_outputs_ != 1 or (shape.classes and int(each.n_classes_) != shape.classes):
            raise DataError("all trees must predict the same classes")
        if each.n_features_in_ != shape.inputs:
            raise DataError("all trees must have the same inputs")


def check_hist_gradient_boosting(estimator: Any, shape: Shape) -> None:
    """Refuse boosted trees whose nodes form no tree, or split by categories.

    Raises
    ------
    DataError
        If a node leads to one that is not there, or looks at a column that is not there.
    """
    rounds = shape.classes if shape.classes > 2 else 1
    mapper = estimator._bin_mapper
    _check_array(mapper.is_categorical_, "is_categorical_", (shape.inputs,))
    if estimator._preprocessor is not None or mapper.is_categorical_.any():
        raise DataError("columns of categories are not supported")
    if estimator.n_trees_per_iteration_ != rounds or estimator._n_features != shape.inputs:
        raise DataError("there must be as many trees in a round as classes")
    for trees in estimator._predictors:
        if not isinstance(trees, list) or len(trees) != rounds:
            raise DataError("there must be as many trees in a round as classes")
        for tree in trees:
            nodes = tree.nodes
            _check_array(nodes, "nodes", (len(nodes),))
            is_leaf = nodes["is_leaf"].astype(bool)
            check_children(nodes["left"], nodes["right"], is_leaf)
            check_columns(nodes["feature_idx"][~is_leaf], shape.inputs)
            if nodes["is_categorical"].any():
                raise DataError("columns of categories are not supported")


def make_loss(estimator: Any) -> None:
    """Make the loss of boosted trees, which follows from the settings; its link makes predictions of sums."""
    estimator._loss = estimator._get_loss(sample_weight=None)


def _check_array(array: Any, name: str, size: tuple[int, ...]) -> None:
    if type(array) is not np.ndarray or array.shape != size:
        raise DataError(f"{name} must be an array of shape {size}")
