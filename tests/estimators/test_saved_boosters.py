"""Boosters in model files: trees that a stranger has changed are refused before a library loads them."""

import json

import numpy as np
import pytest

from tests.estimators.forged import refused, rewrite, saved

XGBOOST, LIGHTGBM = "xgboost:XGBClassifier", "lightgbm:LGBMClassifier"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.model"


def of_booster(change):
    def changed(_, arrays):
        booster = json.loads(arrays["xgboost"].tobytes())
        change(booster["learner"])
        arrays["xgboost"] = np.frombuffer(json.dumps(booster).encode(), np.uint8)

    return changed


def of_booster_tree(**fields):
    def change(learner):
        for name, value in fields.items():
            learner["gradient_booster"]["model"]["trees"][0][name][0] = value

    return of_booster(change)


def of_text(old, new):
    def changed(_, arrays):
        text = arrays["lightgbm"].tobytes().decode()
        assert old in text
        arrays["lightgbm"] = np.frombuffer(text.replace(old, new, 1).encode(), np.uint8)

    return changed


def model_of_booster(learner):
    return learner["gradient_booster"]["model"]


BOOSTERS = {
    "a child far away": (XGBOOST, of_booster_tree(left_children=10**8), "not there, or back"),
    "a child before": (XGBOOST, of_booster_tree(right_children=0), "not there, or back"),
    "a column": (XGBOOST, of_booster_tree(split_indices=10**6), "column that is not there"),
    "a parent": (XGBOOST, of_booster_tree(parents=10**6), "parent must be there"),
    "a category": (XGBOOST, of_booster_tree(split_type=1), "categories"),
    "a class": (XGBOOST, of_booster(lambda x: model_of_booster(x)["tree_info"].append(99)), "of a class"),
    "another class": (XGBOOST, of_booster(lambda x: model_of_booster(x)["tree_info"].__setitem__(0, 9)), "is there"),
    "a round": (XGBOOST, of_booster(lambda x: model_of_booster(x)["iteration_indptr"].__setitem__(1, 99)), "rounds"),
    "inputs": (XGBOOST, of_booster(lambda x: x["learner_model_param"].update(num_feature="9")), "4 inputs"),
    "classes": (XGBOOST, of_booster(lambda x: x["learner_model_param"].update(num_class="9")), "each class"),
    "attributes": (XGBOOST, of_booster(lambda x: x["attributes"].update(best_iteration="99")), "attributes"),
    "an objective": (XGBOOST, of_booster(lambda x: x["objective"].update(name="rank:ndcg")), "objective"),
    "no children": (XGBOOST, of_booster(lambda x: model_of_booster(x)["trees"][0].update(parents=[])), "as many"),
    "a leaf far away": (LIGHTGBM, of_text("left_child=", "left_child=-99999 "), "all of left_child"),
    "more leaves": (LIGHTGBM, of_text("num_leaves=", "num_leaves=9"), "all of split_feature"),
    "a light column": (LIGHTGBM, of_text("max_feature_idx=3", "max_feature_idx=999999"), "4 inputs"),
    "a light category": (LIGHTGBM, of_text("num_cat=0", "num_cat=1"), "single columns"),
    "light classes": (LIGHTGBM, of_text("num_class=3", "num_class=300"), "all classes"),
    "a light objective": (LIGHTGBM, of_text("num_class:3", "num_class:300"), "objective"),
    "another key": (LIGHTGBM, of_text("label_index=0", "label_index=0\naverage_output=1"), "gbdt"),
}  # fmt: skip


@pytest.mark.parametrize("case", BOOSTERS)
def test_a_changed_booster_is_refused(case, path):
    name, change, message = BOOSTERS[case]
    saved(path, name)
    rewrite(path, change)
    assert message in refused(path)


def test_how_long_the_trees_of_a_text_are_is_not_in_the_file(path):
    saved(path, LIGHTGBM)
    with np.load(path) as archive:
        assert b"tree_sizes" not in archive["lightgbm"].tobytes()
