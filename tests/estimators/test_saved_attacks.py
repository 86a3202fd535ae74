"""Model files that a stranger has changed load safely or are refused in one line."""

import json
import os
import sys
import tracemalloc
import warnings
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from hpsearch.errors import DataError
from hpsearch.estimators.tabular import TabularModel
from tests.estimators.forged import attributes, change_array, nodes_of, npy, refused, rewrite, rewrite_skops, saved
from tests.estimators.saved_models import rows

FOREST, BOOSTING = "sklearn.ensemble:RandomForestClassifier", "sklearn.ensemble:HistGradientBoostingClassifier"
LINEAR, SVC, NEIGHBOURS = (
    "sklearn.linear_model:LogisticRegression",
    "sklearn.svm:SVC",
    "sklearn.neighbors:KNeighborsClassifier",
)

RIDGE = {"__class__": "Ridge", "__module__": "sklearn.linear_model._ridge"}
LOADERS = ("FunctionNode", "TypeNode", "ObjectNode", "PartialNode", "MethodNode", "OperatorFuncNode", "LossNode")
LOADERS += ("ConstructorFromReduceNode", "CachedNode", "BytesNode", "DictNode", "ListNode", "TupleNode", "JsonNode")
LOADERS += ("TreeNode", "NdArrayNode", "SparseMatrixNode", "RandomGeneratorNode", "SetNode", "DefaultDictNode")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.model"


@pytest.mark.parametrize("loader", LOADERS)
def test_a_schema_that_names_a_function_is_refused(loader, path):
    saved(path, LINEAR)
    call = {"__class__": "system", "__module__": "os", "__loader__": loader}
    call |= {"content": {"func": "system", "args": ["true"]}, "type": "numpy", "file": "x.npy", "key_types": {}}
    rewrite_skops(path, lambda schema, _: attributes(schema).update(coef_=call))
    assert "'os.system', which is no part of an estimator that hpsearch saves" in refused(path)


