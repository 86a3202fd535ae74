import dataclasses
import math

import pandas as pd
import pytest

from hpsearch.analysis.comparison.targets import share_at_target, targets, trials_to_target
from tests.analysis.comparison.compared import turned
from tests.example_results import make_results, make_study, of_studies

RUNS = {
    "tpe": ([0.1, 0.6, 0.6, 0.6], [0.1, 0.1, 0.1, 0.8], [0.7]),
    "random": ([0.2, 0.3, 0.3, 0.5], [0.2, 0.1, 0.5, 0.7], [0.9]),
    "bad": ([0.0, 0.0, 0.0, 0.0], [None, None, None, None]),
}


def made(order=("tpe", "random", "bad"), runs=RUNS):
    studies = [
        make_study(f"{strategy}/{repeat}", task="t", strategy=strategy, repeat=repeat, values=values)
        for strategy in order
        for repeat, values in enumerate(runs[strategy])
    ]
    return of_studies(studies, order, 4)


@pytest.mark.parametrize("around", [lambda results: results, turned])
def test_by_hand(around):
    # random's complete runs end at 0.5 and 0.7; its third one is not complete
    results = around(made())
    assert targets(results) == pytest.approx({"t": results.sign * 0.6})
    needed = trials_to_target(results)
    assert needed[["variant", "repeat", "trials"]].to_numpy().tolist() == [
        ["tpe", 0, 2.0],
        ["tpe", 1, 4.0],
        ["random", 0, math.inf],
        ["random", 1, 4.0],
        ["bad", 0, math.inf],
        ["bad", 1, math.inf],
    ]
    shares = share_at_target(needed, 4)
    table = shares.pivot_table(index="variant", columns="n", values="share")
    assert table.loc["tpe"].tolist() == [0, 0, 0.5, 0.5, 1]
    assert table.loc["random"].tolist() == [0, 0, 0, 0, 0.5]
    assert table.loc["bad"].tolist() == [0] * 5


@pytest.mark.parametrize("around", [lambda results: results, turned])
def test_a_baseline_run_that_found_nothing_counts_as_the_worst(around):
    runs = RUNS | {"random": ([0.5] * 4, [0.7] * 4, [None] * 4)}
    results = around(made(("random", "tpe"), runs))
    assert targets(results) == pytest.approx({"t": results.sign * 0.5})


def test_shares_count_the_runs_that_needed_no_more_trials():
    needed = pd.DataFrame({"variant": ["b"] * 3 + ["a"] * 2, "trials": [1.0, 3.0, math.inf, 2.0, 2.0]})
    found = share_at_target(needed, 3)
    assert found["variant"].tolist() == ["b"] * 4 + ["a"] * 4
    assert found["n"].tolist() == [0, 1, 2, 3] * 2
    assert found["share"].tolist() == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 0, 0, 1, 1])
    assert found["runs"].tolist() == [3] * 4 + [2] * 4


def test_rows_are_in_the_order_of_the_study_whatever_that_of_its_runs_is():
    results = made()
    turned_around = dataclasses.replace(results, runs=results.runs[::-1], trials=results.trials[::-1])
    assert trials_to_target(turned_around).equals(trials_to_target(results))


def test_without_random_the_first_strategy_sets_the_target():
    assert targets(made(("tpe", "bad"))) == pytest.approx({"t": 0.7})


@pytest.mark.parametrize("order", [("random",), ("bad", "tpe")])
def test_no_target_with_one_strategy_or_where_it_is_no_number(order):
    runs = RUNS | {"bad": ([None] * 4, [None] * 4)}
    assert targets(made(order, runs)) == {}
    assert trials_to_target(made(order, runs)).empty
    shares = share_at_target(trials_to_target(made(order, runs)), 4)
    assert shares.empty
    assert list(shares) == ["variant", "n", "share", "runs"]


def test_each_task_has_its_own():
    results = make_results(tasks=("a", "b"), repeats=2)
    assert list(targets(results)) == ["a", "b"]
    assert len(trials_to_target(results)) == 2 * 3 * 2
