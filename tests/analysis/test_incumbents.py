import math

import numpy as np
import optuna
import pytest
from optuna.trial import create_trial

from hpsearch.analysis.incumbents import incumbents, tasks
from hpsearch.strategies.base import CONFIRMS
from tests.example_results import CASES, case, make_results, make_study, of_studies

NAN, INF = math.nan, math.inf


def runs_of(*values, direction="maximize", budget=4, strategy="random"):
    studies = [
        make_study(f"{strategy}/{repeat}", task="t", strategy=strategy, repeat=repeat, values=each, direction=direction)
        for repeat, each in enumerate(values)
    ]
    return of_studies(studies, (strategy,), budget, direction=direction)


@pytest.mark.parametrize(
    ("direction", "values", "expected"),
    [
        ("maximize", [0.1, 0.5, 0.3, 0.7], [0.1, 0.5, 0.5, 0.7]),
        ("minimize", [0.5, 0.7, 0.1, 0.3], [0.5, 0.5, 0.1, 0.1]),
        ("maximize", [None, 0.5, None, 0.7], [NAN, 0.5, 0.5, 0.7]),
        ("minimize", [INF, 3.0, INF, 2.0], [INF, 3.0, 3.0, 2.0]),
        ("maximize", [0.2, 0.3], [0.2, 0.3]),
        ("maximize", [0.2, None], [0.2, 0.2]),
        ("maximize", [0.2, 0.1, 0.1, 0.1, 0.9], [0.2, 0.2, 0.2, 0.2]),
        ("maximize", [], []),
    ],
)
def test_best_so_far(direction, values, expected):
    found = incumbents(runs_of(values, direction=direction))
    np.testing.assert_array_equal(found["value"].to_numpy(dtype=float), expected)
    assert found["number"].tolist() == list(range(len(expected)))


def test_a_running_trial_is_not_reached():
    study = make_study("r", task="t", strategy="random", repeat=0, values=[0.3])
    study.ask()
    found = incumbents(of_studies([study], ("random",), 4))
    assert found["number"].tolist() == [0]


def test_runs_come_in_the_order_of_the_study():
    studies = [
        make_study(f"{strategy}/{repeat}", task="t", strategy=strategy, repeat=repeat, values=[0.1])
        for strategy in ("a", "b", "other")
        for repeat in (1, 0)
    ]
    found = incumbents(of_studies(studies, ("b", "a"), 1))
    assert list(zip(found["variant"], found["repeat"], strict=True)) == [("b", 0), ("b", 1), ("a", 0), ("a", 1)]


def test_nothing_made_gives_empty_frames():
    nothing = make_results(finished=0)
    assert incumbents(nothing).empty


def test_incumbents_end_at_what_optuna_calls_best():
    results = make_results(trials=9, repeats=2)
    ends = incumbents(results).groupby(["variant", "repeat"], sort=False)["value"].last().tolist()
    assert ends == results.runs["value"].tolist() == results.runs["observed"].tolist()
    assert tasks(results) == ["digits"]
    assert optuna.trial.TrialState.COMPLETE.name == results.trials["state"].unique()[0]


def test_repetitions_pass_without_changing_the_best_so_far():
    study = make_study("r", task="t", strategy="random", repeat=0, values=[0.3, 0.5])
    for value in (0.9, 0.1, 0.2):
        study.add_trial(create_trial(value=value, user_attrs={CONFIRMS: 1}))
    found = incumbents(of_studies([study], ("random",), 5))
    assert found["value"].tolist() == [0.3, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_curves_that_only_get_better(name):
    results = case(name)
    for _, curve in incumbents(results).groupby(["task", "variant", "repeat"]):
        assert not (results.sign * curve["value"].dropna()).diff().lt(0).any()
