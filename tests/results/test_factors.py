"""Results of studies with factors, from the attributes of their runs."""

import optuna
import pytest
from optuna.storages import InMemoryStorage
from optuna.trial import create_trial

from hpsearch.results.load import load_results
from tests.factor_runs import EFFECTS, FILE, INITIALIZERS, OPTIMIZERS, RATE, WIDE, crossed, loaded


def test_variants_have_levels_and_factors_the_order_of_the_plan():
    results = loaded()
    assert results.factors == {"optimizer": OPTIMIZERS, "initializer": INITIALIZERS, "strategy": ("random",)}
    assert results.variants[:2] == ("SGD, he", "SGD, xavier")
    assert results.levels["Adam, std"] == {"optimizer": "Adam", "initializer": "std", "strategy": "random"}
    assert results.strategy_of("Adam, std") == "random"
    assert results.objective_factors == ("optimizer", "initializer")
    assert (results.noun, set(results.families.values())) == ("variant", {"mlp"})
    assert results.settings["factors"] == FILE["factors"]
    assert sorted(results.trials["variant"].unique()) == sorted(results.variants)


def test_every_variant_has_its_own_space():
    results = loaded(factors={"optimizer": OPTIMIZERS}, spaces={"Adam": WIDE}, untuned=("SGD",))
    assert results.space_of("digits", "Adam") == WIDE
    assert results.space_of("digits", "SGD") == {}


def test_a_variant_that_searches_nothing_is_complete_after_one_trial_and_leaves_the_budget():
    results = loaded(untuned=("Adam",))
    assert results.budget == 10
    assert results.untuned == {"Adam, he", "Adam, xavier", "Adam, std"}
    runs = results.runs.set_index("variant")
    assert runs["complete"].all()
    assert set(runs.loc["Adam, he", "trials"]) == {1}
    assert set(runs.loc["SGD, he", "trials"]) == {10}
    assert runs.loc["Adam, he", "test_values"].map(len).tolist() == [1] * 4


def test_without_a_stored_plan_the_budget_is_that_of_the_searches():
    assert loaded(untuned=("Adam",), plan=None).budget == 10


def test_the_plan_of_the_run_with_the_latest_trial_counts():
    storage = crossed(factors={"optimizer": OPTIMIZERS}, repeats=1)
    later = {"factors": {"optimizer": ["Adam", "SGD"]}, "trials": 20}
    study = optuna.load_study(study_name="crossed/Adam/00", storage=storage)
    study.set_user_attr("plan", later)
    study.add_trial(create_trial(value=0.5, params={"learning_rate": 0.1}, distributions=RATE))  # begun last
    results = load_results(storage, "crossed")
    assert (results.budget, results.variants) == (20, ("Adam", "SGD"))


def test_a_run_of_an_earlier_version_is_its_strategy_s():
    storage = InMemoryStorage()
    for label in ("b", "a"):
        study = optuna.create_study(study_name=f"old/{label}/00", storage=storage)
        content = {"data": {"source": "table"}, "search": {"strategies": ["a", "b"]}}
        own = {"study": "old", "task": "t", "strategy": label, "repeat": 0, "seed": 0, "metric": "loss", "trials": 1}
        for key, value in (own | {"content_hash": "", "content": content}).items():
            study.set_user_attr(key, value)
        study.add_trial(create_trial(value=1.0))
    results = load_results(storage, "old")
    assert results.variants == ("a", "b")
    assert (results.factors, results.levels["b"]) == ({"strategy": ("a", "b")}, {"strategy": "b"})
    assert set(results.families.values()) == {"table"}
    assert (results.noun, results.objective_factors) == ("strategy", ())


def test_a_trial_without_an_inactive_parameter_has_no_value_of_it():
    when = {"momentum": {"optimizer": ["sgd"]}}
    assert loaded(when=when).conditions == when


@pytest.mark.parametrize("label", ["SGD", "Adam"])
def test_the_made_effects_are_in_the_values(label):
    results = loaded(factors={"optimizer": OPTIMIZERS})
    mean = results.trials.groupby("variant")["value"].mean()[label]
    assert mean == pytest.approx(0.7 + EFFECTS[label], abs=0.01)
    assert set(results.space) == set(RATE)
