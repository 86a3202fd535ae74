"""Comparisons of levels: their values are computed here from the runs alone."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from hpsearch.analysis.comparison.paired import pairs
from hpsearch.analysis.comparison.pairings import baseline, pairings
from hpsearch.analysis.comparison.run_values import run_values
from hpsearch.analysis.comparison.variant_table import variant_table
from hpsearch.analysis.comparison.verdicts import verdicts
from tests.factor_runs import INITIALIZERS, OPTIMIZERS, loaded

STRATEGIES = ("tpe", "random", "narrowing")
PLAN = {
    "tasks": ["digits"],
    "factors": {"optimizer": list(OPTIMIZERS), "initializer": list(INITIALIZERS)},
    "trials": 10,
    "repeats": 4,
}


def names(results):
    return [f"{each.factor}: {each.level} {each.against}" for each in pairings(results)]


def test_each_level_is_compared_with_the_first_of_its_factor():
    results = loaded()
    assert names(results) == ["optimizer: Adam SGD", "initializer: xavier he", "initializer: std he"]
    adam, xavier, _ = pairings(results)
    assert adam.variants == ("Adam, he", "Adam, xavier", "Adam, std")
    assert adam.against_variants == ("SGD, he", "SGD, xavier", "SGD, std")
    assert (xavier.variants, xavier.against_variants) == (("SGD, xavier", "Adam, xavier"), ("SGD, he", "Adam, he"))
    assert baseline(results) == "SGD, he"


def test_strategies_are_compared_with_random_and_with_each_other():
    results = loaded(factors={"optimizer": OPTIMIZERS, "strategy": STRATEGIES}, repeats=2)
    expected = [
        "optimizer: Adam SGD",
        *(f"strategy: {each}" for each in ("tpe random", "narrowing random", "narrowing tpe")),
    ]
    assert names(results) == expected
    assert baseline(results) == "SGD, random"


def test_cells_that_one_level_lacks_are_left_out():
    adam, *_ = pairings(loaded(skip=("SGD, xavier",)))
    assert adam.variants == ("Adam, he", "Adam, std")


@pytest.mark.parametrize("tasks", [("digits",), ("digits", "wine")])
def test_a_pair_is_the_mean_of_a_repeat_over_tasks_and_cells(tasks):
    results = loaded(tasks=tasks)
    runs = {
        (row["task"], row["variant"], row["repeat"]): np.mean(row["test_values"])
        for row in results.runs.to_dict("records")
    }
    cells = list(itertools.product(tasks, INITIALIZERS))
    by_hand = [
        np.mean([runs[task, f"Adam, {each}", repeat] for task, each in cells])
        - np.mean([runs[task, f"SGD, {each}", repeat] for task, each in cells])
        for repeat in range(4)
    ]
    found = pairs(run_values(results), pairings(results)[0])
    assert found.differences == pytest.approx(by_hand)
    verdict = verdicts(results)[0]
    assert (verdict.effect, verdict.cells, verdict.tasks) == (pytest.approx(np.mean(by_hand)), 3, len(tasks))
    assert (verdict.comparisons, verdict.rule) == (3, "none")  # four repeats can't decide without a plan
    planned = replace(results, first_plan=PLAN | {"tasks": list(tasks)})
    interval = stats.ttest_1samp(by_hand, 0).confidence_interval(1 - 0.04 / 3)
    found = verdicts(planned)[0]
    assert (found.low, found.high) == pytest.approx(tuple(interval))
    assert (found.verdict, found.comparisons) == ("better", 3)


def test_a_repeat_needs_every_cell():
    results = loaded()
    first = (results.runs["variant"] == "Adam, std") & (results.runs["repeat"] == 2)
    results.runs.loc[first, "complete"] = False
    assert pairs(run_values(results), pairings(results)[0]).frame["repeat"].tolist() == [0, 1, 3]


def test_the_noise_is_that_of_the_reference_in_each_cell():
    results = loaded()
    variances = []
    for cell in INITIALIZERS:
        rows = results.runs[results.runs["variant"] == f"SGD, {cell}"]
        distances = [abs(a - b) for values in rows["test_values"] for a, b in itertools.combinations(values, 2)]
        variances.append((np.median(distances) / 0.953873) ** 2)
    found = pairs(run_values(results), pairings(results)[0])
    assert found.noise == pytest.approx(np.sqrt(np.mean(variances)), rel=1e-6)


def test_the_plan_counts_comparisons_and_no_cells():
    plan = PLAN | {"factors": {"optimizer": ["SGD", "Adam"], "initializer": ["he", "std"]}}
    adam, xavier, std = verdicts(replace(loaded(), first_plan=plan))
    assert (xavier.planned, xavier.comparisons, xavier.rule) == (False, 3, "none")
    assert (std.planned, std.comparisons, std.rule) == (True, 2, "planned")
    assert not adam.planned  # its means are over xavier too


def test_a_level_that_is_tuned_is_compared_with_one_that_is_not():
    tuned, untuned = (loaded(factors={"optimizer": OPTIMIZERS}, untuned=each) for each in ((), ("Adam",)))
    assert [verdicts(each)[0].repeats for each in (tuned, untuned)] == [4, 4]
    assert [verdicts(each)[0].searched for each in (tuned, untuned)] == [True, False]


def test_cells_are_shown_untested_and_the_levels_of_one_factor_against_its_reference():
    assert variant_table(loaded())["better"].isna().all()
    one = variant_table(loaded(factors={"optimizer": OPTIMIZERS})).set_index("variant")["better"]
    assert one.isna().to_dict() == {"SGD": True, "Adam": False}


def test_trials_to_match_are_those_of_searches_alone():
    table = variant_table(loaded(untuned=("SGD, he",))).set_index("variant")["trials_to_random"]
    assert table.isna().to_dict() == {each: each == "SGD, he" for each in table.index}
    assert table["SGD, xavier"] <= 10  # the first that searches: half of its runs match its median
