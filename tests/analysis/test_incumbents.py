import math

import numpy as np
import optuna
import pandas as pd
import pytest

from hpsearch.analysis.incumbents import anytime, incumbents, tasks
from tests.results import make_results, make_study, of_studies

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
    assert list(zip(found["strategy"], found["repeat"], strict=True)) == [("b", 0), ("b", 1), ("a", 0), ("a", 1)]


def test_anytime_by_hand():
    found = anytime(runs_of([1.0, 1.0], [2.0, 5.0], [3.0, 0.0], [4.0, 9.0], budget=2))
    expected = pd.DataFrame(
        {
            "task": "t",
            "strategy": "random",
            "number": [0, 1],
            "lower": [1.75, 2.5],
            "median": [2.5, 4.0],
            "upper": [3.25, 6.0],
            "repeats": 4,
        }
    )
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_numbers_that_some_repeats_have_not_reached_are_left_out():
    found = anytime(runs_of([0.1, 0.1, 0.1], [0.9]))
    assert found[["number", "median", "repeats"]].to_numpy().tolist() == [[0, 0.5, 2]]


def test_repeats_that_have_not_begun_do_not_count():
    found = anytime(runs_of([0.1, 0.2], []))
    assert found[["number", "median", "repeats"]].to_numpy().tolist() == [[0, 0.1, 1], [1, 0.2, 1]]


@pytest.mark.parametrize(("direction", "worst"), [("maximize", -INF), ("minimize", INF)])
def test_a_repeat_without_a_value_counts_as_worse_than_any(direction, worst):
    found = anytime(runs_of([None, 1.0], [2.0, 2.0], [None, None], direction=direction))
    assert found["median"].tolist() == [worst, {"maximize": 1.0, "minimize": 2.0}[direction]]


def test_nothing_made_gives_empty_frames():
    nothing = make_results(finished=0)
    assert incumbents(nothing).empty
    assert anytime(nothing).empty
    assert list(anytime(nothing)) == ["task", "strategy", "number", "lower", "median", "upper", "repeats"]


def test_turning_the_direction_turns_every_value():
    values = np.random.default_rng(0).normal(size=(5, 12)).tolist()
    up = anytime(runs_of(*values, budget=12))
    down = anytime(runs_of(*[[-value for value in run] for run in values], direction="minimize", budget=12))
    np.testing.assert_allclose(up[["lower", "median", "upper"]], -down[["upper", "median", "lower"]])


def test_incumbents_end_at_what_optuna_calls_best():
    results = make_results(trials=9, repeats=2)
    ends = incumbents(results).groupby(["strategy", "repeat"], sort=False)["value"].last().tolist()
    assert ends == results.runs["value"].tolist()
    assert tasks(results) == ["digits"]
    assert optuna.trial.TrialState.COMPLETE.name == results.trials["state"].unique()[0]
