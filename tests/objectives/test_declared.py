"""Plain functions that declare what they suggest: checked, with likely values, and able to go on from one another."""

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import InMemoryStorage

import hpsearch
from hpsearch import Choice, Float, Int, UsageError
from hpsearch.objectives.declared import DeclaredSpace
from hpsearch.run.taken_over import AGAIN, NEAREST, TAKEN
from hpsearch.strategies.likely import NEAR


def valley(low=-5.0, high=5.0):
    """Return a function of a number in this range and a choice, best at 1 and "b", and its space."""

    def value(trial):
        return (trial.suggest_float("x", low, high) - 1) ** 2 + (trial.suggest_categorical("kind", ["a", "b"]) == "a")

    return value, {"x": Float(low, high), "kind": Choice(["a", "b"])}


def searched(low=-5.0, high=5.0, trials=8, **arguments):
    function, space = valley(low, high)
    return hpsearch.search(function, **{"space": space, "direction": "minimize", "trials": trials} | arguments)


def test_the_space_has_distributions_conditions_and_likely_values():
    space = DeclaredSpace.of(
        {
            "gamma": Float(1e-3, 1, log=True, when={"kernel": "rbf"}),
            "kernel": Choice(["linear", "rbf"], likely="rbf"),
            "degree": {"low": 1, "high": 5, "likely": 3},
            "shift": FloatDistribution(0, 1),
        }
    )
    assert list(space.distributions) == ["kernel", "gamma", "degree", "shift"]
    assert space.distributions["kernel"] == CategoricalDistribution(["linear", "rbf"])
    assert space.distributions["degree"] == IntDistribution(1, 5)
    assert space.conditions == {"gamma": {"kernel": ["rbf"]}}
    assert space.likely == {"kernel": "rbf", "degree": 3}
    assert space.content()["gamma"] == {"low": 1e-3, "high": 1.0, "log": True, "when": {"kernel": ["rbf"]}}


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({}, "space must map each parameter to its range"),
        ([1], "space must map each parameter to its range"),
        ({"x": {"low": 1, "high": 0}}, "space: x: low must be below high"),
        ({"x": {"low": 0, "high": 1, "likely": 2}}, "space: x: likely must be from 0 to 1, got 2"),
        ({"x": {"low": 0, "high": 1, "when": {"y": 1}}}, "space: x: when: unknown parameter 'y'"),
        ({"x": Int(0, 1, when={"y": [7]}), "y": Int(0, 3)}, "space: x: when y = .7. never holds"),
        ({"x": Int(0, 1, when={"y": 1}), "y": Float(0, 3)}, "y is a range of numbers"),
        ({"x": Int(0, 1, when={"y": 1}), "y": Int(0, 1, when={"x": 1})}, "makes a circle"),
    ],
)
def test_other_spaces_are_refused(space, message):
    with pytest.raises(UsageError, match=message):
        DeclaredSpace.of(space)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"x": Float(-5, 5)}, "space must have all that the function suggests, got 'kind'; it has x"),
        ({"x": Float(-5, 6), "kind": Choice(["a", "b"])}, "space: x is .*6.0.*suggests it from .*5.0"),
    ],
)
def test_a_function_that_suggests_something_else_is_refused(space, message):
    with pytest.raises(UsageError, match=message):
        searched(space=space, trials=1)


def test_an_objective_has_a_space_of_its_own():
    with pytest.raises(UsageError, match="space is for functions: FunctionObjective has its own"):
        hpsearch.search(hpsearch.objectives.FunctionObjective(), space={"x": Float(0, 1)}, trials=1)


@pytest.mark.parametrize("seed", [0, 1])
def test_functions_go_on_from_one_another_whatever_the_seed(seed):
    first = searched(-5, 5)
    second = searched(-2, 9, start_from=first, seed=seed, trials=3)
    inside = [trial for trial in first.study.trials if trial.params["x"] >= -2]
    assert len(second.study.user_attrs[TAKEN]["trials"]) == len(inside) > 0
    assert second.study.trials[0].user_attrs[AGAIN][1] == min(inside, key=lambda trial: trial.value).number
    assert second.best_value <= min(trial.value for trial in inside)


def test_a_search_beyond_all_earlier_trials_begins_at_the_end_that_is_nearest_to_them():
    first = searched(-5, 5)
    second = searched(6, 9, start_from=first, trials=2)
    assert second.study.trials[0].params == {"x": 6.0, "kind": first.study.best_params["kind"]}
    assert NEAREST in second.study.trials[0].user_attrs


def test_the_first_trials_of_a_function_are_near_likely_values():
    function, space = valley()
    search = hpsearch.search(function, space=space | {"x": Float(-5, 5, likely=2)}, direction="minimize", trials=6)
    assert search.study.trials[0].params["x"] == 2.0
    assert sum(NEAR in trial.user_attrs for trial in search.study.trials) >= 2


def test_comparisons_of_functions_go_on_too():
    storage = InMemoryStorage()
    searched(storage=storage, name="one")
    function, space = valley(-3, 3)
    compared = hpsearch.compare(
        function, space=space, direction="minimize", strategies=["random", "tpe"], trials=2, repeats=1,
        storage=storage, name="two", start_from="one",
    )  # fmt: skip
    assert {len(each.trials) > 0 for each in compared.results.taken_over.values()} == {True}
