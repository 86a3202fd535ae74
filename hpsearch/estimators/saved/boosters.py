"""Forms of XGBoost and LightGBM: their own JSON and text, in which the trees are checked before they are loaded."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hpsearch.errors import DataError, UsageError
from hpsearch.estimators.saved.form import Arrays, Description, Form, Shape
from hpsearch.estimators.saved.tree_nodes import check_children, check_columns

_JSON, _TEXT = "xgboost", "lightgbm"

_XGBOOST_OF_NODES = (
    *("base_weights", "default_left", "left_children", "loss_changes", "parents", "right_children"),
    *("split_conditions", "split_indices", "split_type", "sum_hessian"),
)
_XGBOOST_OF_CATEGORIES = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
_ROOT = 2**31 - 1  # parent of a root

_LIGHTGBM_HEADER = (
    *("version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective"),
    *("feature_names", "feature_infos", "monotone_constraints"),
)
_LIGHTGBM_OF_NODES = (
    *("split_feature", "split_gain", "threshold", "decision_type", "left_child", "right_child"),
    *("internal_value", "internal_weight", "internal_count"),
)
_LIGHTGBM_OF_LEAVES = ("leaf_value", "leaf_weight", "leaf_count")
_LIGHTGBM_OF_TREE = {"num_leaves": None, "num_cat": "0", "is_linear": "0", "shrinkage": None}
_BY_CATEGORY = 1  # bit of a decision


class XGBoostForm(Form):
    """XGBoost's JSON, of trees that split by numbers; other boosters are not saved."""

    def write(self, estimator: Any) -> tuple[Description, Arrays]:
        """Return the booster's JSON."""
        data = bytes(estimator.get_booster().save_raw("json"))
        shape = Shape(estimator.n_features_in_, len(getattr(estimator, "classes_", ())))
        _refused(lambda: _check_xgboost(data, shape))
        return {}, {_JSON: np.frombuffer(data, np.uint8)}

    def read(self, kind: type[Any], description: Mapping[str, Any], arrays: Arrays, shape: Shape) -> Any:
        """Return the estimator, in one thread."""
        data = _only(arrays, _JSON)
        _check_xgboost(data, shape)
        estimator = kind(n_jobs=1, verbosity=0)
        estimator.load_model(bytearray(data))
        return estimator


class LightGBMForm(Form):
    """LightGBM's text, of trees that split by numbers."""

    def write(self, estimator: Any) -> tuple[Description, Arrays]:
        """Return the booster's text, without what predictions do not need."""
        shape = Shape(estimator.n_features_in_, len(getattr(estimator, "classes_", ())))
        text = _refused(lambda: _checked_lightgbm(estimator.booster_.model_to_string(), shape))
        return {"classes": shape.classes}, {_TEXT: np.frombuffer(text.encode(), np.uint8)}

    def read(self, kind: type[Any], description: Mapping[str, Any], arrays: Arrays, shape: Shape) -> Any:
        """Return a `LightGBMModel`."""
        text = _checked_lightgbm(_only(arrays, _TEXT).decode(), shape)
        booster = import_module("lightgbm").Booster(model_str=text)
        return LightGBMModel(booster, shape) if shape.classes else LightGBMNumbers(booster, shape)


class LightGBMNumbers:
    """Loaded booster that predicts numbers; LightGBM's own estimators can't be made from its text."""

    def __init__(self, booster: Any, shape: Shape) -> None:
        self._booster = booster
        self.n_features_in_ = shape.inputs

    def predict(self, x: ArrayLike) -> NDArray[Any]:
        """Return a number for each row."""
        numbers: NDArray[Any] = self._booster.predict(x)
        return numbers


class LightGBMModel(LightGBMNumbers):
    """Loaded booster that predicts class numbers, which count from 0."""

    def __init__(self, booster: Any, shape: Shape) -> None:
        super().__init__(booster, shape)
        self.classes_ = np.arange(shape.classes)

    def predict_proba(self, x: ArrayLike) -> NDArray[Any]:
        """Return the probability of each class, shape (rows, classes)."""
        probabilities = super().predict(x)
        if probabilities.ndim == 1:
            probabilities = np.column_stack([1.0 - probabilities, probabilities])
        return probabilities

    def predict(self, x: ArrayLike) -> NDArray[Any]:
        """Return the most probable class of each row."""
        numbers: NDArray[Any] = self.predict_proba(x).argmax(axis=1)
        return numbers


