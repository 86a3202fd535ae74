"""Nodes of decision trees in files: scikit-learn follows them without looking whether they are there."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.errors import DataError
from hpsearch.estimators.saved.arrays import array
from hpsearch.estimators.saved.form import Shape

_LEAF = -1


def check_tree(node: Mapping[str, Any], archive: zipfile.ZipFile, shape: Shape) -> None:
    """Refuse a forest's tree in a skops file whose nodes form no tree, or do not fit the table.

    It must be checked before scikit-learn makes it: the sizes of its buffers are in the file.

    Raises
    ------
    DataError
        If numbers of inputs, outputs, classes or nodes are wrong, or a node's children or column are not there.
    """
    inputs, classes, outputs = node["__reduce__"]["args"]["content"]
    state = node["content"]["content"]
    wanted = max(shape.classes, 1)
    if (_number(inputs), _number(outputs)) != (shape.inputs, 1):
        raise DataError(f"a tree must have {shape.inputs} inputs and 1 output")
    class_counts = array(archive, classes["file"])
    if class_counts.tolist() != [wanted]:
        raise DataError(f"a tree must be for {wanted} values")
    nodes, values = array(archive, state["nodes"]["file"]), array(archive, state["values"]["file"])
    if _number(state["node_count"]) != len(nodes):
        raise DataError("a tree must have as many nodes as it says")
    if values.shape != (len(nodes), 1, wanted):
        raise DataError("a tree must have a value for each node")
    check_children(nodes["left_child"], nodes["right_child"], nodes["left_child"] == _LEAF)
    check_columns(nodes["feature"][nodes["left_child"] != _LEAF], shape.inputs)


def check_children(left: NDArray[Any], right: NDArray[Any], is_leaf: NDArray[Any]) -> None:
    """Refuse nodes that are no tree: the children of each stand behind it, so that each path ends.

    Raises
    ------
    DataError
        If there is no node, or a child is not there or not behind its parent.
    """
    count, numbers = len(is_leaf), np.arange(len(is_leaf))
    if is_leaf.ndim != 1 or not count:
        raise DataError("a tree must have nodes")
    inner = ~is_leaf.astype(bool)
    for child in (left, right):
        children = child[inner].astype(np.int64)
        if (children <= numbers[inner]).any() or (children >= count).any():
            raise DataError("a node of a tree leads to one that is not there, or back")


def check_columns(columns: NDArray[Any], inputs: int) -> None:
    """Refuse nodes that look at columns which are not there.

    Raises
    ------
    DataError
        If a column is < 0 or >= `inputs`.
    """
    numbers = columns.astype(np.int64)
    if (numbers < 0).any() or (numbers >= inputs).any():
        raise DataError("a node of a tree looks at a column that is not there")


def _number(node: Mapping[str, Any]) -> int:
    value = json.loads(node["content"])
    if type(value) is not int:
        raise DataError("a tree's sizes must be whole numbers")
    return value
