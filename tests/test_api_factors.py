"""Comparisons of objectives and factors from Python."""

import optuna
import pytest
from optuna.storages import InMemoryStorage

import hpsearch
from hpsearch.errors import UsageError

MODEL = {"hidden_layer_sizes": 8, "epochs": 2}
OPTIMIZERS = {"optimizer": {"key": "model.optimizer", "values": ["sgd", "adam"]}}


def square(width):
    return lambda trial: trial.suggest_float("x", -width, width) ** 2


def levels(storage):
    return [study.user_attrs["levels"] for study in optuna.get_all_study_summaries(storage)]


def compared(objective, **arguments):
    return hpsearch.compare(objective, **{"trials": 2, "repeats": 2, "retrain": 1} | arguments)


def test_functions_are_compared_by_their_labels():
    storage = InMemoryStorage()
    results = compared({"narrow": square(1), "wide": square(2)}, storage=storage).results
    assert results.variants == ("narrow", "wide")
    assert levels(storage)[:2] == [
        {"objective": "narrow", "strategy": "random"},
        {"objective": "wide", "strategy": "random"},
    ]
    narrow, wide = (results.trials.query("variant == @label")["params_x"] for label in results.variants)
    assert 2 * narrow.to_numpy() == pytest.approx(wide.to_numpy()), "first points are at the same quantiles"


def test_factors_are_crossed_with_strategies():
    storage = InMemoryStorage()
    objective = hpsearch.MLPObjective("iris", model=MODEL)
    results = compared(objective, factors=OPTIMIZERS, strategies=["random", "tpe"], storage=storage).results
    assert results.variants == ("sgd, random", "sgd, tpe", "adam, random", "adam, tpe")
    assert results.factors == {"optimizer": ("sgd", "adam"), "strategy": ("random", "tpe")}
    assert len(results.runs) == 8


def test_networks_are_compared_tuned_and_as_they_are():
    tuned = hpsearch.MLPObjective("iris", model=MODEL)
    as_it_is = hpsearch.MLPObjective("iris", model=MODEL, space={})
    runs = compared({"tuned": tuned, "as it is": as_it_is}).results.runs
    assert runs.groupby("variant")["trials"].sum().to_dict() == {"as it is": 2, "tuned": 4}
    assert all(len(values) == 1 for values in runs["test_values"])


@pytest.mark.parametrize(
    ("objective", "arguments", "words"),
    [
        ({}, {}, "objectives must be at least one"),
        ({"a/b": square(1), "c": square(2)}, {}, "without '/', ',' and '='"),
        (square(1), {"factors": OPTIMIZERS}, "give factors objectives of their own"),
        ({"a": hpsearch.MLPObjective("iris"), "b": hpsearch.MLPObjective("wine")}, {}, "must have the same tasks"),
        (
            {"a": hpsearch.MLPObjective("iris"), "b": hpsearch.MLPObjective({"source": "iris", "test": 0.3})},
            {},
            "must have the same validation and test rows",
        ),
        (
            {"a": hpsearch.MLPObjective("iris", model=MODEL), "b": hpsearch.MLPObjective("iris", model=MODEL)},
            {},
            "have the same settings",
        ),
        (square(1), {"first": "default"}, "unknown first 'default'"),
        (
            hpsearch.MLPObjective("iris"),
            {"factors": {"f": {"key": "model.momentums", "values": [0.1, 0.2]}}},
            "momentums",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(objective, arguments, words):
    with pytest.raises(UsageError) as error:
        compared(objective, **arguments)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