def _only(arrays: Arrays, name: str) -> bytes:
    if set(arrays) != {name}:
        raise DataError(f"there must be the array {name!r} and no other")
    return arrays[name].tobytes()


def _refused(check: Any) -> Any:
    """Return what `check` returns; what it refuses of an estimator in use is a setting that is not saved."""
    try:
        return check()
    except DataError as error:
        raise UsageError(f"the model can't be saved with these settings: {error}") from error


def _trees_in_a_round(shape: Shape) -> int:
    return shape.classes if shape.classes > 2 else 1


def _check_xgboost(data: bytes, shape: Shape) -> None:
    """Refuse JSON of XGBoost whose nodes form no trees, or whose trees do not fit the table."""
    learner = json.loads(data)["learner"]
    parameters, objective = learner["learner_model_param"], learner["objective"]["name"]
    groups = _trees_in_a_round(shape)
    _check(not learner["attributes"] and not learner["feature_names"], "attributes and names must be empty")
    _check(int(parameters["num_feature"]) == shape.inputs, f"there must be {shape.inputs} inputs")
    _check(int(parameters["num_class"]) == (groups if groups > 1 else 0), "there must be an output for each class")
    _check(int(parameters["num_target"]) == 1, "there must be one target")
    suited = {0: ("reg:", "count:"), 2: ("binary:logistic",)}.get(shape.classes, ("multi:softprob",))
    _check(str(objective).startswith(suited), f"the objective must be {' or '.join(suited)}")
    booster = learner["gradient_booster"]
    _check(booster["name"] == "gbtree", "the booster must be gbtree")
    model = booster["model"]
    trees, ends = model["trees"], _numbers(model["iteration_indptr"])
    _check(not any(model.get("cats", {}).values()), "columns of categories are not supported")
    _check(int(model["gbtree_model_param"]["num_trees"]) == len(trees), "there must be as many trees as it says")
    tree_groups = _numbers(model["tree_info"])
    _check(len(tree_groups) == len(trees), "each tree must be of a class")
    _check(((tree_groups >= 0) & (tree_groups < groups)).all(), "each tree must be of a class that is there")
    _check(len(ends) > 0 and ends[0] == 0 and ends[-1] == len(trees), "all trees must be of a round")
    _check((np.diff(ends) >= 0).all(), "rounds must follow each other")
    for tree in trees:
        _check_xgboost_tree(tree, shape)


def _check_xgboost_tree(tree: Mapping[str, Any], shape: Shape) -> None:
    count = int(tree["tree_param"]["num_nodes"])
    arrays = {name: _numbers(tree[name], float) for name in _XGBOOST_OF_NODES}
    _check(all(len(array) == count for array in arrays.values()), "a tree must have as many nodes as it says")
    _check(not any(tree.get(name) for name in _XGBOOST_OF_CATEGORIES), "columns of categories are not supported")
    _check(not arrays["split_type"].any(), "columns of categories are not supported")
    sizes = {name: int(tree["tree_param"][name]) for name in ("num_deleted", "num_feature", "size_leaf_vector")}
    _check(sizes["size_leaf_vector"] in (0, 1) and sizes["num_deleted"] == 0, "a leaf must have one value")
    _check(sizes["num_feature"] == shape.inputs, f"a tree must have {shape.inputs} inputs")
    left, right = arrays["left_children"], arrays["right_children"]
    check_children(left, right, (left == -1) & (right == -1))
    check_columns(arrays["split_indices"], shape.inputs)
    parents = arrays["parents"]
    _check((((parents >= 0) & (parents < count)) | (parents == _ROOT)).all(), "a node's parent must be there")


