import dataclasses
import math

import pytest

from hpsearch.analysis.comparison.profiles import median_trials, profiles
from hpsearch.analysis.comparison.targets import trials_to_target
from tests.analysis.comparison.compared import of_strategies, turned
from tests.example_results import make_results, make_study, of_studies

# The trial at which a strategy's only run is as good as random's, of eight; 0 for never.
REACHED = {
    "a": {"random": 8, "tpe": 2, "bad": 0},
    "b": {"random": 4, "tpe": 4, "bad": 0},
    "c": {"random": 6, "tpe": 2, "bad": 4},
}


def made(reached):
    studies = [
        make_study(
            f"{task}/{strategy}", task=task, strategy=strategy, repeat=0, values=[float(n == at) for n in range(1, 9)]
        )
        for task, strategies in reached.items()
        for strategy, at in strategies.items()
    ]
    return of_studies(studies, ("random", "tpe", "bad"), 8)


@pytest.mark.parametrize("around", [lambda results: results, turned])
def test_by_hand(around):
    # ratios on a, b, c: random 4, 1, 3; tpe 1, 1, 1; bad ∞, ∞, 2
    found = profiles(around(made(REACHED)))
    table = found.pivot_table(index="variant", columns="factor", values="share")
    assert table.columns.tolist() == [1, 2, 3, 4]
    assert table.loc["random"].tolist() == pytest.approx([1 / 3, 1 / 3, 2 / 3, 1])
    assert table.loc["tpe"].tolist() == [1, 1, 1, 1]
    assert table.loc["bad"].tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3])
    assert set(found["tasks"]) == {3}
    assert found["variant"].unique().tolist() == ["random", "tpe", "bad"]


def test_a_strategy_without_a_complete_run_leaves_no_task_to_compare_on():
    results = dataclasses.replace(made(REACHED), **of_strategies(("random", "tpe", "bad", "gp")))
    assert profiles(results).empty


def test_two_tasks_are_too_few():
    too_few = [
        made({task: REACHED[task] for task in "ab"}),
        make_results(tasks=("a", "b", "c"), finished=3),
        make_results(tasks=("a", "b", "c"), strategies=("random",)),
    ]
    for results in too_few:
        assert profiles(results).empty
        assert list(profiles(results)) == ["variant", "factor", "share", "tasks"]


def test_the_median_is_the_lower_one_and_infinite_where_most_never_got_there():
    needed = trials_to_target(made(REACHED)).assign(trials=[1, 2, 9, math.inf, math.inf, 5, 3, 3, 3], task="a")
    needed["variant"] = ["x", "x", "y", "y", "y", "z", "z", "z", "z"]
    assert median_trials(needed).to_dict() == {("a", "x"): 1, ("a", "y"): math.inf, ("a", "z"): 3}
