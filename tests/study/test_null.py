"""A null study compares a study's reference with a copy that differs by chance alone."""

import pickle

import numpy as np
import optuna
import pytest
from optuna.storages import InMemoryStorage

from hpsearch.execution import execute
from hpsearch.objectives import MLPObjective
from hpsearch.results.load import load_results
from hpsearch.study.null import null_plan
from tests.factor_files import RATE, planned

FACTORS = """
[factors.optimizer.levels]
SGD = { model = { optimizer = "sgd" } }
Adam = { model = { optimizer = "adam" } }
"""


SEARCH = {"strategies": ["tpe", "random"], "trials": 2, "repeats": 2}


def null(folder, text=""):
    """Return the null plan of a small study that compares two strategies, with `text` at its end."""
    return null_plan(small(folder, text))


def small(folder, text=""):
    """Return the plan of the study itself."""
    return planned(folder, text, {"space": {"learning_rate": RATE}, "search": SEARCH})


def test_the_reference_is_compared_with_itself_under_another_name(tmp_path):
    ready = null(tmp_path)
    assert ready.name == "small-null"
    assert ready.factors == {"strategy": ("random", "random again")}


def test_of_a_study_with_factors_the_first_levels_are_taken(tmp_path):
    ready = null(tmp_path, FACTORS)
    assert ready.factors == {"strategy": ("random", "random again")}
    assert [run.content["model"]["optimizer"] for run in ready.runs()] == ["sgd"] * 4


def test_both_have_the_same_splits_and_different_draws_and_trainings(tmp_path):
    storage = InMemoryStorage()
    execute(null(tmp_path), storage)
    both = [optuna.load_study(study_name=f"small-null/{label}/00", storage=storage) for label in LABELS]
    first, again = ([trial.params for trial in study.trials] for study in both)
    assert first != again
    results = load_results(storage, "small-null")
    assert results.variants == LABELS
    assert [results.strategy_of(label) for label in LABELS] == ["random", "random"]
    assert results.runs["complete"].all()


LABELS = ("random", "random again")


def test_the_copy_is_not_taken_for_the_reference_when_its_trials_are_continued(tmp_path):
    contents = {run.variant: run.content["strategy"] for run in null(tmp_path).runs()}
    assert contents["random"] != contents["random again"]


@pytest.mark.parametrize("separate", [False, True])
def test_other_seeds_change_the_training_and_not_the_split(separate):
    objective = MLPObjective("iris", model={"hidden_layer_sizes": 4, "epochs": 2})
    objective = objective.with_separate_seeds() if separate else objective
    other = pickle.loads(pickle.dumps(objective.with_other_seeds().for_repeat(1)))
    assert np.array_equal(other.data.x_test, objective.for_repeat(1).data.x_test)
    for retraining in (0, 1):
        one, two = (each.seeds(3, retraining).generate_state(2) for each in (objective.for_repeat(1), other))
        assert not np.array_equal(one, two)


def test_the_stored_plan_says_that_it_is_a_null_study(tmp_path):
    storage = InMemoryStorage()
    execute(null(tmp_path), storage)
    assert load_results(storage, "small-null").is_null
    execute(small(tmp_path), storage)
    assert not load_results(storage, "small").is_null