def _checked_lightgbm(text: str, shape: Shape) -> str:
    """Return a model's text with header and trees alone; refuse nodes that form no tree or do not fit the table.

    The text also says how long each tree is, by which LightGBM would read on outside of it: that is left out.
    """
    body, end, _ = text.partition("\nend of trees\n")
    _check(bool(end), "the text must end after the trees")
    head, *trees = body.split("\nTree=")
    name, _, lines = head.partition("\n")
    _check(name == "tree", "the booster must be gbdt")
    header = {key: value for key, value in _pairs(lines).items() if key != "tree_sizes"}
    _check(set(header) <= set(_LIGHTGBM_HEADER), "the booster must be gbdt")
    rounds = _trees_in_a_round(shape)
    _check(int(header["num_class"]) == int(header["num_tree_per_iteration"]) == rounds, "there must be all classes")
    _check(len(trees) % rounds == 0 and bool(trees), "there must be a tree for each class in a round")
    _check(int(header["max_feature_idx"]) == shape.inputs - 1, f"there must be {shape.inputs} inputs")
    for key in ("feature_names", "feature_infos"):
        _check(len(header[key].split()) == shape.inputs, "each input must have a name and a range")
    binary, several = ("binary sigmoid:1",), (f"multiclass num_class:{rounds}",)
    if shape.classes:
        _check(header["objective"] in (binary if rounds == 1 else several), "the objective must be of these classes")
    else:
        numbers = ("regression", "huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie")
        _check(header["objective"].startswith(numbers), f"the objective must be {' or '.join(numbers)}")
    parts = [_lines(header)]
    for place, tree in enumerate(trees):
        number, _, lines = tree.partition("\n")
        _check(number.strip() == str(place), "trees must be in order")
        pairs = _pairs(lines)
        _check_lightgbm_tree(pairs, shape)
        parts.append(f"Tree={place}\n{_lines(pairs)}")
    return "tree\n" + "\n".join(parts) + "\nend of trees\n\npandas_categorical:null\n"


def _check_lightgbm_tree(tree: Mapping[str, str], shape: Shape) -> None:
    known = {*_LIGHTGBM_OF_NODES, *_LIGHTGBM_OF_LEAVES, *_LIGHTGBM_OF_TREE}
    _check(set(tree) <= known, "a tree must split by single columns of numbers")
    for key, value in _LIGHTGBM_OF_TREE.items():
        _check(key in tree and value in (None, tree[key]), "a tree must split by single columns of numbers")
    leaves = int(tree["num_leaves"])
    _check(leaves >= 1 and math.isfinite(float(tree["shrinkage"])), "a tree must have leaves")
    lengths = dict.fromkeys(_LIGHTGBM_OF_NODES, leaves - 1) | dict.fromkeys(_LIGHTGBM_OF_LEAVES, leaves)
    arrays = {key: _numbers(tree.get(key, "").split(), float) for key in lengths}
    optional = (*_LIGHTGBM_OF_NODES, *_LIGHTGBM_OF_LEAVES[1:]) if leaves == 1 else ()
    for key, array in arrays.items():
        _check(len(array) == lengths[key] or (key in optional and len(array) <= 1), f"a tree must have all of {key}")
    if leaves == 1:
        return
    check_columns(arrays["split_feature"], shape.inputs)
    _check(not (arrays["decision_type"].astype(np.int64) & _BY_CATEGORY).any(), "columns of categories are unsupported")
    nodes = np.arange(leaves - 1)
    for children in (arrays["left_child"], arrays["right_child"]):
        inside = np.where(children < 0, True, (children > nodes) & (children < leaves - 1))
        _check((inside & (children >= -leaves)).all(), "a node of a tree leads to one that is not there, or back")


def _pairs(text: str) -> dict[str, str]:
    """Return the values of lines ``key=value``, each key once."""
    lines = [line for line in text.split("\n") if line]
    _check(all("=" in line for line in lines), "the booster must be gbdt")
    pairs = dict(line.split("=", 1) for line in lines)
    _check(len(pairs) == len(lines), "each key must be there once")
    return pairs


def _lines(pairs: Mapping[str, str]) -> str:
    return "".join(f"{key}={value}\n" for key, value in pairs.items())


def _numbers(values: Sequence[Any], kind: type = int) -> NDArray[Any]:
    """Return a list as an array of shape (numbers,); ints must be whole, floats finite."""
    array = np.asarray(values, dtype=None if len(values) else float)
    if array.dtype.kind == "U" and kind is float:
        array = array.astype(float)
    _check(array.ndim == 1 and array.dtype.kind in ("iu" if kind is int and len(values) else "iuf"), "must be numbers")
    _check(bool(np.isfinite(array.astype(float)).all()), "numbers must be finite")
    return array


def _check(holds: Any, rule: str) -> None:
    if not holds:
        raise DataError(rule)