@pytest.mark.parametrize("loader", LOADERS)
def test_no_module_of_a_file_is_imported(loader, path, tmp_path, monkeypatch):
    (tmp_path / "planted.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    saved(path, LINEAR)
    part = {"__class__": "Planted", "__module__": "planted", "__loader__": loader, "content": {}}
    rewrite_skops(path, lambda schema, _: attributes(schema).update(more=part))
    refused(path)
    assert "planted" not in sys.modules


@pytest.mark.parametrize("kind", ["a pipe", "a device", "a folder"])
def test_what_has_no_end_is_not_opened(kind, path):
    if kind == "a pipe":
        os.mkfifo(path)
    file = {"a device": Path("/dev/zero"), "a folder": path.parent}.get(kind, path)
    assert refused(file).endswith("Is a directory" if kind == "a folder" else "Not a regular file")


def test_an_estimator_without_a_setting_is_refused(path):
    saved(path, LINEAR)
    rewrite_skops(path, lambda schema, _: attributes(schema).__delitem__("fit_intercept"))
    assert "fit_intercept" in refused(path)


def test_what_skops_trusts_is_not_trusted(path):
    saved(path, LINEAR)
    pipeline = {"__class__": "Pipeline", "__module__": "sklearn.pipeline", "__loader__": "ObjectNode", "content": {}}
    rewrite_skops(path, lambda schema, _: schema.update(pipeline))
    assert "'sklearn.pipeline.Pipeline'" in refused(path)


def set_number(name, value):
    def change(schema, _):
        attributes(schema)[name]["content"] = json.dumps(value)

    return change


def of_tree(change):
    """Return a change of the first tree of a forest, its arguments and its state."""

    def changed(schema, members):
        tree = nodes_of(schema, "TreeNode")[0]
        change(tree["__reduce__"]["args"]["content"], tree["content"]["content"], members)

    return changed


def nodes_with(**fields):
    """Return a change of the first node of a tree that is no leaf."""

    def change(nodes):
        for name, value in fields.items():
            nodes[name][0] = value
        return nodes

    return change


def tree_nodes(change):
    return of_tree(lambda _, state, members: change_array(members, state["nodes"], change))


def first_predictor(change):
    def changed(schema, members):
        node = next(node for node in nodes_of(schema, "ObjectNode") if node["__class__"] == "TreePredictor")
        change_array(members, node["content"]["content"]["nodes"], change)

    return changed


def array_of(name, change):
    return lambda schema, members: change_array(members, attributes(schema)[name], change)


SKOPS = {
    "a child far away": (FOREST, tree_nodes(nodes_with(left_child=10**9)), "not there, or back"),
    "a child before": (FOREST, tree_nodes(nodes_with(right_child=0)), "not there, or back"),
    "a child of a leaf": (FOREST, tree_nodes(nodes_with(right_child=-5)), "not there, or back"),
    "a column far away": (FOREST, tree_nodes(nodes_with(feature=10**6)), "column that is not there"),
    "a column below": (FOREST, tree_nodes(nodes_with(feature=-7)), "column that is not there"),
    "no nodes": (FOREST, tree_nodes(lambda nodes: nodes[:0]), "as many nodes"),
    "more nodes": (FOREST, of_tree(lambda _, state, __: state["node_count"].update(content="9")), "as many"),
    "more outputs": (FOREST, of_tree(lambda args, _, __: args[2].update(content="1000000")), "1 output"),
    "more inputs": (FOREST, of_tree(lambda args, _, __: args[0].update(content="7")), "4 inputs"),
    "more classes": (FOREST, of_tree(lambda args, _, m: change_array(m, args[1], lambda x: x + 10**6)), "3 values"),
    "another value": (FOREST, of_tree(lambda _, s, m: change_array(m, s["values"], lambda x: x[1:])), "for each"),
    "more classes of a forest": (FOREST, set_number("n_classes_", 10**9), "RandomForestClassifier"),
    "no trees": (FOREST, lambda schema, _: attributes(schema)["estimators_"].update(content=[]), "must have trees"),
    "a node far away": (BOOSTING, first_predictor(nodes_with(left=10**9)), "not there, or back"),
    "a node before": (BOOSTING, first_predictor(nodes_with(right=0)), "not there, or back"),
    "a boosted column": (BOOSTING, first_predictor(nodes_with(feature_idx=-9)), "column that is not there"),
    "a category": (BOOSTING, first_predictor(nodes_with(is_categorical=1, bitset_idx=10**6)), "categories"),
    "more rounds": (BOOSTING, set_number("n_trees_per_iteration_", 10**9), "as many trees in a round"),
    "more vectors of a class": (SVC, array_of("_n_support", lambda x: x + 10**6), "of a class"),
    "fewer coefficients": (SVC, array_of("_dual_coef_", lambda x: x[:1]), "_dual_coef_ must be an array of shape"),
    "fewer vectors": (SVC, array_of("support_vectors_", lambda x: x[:2]), "support_vectors_ must be"),
    "another kernel": (SVC, set_number("kernel", "precomputed"), "one of libsvm's"),
    "a sparse machine": (SVC, set_number("_sparse", value=True), "one of libsvm's"),
    "fewer classes": (LINEAR, array_of("classes_", lambda x: x[:2]), "LogisticRegression"),
    "fewer coefficients of classes": (LINEAR, array_of("coef_", lambda x: x[:, :2]), "LogisticRegression"),
    "coefficients that are no numbers": (LINEAR, array_of("coef_", lambda x: x.astype("S4")), "does not hold numbers"),
    "nothing finite": (LINEAR, array_of("coef_", lambda x: np.full_like(x, np.nan)), ""),
    "another class": (LINEAR, lambda schema, _: schema.update(RIDGE), "it must hold"),
    "no schema": (LINEAR, lambda *_: "[1, 2]", "LogisticRegression"),
    "an old protocol": (LINEAR, lambda schema, _: schema.update(protocol=0), ""),
    "a new protocol": (LINEAR, lambda schema, _: schema.update(protocol=999), "protocol 999"),
    "very deep": (LINEAR, lambda *_: "[" * 200_000 + "]" * 200_000, "LogisticRegression"),
    "deep": (LINEAR, lambda *_: '{"a":' * 100 + "1" + "}" * 100, "parts within parts"),
    "a file that is none": (LINEAR, lambda schema, _: attributes(schema)["coef_"].update(file="none.npy"), "none.npy"),
    "a file of another kind": (LINEAR, lambda _, members: members.update({"run.bin": b"x"}), "no array"),
}  # fmt: skip


@pytest.mark.parametrize("case", SKOPS)
def test_a_changed_part_of_skops_is_refused_or_harmless(case, path):
    name, change, message = SKOPS[case]
    saved(path, name)
    rewrite_skops(path, change)
    if message:
        assert message in refused(path)
        return
    with suppress(DataError):
        TabularModel.load(path).predictions(rows())


def test_memory_that_an_attribute_names_is_not_read(path):
    saved(path, LINEAR)

    def change(schema, _):
        interface = {"shape": [3, 4], "typestr": "<f8", "version": 3, "data": [1, False]}
        part = {
            "__class__": "str",
            "__module__": "builtins",
            "__loader__": "JsonNode",
            "content": json.dumps(interface),
        }
        coefficients = json.loads(json.dumps(schema))
        attributes(coefficients)["__array_interface__"] = part
        attributes(schema)["coef_"] = coefficients

    rewrite_skops(path, change)
    assert "special attribute" in refused(path)


def test_numbers_of_parts_have_no_effect(path):
    model = saved(path, FOREST)

    def change(schema, members):
        # For two parts with one number skops takes the first: here other nodes, which are no part of a tree.
        right = nodes_of(schema, "TreeNode")[0]["content"]["content"]["nodes"]
        wrong = right | {"file": "wrong.npy", "__id__": 7}
        right["__id__"] = 7
        members["wrong.npy"] = members[right["file"]]
        change_array(members, wrong, nodes_with(left_child=-1, right_child=-1))
        schema["content"]["content"] = {"a_first": wrong} | attributes(schema)

    rewrite_skops(path, change)
    np.testing.assert_array_equal(TabularModel.load(path).predict_proba(rows()), model.predict_proba(rows()))


def test_arrays_that_are_not_as_large_as_they_say_are_refused(path):
    saved(path, LINEAR)
    huge = npy(np.zeros(1)).replace(b"(1,)", b"(9999999999999,)")[: len(npy(np.zeros(1)))]

    def change(schema, members):
        members[attributes(schema)["coef_"]["file"]] = huge

    rewrite_skops(path, change)
    assert "LogisticRegression" in refused(path)


class Bomb:
    def __reduce__(self):
        return (sys.exit, ("unpickled",))


def test_a_pickle_is_not_opened(path):
    saved(path, LINEAR)
    pickled = npy(np.array([Bomb()], dtype=object), allow_pickle=True)

    def change(schema, members):
        members[attributes(schema)["coef_"]["file"]] = pickled

    rewrite_skops(path, change)
    assert "does not hold numbers" in refused(path)
    saved(path, LINEAR)
    rewrite(path, lambda _, arrays: arrays.update(skops=np.frombuffer(pickled, np.uint8)))
    refused(path)


BOMBS = {
    "is compressed": {"compression": zipfile.ZIP_DEFLATED, "more": [("zeros.npy", npy(np.zeros(10**7)))]},
    "is there twice": {"more": [("schema.json", "{}")]},
}


@pytest.mark.parametrize("case", BOMBS)
def test_a_bomb_is_refused_before_it_fills_the_memory(case, path):
    saved(path, LINEAR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on the member that is there twice
        rewrite_skops(path, lambda *_: None, **BOMBS[case])
    tracemalloc.start()
    try:
        assert case in refused(path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_an_array_that_is_referred_to_again_and_again_is_refused(path):
    saved(path, LINEAR)

    def change(schema, members):
        members["large.npy"] = npy(np.zeros(2**16))
        array = attributes(schema)["coef_"] | {"file": "large.npy"}
        attributes(schema)["more"] = {
            **nodes_of(schema, "DictNode")[0],
            "content": {f"a{n}": array for n in range(400)},
        }

    rewrite_skops(path, change)
    assert "too often" in refused(path)


def test_a_path_out_of_the_file_leads_nowhere(path, tmp_path):
    model = saved(path, LINEAR)

    def change(schema, members):
        array = attributes(schema)["coef_"]
        members["../../planted.npy"] = members.pop(array["file"])
        array["file"] = "../../planted.npy"

    rewrite_skops(path, change)
    np.testing.assert_array_equal(TabularModel.load(path).predict(rows()), model.predict(rows()))
    assert [each.name for each in tmp_path.iterdir()] == ["mine.model"]
    assert not list(tmp_path.parent.parent.glob("planted*"))


STATES = {
    "a function": lambda state: state.update(estimator="os:system"),
    "another class": lambda state: state.update(estimator="sklearn.svm:NuSVC"),
    "another estimator": lambda state: state.update(estimator=FOREST),
    "no number": lambda state: state.update(classes=["a", "b", "c"]),
    "a class twice": lambda state: state.update(classes=[0, 0, 1]),
    "a truth": lambda state: state.update(classes=[False, 1, 2]),
    "a class more": lambda state: state.update(classes=[0, 1, 2, 3]),
    "no class": lambda state: state.update(classes=[]),
    "no part": lambda state: state.pop("part"),
    "a number": lambda state: state.update(part=3),
}


@pytest.mark.parametrize("case", STATES)
@pytest.mark.parametrize("name", [LINEAR, NEIGHBOURS])
def test_a_changed_description_is_refused(case, name, path):
    saved(path, name)
    rewrite(path, lambda description, _: STATES[case](description["state"]))
    if (case, name) == ("a number", LINEAR):
        TabularModel.load(path)
    else:
        refused(path)


NEIGHBOUR_CHANGES = {
    "rows that are not finite": lambda _, arrays: arrays.update({"rows.x": arrays["rows.x"] * np.nan}),
    "fewer columns": lambda _, arrays: arrays.update({"rows.x": arrays["rows.x"][:, :2]}),
    "fewer targets": lambda _, arrays: arrays.update({"rows.y": arrays["rows.y"][:2]}),
    "targets of text": lambda _, arrays: arrays.update({"rows.y": arrays["rows.y"].astype("U3")}),
    "other classes": lambda _, arrays: arrays.update({"rows.y": arrays["rows.y"] + 7}),
    "more threads": lambda part, _: part["parameters"].update(n_jobs=10**6),
    "no such rule": lambda part, _: part["parameters"].update(metric="os.system"),
    "too many neighbours": lambda part, _: part["parameters"].update(n_neighbors=10**9),
    "another array": lambda _, arrays: arrays.update(more=np.zeros(3)),
}


@pytest.mark.parametrize("case", NEIGHBOUR_CHANGES)
def test_changed_neighbours_are_refused(case, path):
    saved(path, NEIGHBOURS)
    rewrite(path, lambda description, arrays: NEIGHBOUR_CHANGES[case](description["state"]["part"], arrays))
    assert "KNeighborsClassifier" in refused(path)
