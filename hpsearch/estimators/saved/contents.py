"""Contents of a skops file, checked before skops makes any object of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from hpsearch.errors import DataError, quoted
from hpsearch.estimators.saved.arrays import array
from hpsearch.estimators.saved.form import Shape
from hpsearch.estimators.saved.tree_nodes import check_tree

SCHEMA = "schema.json"

TRUSTED: Mapping[str, tuple[str, ...]] = {
    "ObjectNode": (
        "sklearn.ensemble._forest.ExtraTreesClassifier",
        "sklearn.ensemble._forest.ExtraTreesRegressor",
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.ensemble._forest.RandomForestRegressor",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._ridge.Ridge",
        "sklearn.naive_bayes.GaussianNB",
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.neural_network._multilayer_perceptron.MLPRegressor",
        "sklearn.preprocessing._label.LabelBinarizer",
        "sklearn.preprocessing._label.LabelEncoder",
        "sklearn.svm._classes.SVC",
        "sklearn.svm._classes.SVR",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._classes.DecisionTreeRegressor",
        "sklearn.tree._classes.ExtraTreeClassifier",
        "sklearn.tree._classes.ExtraTreeRegressor",
    ),
    "TreeNode": ("sklearn.tree._tree.Tree",),
    "DictNode": ("builtins.dict",),
    "ListNode": ("builtins.list",),
    "TupleNode": ("builtins.tuple",),
    "JsonNode": ("builtins.str",),
    "TypeNode": ("builtins.str", "builtins.int", "numpy.int64", "numpy.float64"),
    "NdArrayNode": (
        "numpy.ndarray",
        *(f"numpy.{name}" for name in ("bool", "int32", "int64", "uint8", "uint32", "uint64", "float32", "float64")),
    ),
}
"""Types that a file may name, by the loader of skops that makes them. No estimator consists of others.

skops itself trusts many more, all of scikit-learn among them, and calls what some of them name."""

_DEEPEST = 40  # nodes within nodes; a forest has 13
_MOST_REPEATS = 8  # times that the arrays may be referred to, as a multiple of their size

_NODE = "__loader__"


def checked(data: bytes, shape: Shape) -> bytes:
    """Return a skops file without the numbers of its parts, if one of our estimators could have written it.

    For two parts with one number skops takes the first, whatever was checked of the second.

    Raises
    ------
    DataError
        If it is compressed, holds other members than its arrays, or names a type that is not in `TRUSTED`; if an array
        is not what its header says, or a tree's nodes are not a tree.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sizes = _sizes(archive, len(data))
        schema = json.loads(archive.read(SCHEMA))
        referred = 0
        for node in _nodes(schema):
            _check_node(node)
            node.pop("__id__", None)
            if "file" in node:
                referred += sizes.get(str(node["file"]), 0)
        if referred > _MOST_REPEATS * len(data):
            raise DataError("its arrays are referred to too often")
        for name in sizes:
            if name != SCHEMA:
                array(archive, name)
        for node in _nodes(schema):
            if node[_NODE] == "TreeNode":
                check_tree(node, archive, shape)
        return _copy(archive, schema)


def types_in(data: bytes) -> set[str]:
    """Return the types in a skops file of our own that `TRUSTED` lacks."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        schema = json.loads(archive.read(SCHEMA))
    return {_type_of(node) for node in _nodes(schema) if _type_of(node) not in TRUSTED.get(node[_NODE], ())}


def _copy(archive: zipfile.ZipFile, schema: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as copy:
        for name in archive.namelist():
            copy.writestr(name, json.dumps(schema) if name == SCHEMA else archive.read(name))
    return file.getvalue()


def _sizes(archive: zipfile.ZipFile, most: int) -> dict[str, int]:
    """Return the size of each member; skops packs nothing, and a small packed member could fill the memory."""
    members = archive.infolist()
    sizes = {member.filename: member.file_size for member in members}
    if len(sizes) != len(members):
        raise DataError("a member is there twice")
    if any(member.compress_type != zipfile.ZIP_STORED for member in members) or sum(sizes.values()) > most:
        raise DataError("it is compressed")
    for name in sizes:
        if name != SCHEMA and not name.endswith(".npy"):
            raise DataError(f"it holds {quoted(name)}, which is no array")
    return sizes


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every table of the schema that names a loader, a class or a module, wherever it is."""
    waiting = [(schema, 0)]
    while waiting:
        value, depth = waiting.pop()
        if depth > _DEEPEST:
            raise DataError("it has too many parts within parts")
        if isinstance(value, dict):
            if not {_NODE, "__class__", "__module__"}.isdisjoint(value):
                yield value
            waiting += [(each, depth + 1) for each in value.values()]
        elif isinstance(value, list):
            waiting += [(each, depth + 1) for each in value]


def _check_node(node: Mapping[str, Any]) -> None:
    """Refuse a type that no estimator of ours consists of, an array of objects, and special attributes.

    NumPy takes an object with an attribute ``__array_interface__`` for the memory that it names.
    """
    loader, name = node.get(_NODE), _type_of(node)
    if not isinstance(loader, str) or name not in TRUSTED.get(loader, ()):
        raise DataError(f"it holds {quoted(name)}, which is no part of an estimator that hpsearch saves")
    if loader == "NdArrayNode" and node.get("type") != "numpy":
        raise DataError("it holds an array of objects")
    if loader == "ObjectNode" and node["content"][_NODE] != "DictNode":
        raise DataError("it holds an object whose attributes have no names")
    if loader == "DictNode" and any(str(name).startswith("__") for name in node["content"]):
        raise DataError("it holds a special attribute")


def _type_of(node: Mapping[str, Any]) -> str:
    return f"{node.get('__module__')}.{node.get('__class__')}"
