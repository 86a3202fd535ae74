import numpy as np
import pytest
from scipy import stats

from hpsearch.analysis.comparison.ranks import rank_curves, ranks, task_ranks, task_values
from tests.analysis.comparison.compared import compared, turned
from tests.example_results import make_results, make_study, of_studies

RUNS = {
    "random": ([0.2, 0.3, 0.3], [0.2, 0.1, 0.5]),
    "tpe": ([0.1, 0.6, 0.6], [None, 0.2, 0.8]),
    "gp": ([0.2, 0.2, 0.9], [None, 0.2, 0.1]),
}


def made(runs=RUNS):
    studies = [
        make_study(f"{strategy}/{repeat}", task="t", strategy=strategy, repeat=repeat, values=values)
        for strategy, repeats in runs.items()
        for repeat, values in enumerate(repeats)
    ]
    return of_studies(studies, tuple(runs), 3)


@pytest.mark.parametrize("around", [lambda results: results, turned])
def test_by_hand(around):
    # repeat 0: 0.2, 0.1, 0.2 then 0.3, 0.6, 0.2 then 0.3, 0.6, 0.9; repeat 1: 0.2, none, none then 0.2 each
    # then 0.5, 0.8, 0.2
    curves = rank_curves(around(made()))
    assert set(curves["blocks"]) == {2}
    table = curves.pivot_table(index="n", columns="variant", values="rank")[list(RUNS)]
    expected = [[(1.5 + 1) / 2, (3 + 2.5) / 2, (1.5 + 2.5) / 2], [(2 + 2) / 2, (1 + 2) / 2, (3 + 2) / 2], [2.5, 1.5, 2]]
    np.testing.assert_allclose(table, expected)


def test_only_repeats_in_which_all_are_done():
    runs = RUNS | {"gp": ([0.2, 0.2, 0.9], [0.2])}
    assert set(rank_curves(made(runs))["blocks"]) == {1}
    assert rank_curves(made(RUNS | {"gp": ([0.2],)})).empty
    nothing = rank_curves(make_results(finished=3))
    assert nothing.empty
    assert list(nothing) == list(rank_curves(made())) == ["variant", "n", "rank", "blocks"]


@pytest.mark.parametrize("around", [lambda results: results, turned])
def test_no_value_yet_is_worse_than_any(around):
    above = {name: [[value and value + 1 for value in run] for run in runs] for name, runs in RUNS.items()}
    below = {name: [[value and value - 1 for value in run] for run in runs] for name, runs in RUNS.items()}
    one, other = rank_curves(around(made(above))), rank_curves(around(made(below)))
    np.testing.assert_array_equal(one["rank"], other["rank"])


@pytest.mark.parametrize("tasks", [("a",), ("a", "b")])
def test_places_add_up(tasks):
    curves = rank_curves(
        make_results(tasks=tasks, repeats=3, strategies=("random", "tpe", "x", "y"), diverge_above=0.01)
    )
    assert curves.groupby("n")["rank"].sum().to_numpy() == pytest.approx(4 * 5 / 2)
    assert set(curves["blocks"]) == {3 * len(tasks)}


def test_ranks_are_those_of_scipy_best_first():
    values = np.random.default_rng(0).integers(0, 4, (20, 5)).astype(float)
    np.testing.assert_array_equal(ranks(values, -1), stats.rankdata(values, axis=1))
    np.testing.assert_array_equal(ranks(values, 1), ranks(-values, -1))
    np.testing.assert_array_equal(ranks(np.array([np.nan, -np.inf, 0.5, np.inf]), 1), [3.5, 3.5, 2, 1])


TASKS = {
    "a": {"random": [[0.5], [0.7]], "tpe": [[0.6], [0.6]], "gp": [[0.9], [0.1]]},
    "b": {"random": [[1], [3]], "tpe": [[5], [5]], "gp": [[7], None]},
    "c": {"random": [[1], [1]], "tpe": [[5], "running"], "gp": ["running", "running"]},
}


@pytest.mark.parametrize("around", [lambda results: results, turned])
def test_on_tasks_repeats_are_averaged_first(around):
    results = around(compared(TASKS))
    assert task_values(results).loc["a"].tolist() == pytest.approx([results.sign * each for each in (0.6, 0.6, 0.5)])
    places = task_ranks(results)
    assert places.index.tolist() == ["a", "b"]  # gp has nothing on c
    assert (places.index.name, places.columns.name, list(places)) == ("task", "variant", ["random", "tpe", "gp"])
    assert places.to_numpy().tolist() == [[1.5, 1.5, 3.0], [2.0, 1.0, 3.0]]


def test_no_task_no_ranks():
    assert task_ranks(make_results(finished=2)).empty
