import dataclasses

import pandas as pd

from hpsearch.analysis.diagnostics import TaskSearch, diagnose
from hpsearch.analysis.importance import importances
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.views import by_objective, searching
from tests.example_results import make_results
from tests.factor_runs import INITIALIZERS, OPTIMIZERS, RATE, WIDE, loaded


def test_without_factors_it_is_the_same_object():
    results = make_results(repeats=1, trials=2)
    assert by_objective(results) is results
    assert searching(results) is results


def test_an_objective_is_the_levels_and_with_several_tasks_the_task_too():
    assert tasks(by_objective(loaded(repeats=1))) == [f"{a}, {b}" for a in OPTIMIZERS for b in INITIALIZERS]
    several = by_objective(loaded(factors={"optimizer": OPTIMIZERS}, tasks=("a", "b"), repeats=1))
    assert tasks(several) == ["a: SGD", "a: Adam", "b: SGD", "b: Adam"]


def test_strategies_are_the_variants_of_an_objective():
    view = by_objective(loaded(factors={"optimizer": OPTIMIZERS, "strategy": ("random", "tpe")}, repeats=2))
    assert (tasks(view), view.variants, view.noun, view.subject) == (
        ["SGD", "Adam"], ("random", "tpe"), "strategy", "objective",
    )  # fmt: skip
    assert view.labels_of(["random"]) == ["random"]
    counts = view.trials.groupby(["task", "variant"]).size()
    assert set(counts) == {20}


def test_trials_of_different_spaces_are_never_pooled():
    results = loaded(factors={"optimizer": OPTIMIZERS}, spaces={"Adam": WIDE})
    view = by_objective(results)
    assert [dict(view.space_of(task)) for task in tasks(view)] == [RATE, WIDE]
    for task in OPTIMIZERS:
        search = TaskSearch(view, task)
        own = results.trials[results.trials["variant"] == task]
        assert sorted(search.every["value"]) == sorted(own["value"])
        assert search.table("model")["optimizer"] == task.lower()
        assert importances(view, task)["trials"].tolist() == [len(own)]


def test_what_searches_nothing_has_no_search_to_look_at():
    view = by_objective(loaded(factors={"optimizer": OPTIMIZERS}, untuned=("SGD",)))
    assert tasks(view) == ["Adam"]
    assert {each.task for each in diagnose(view)} == {"Adam"}
    assert tasks(by_objective(loaded(untuned=OPTIMIZERS))) == []


def test_labels_of_one_level_are_left_out():
    view = by_objective(loaded(factors={"optimizer": OPTIMIZERS, "initializer": ("he",)}, repeats=1))
    assert tasks(view) == list(OPTIMIZERS)


def test_each_objective_has_the_baselines_of_its_task():
    results = loaded(factors={"optimizer": OPTIMIZERS}, tasks=("digits", "wine"), repeats=1)
    columns = list(results.baselines)
    rows = [[task, 0, "simple", value, value, 9] for task, value in (("digits", 0.1), ("wine", 0.4))]
    view = by_objective(
        dataclasses.replace(results, baselines=pd.DataFrame(rows, columns=columns[:6]).reindex(columns=columns))
    )
    assert dict(zip(view.baselines["task"], view.baselines["test"], strict=True)) == {
        task: 0.4 if task.startswith("wine") else 0.1 for task in view.runs["task"].unique()
    }
