import math

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.analysis.isolation import isolation
from tests.example_results import CASES, case, make_results


def of(distribution, held, values, **changes):
    """The buckets of one parameter whose trials hold these values."""
    results = make_results(
        strategies=("random",), repeats=1, trials=len(held), space={"p": distribution}, diverge_above=2.0, **changes
    )
    results.trials["params_p"] = held
    results.trials["value"] = values
    return results, isolation(results)


def test_by_hand():
    _, found = of(FloatDistribution(0.0, 1.0), [0.0, 0.05, 0.1, 0.55, 1.0], [1.0, 3.0, 2.0, 5.0, 4.0])
    assert found["trials"].tolist() == [2, 1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert found["best"].dropna().tolist() == [3.0, 2.0, 5.0, 4.0]
    assert found["low"].tolist() == pytest.approx([index / 10 for index in range(10)])


def test_less_is_better():
    _, found = of(FloatDistribution(0.0, 1.0), [0.01, 0.02], [1.0, 3.0], direction="minimize")
    assert found["best"].iloc[0] == 1.0


def test_logarithmic_ranges_have_logarithmic_buckets():
    _, found = of(FloatDistribution(1e-10, 1.0, log=True), [3e-10, 3e-1], [1.0, 2.0])
    assert found["low"].tolist() == pytest.approx([10.0**power for power in range(-10, 0)])
    assert found["trials"].tolist() == [1, *[0] * 8, 1]


def test_few_integers_have_a_bucket_each_and_many_share():
    _, few = of(IntDistribution(1, 4), [1, 4, 4], [1.0, 2.0, 3.0])
    assert few["label"].tolist() == ["1", "2", "3", "4"]
    assert few["trials"].tolist() == [1, 0, 0, 2]
    _, many = of(IntDistribution(1, 400), [1, 400], [1.0, 2.0])
    assert len(many) == 10


def test_choices_are_told_apart_by_type():
    _, found = of(CategoricalDistribution(["a", True, 1, None]), ["a", True, 1, None], [1.0, 2.0, 3.0, 4.0])
    assert found["best"].tolist() == [1.0, 2.0, 3.0, 4.0]


def test_infeasible_trials_are_counted_and_are_nobodys_best():
    results, _ = of(FloatDistribution(0.0, 1.0), [0.01, 0.02, 0.03], [math.inf, 9.0, 1.0])
    results.trials["diverged"] = [False, True, False]
    found = isolation(results).iloc[0]
    assert (found["trials"], found["infeasible"], found["best"]) == (3, 2, 1.0)


def test_trials_that_confirm_others_are_not_of_the_search():
    results, _ = of(FloatDistribution(0.0, 1.0), [0.01, 0.02], [1.0, 3.0])
    results.trials["confirms"] = [math.nan, 0.0]
    assert isolation(results)["best"].iloc[0] == 1.0


@pytest.mark.parametrize("name", CASES)
def test_every_trial_with_the_parameter_is_in_one_bucket(name):
    results = case(name)
    found = isolation(results)
    for (task, parameter), rows in found.groupby(["task", "parameter"]):
        of_task = results.trials[(results.trials["task"] == task) & results.trials["confirms"].isna()]
        of_task = of_task[of_task["state"] == "COMPLETE"]
        held = of_task[f"params_{parameter}"]
        known = held.notna() | (None in getattr(results.space_of(task)[parameter], "choices", ()))
        assert rows["trials"].sum() == known.sum()
