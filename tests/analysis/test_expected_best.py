import dataclasses
import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.analysis.expected_best import best_of_n, expected_best
from tests.analysis.comparison.compared import turned
from tests.example_results import case, make_results, make_study, of_studies

VALUES = [0.3, 0.9, 0.5, 0.5, 0.1, 0.7, 0.2]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("n", range(1, len(VALUES) + 1))
def test_as_all_ways_to_draw(n, sign):
    best = sorted((max if sign > 0 else min)(drawn) for drawn in combinations(VALUES, n))
    found = best_of_n([np.array(VALUES)], [n], sign).iloc[0]
    assert found["mean"] == pytest.approx(np.mean(best))
    worse, median, better = sign * np.quantile(sign * np.array(best), [0.25, 0.5, 0.75], method="inverted_cdf")
    quartiles = found[["lower", "median", "upper"]].tolist()
    assert quartiles == pytest.approx(sorted([worse, median, better]))


def test_by_hand():
    # of 1, 2, 3: any one (mean 2); pairs 12, 13, 23 have the best 2, 3, 3; all three have 3
    assert best_of_n([np.array([2.0, 3.0, 1.0])], [1, 2, 3])["mean"].tolist() == pytest.approx([2, 8 / 3, 3])


def test_is_unbiased_where_drawing_with_replacement_is_too_low():
    # the best of 5 uniform numbers is 5/6 in the mean; from samples of 10
    rng = np.random.default_rng(0)
    samples = rng.random((1000, 10))
    ours = np.mean([best_of_n([sample], [5])["mean"].iloc[0] for sample in samples])
    i = np.arange(1, 11)
    with_replacement = np.mean(np.sort(samples, axis=1) @ ((i / 10) ** 5 - ((i - 1) / 10) ** 5))
    assert ours == pytest.approx(5 / 6, abs=0.01)
    assert with_replacement < 5 / 6 - 0.02


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=40))
def test_never_falls_and_ends_at_the_best(values):
    curve = best_of_n([np.array(values)], range(1, len(values) + 1))
    assert (np.diff(curve["mean"]) >= -1e-9).all()
    assert curve["mean"].iloc[0] == pytest.approx(np.mean(values), abs=1e-9)
    assert curve[["mean", "median"]].iloc[-1].tolist() == pytest.approx([max(values)] * 2)
    assert (curve["lower"] <= curve["median"]).all()
    assert (curve["median"] <= curve["upper"]).all()


@pytest.mark.parametrize("sign", [1, -1])
def test_over_runs_it_is_the_mean_of_their_distributions(sign):
    runs = [np.array(VALUES), 0.5 + np.array(VALUES[:4])]
    for n in (1, 2, 4):
        drawn = [[(max if sign > 0 else min)(each) for each in combinations(run, n)] for run in runs]
        curve = best_of_n(runs, [n], sign).iloc[0]
        assert curve["mean"] == pytest.approx(np.mean([np.mean(best) for best in drawn]))
        copies = np.lcm(*map(len, drawn))
        equally = np.concatenate([np.repeat(best, copies // len(best)) for best in drawn])
        worse, median, better = sign * np.quantile(sign * equally, [0.25, 0.5, 0.75], method="inverted_cdf")
        assert curve[["lower", "median", "upper"]].tolist() == pytest.approx(sorted([worse, median, better]))


def test_splits_that_differ_do_not_make_the_best_better():
    # a run's best of 20 normal values is 1.87 deviations above their mean; drawn from all runs, it is above that
    rng, within, between, runs, trials = np.random.default_rng(1), 0.005, 0.005, 10, 20
    studies = rng.normal(0, between, (150, runs, 1)) + rng.normal(0, within, (150, runs, trials))
    ours = np.mean([best_of_n(list(study), [trials])["mean"].iloc[0] for study in studies])
    pooled = np.mean([best_of_n([study.ravel()], [trials])["mean"].iloc[0] for study in studies])
    assert ours == pytest.approx(1.867 * within, abs=0.0005)
    assert pooled > ours + 0.002


def test_a_curve_ends_at_the_shortest_run():
    studies = [
        make_study(f"r{repeat}", task="t", strategy="random", repeat=repeat, values=values)
        for repeat, values in enumerate([[0.1, 0.2, 0.3], [0.5, 0.4]])
    ]
    curve = expected_best(of_studies(studies, ("random",), 3)).set_index("n")
    assert curve["mean"].to_dict() == pytest.approx({1: (0.2 + 0.45) / 2, 2: (0.8 / 3 + 0.5) / 2})
    assert curve[["drawn_from", "runs"]].iloc[-1].tolist() == [5, 2]


def test_many_trials_stay_exact():
    n = [1, 100, 2500]
    exact = [(number * 5001) / (number + 1) for number in n]  # of 1 … 5000
    assert best_of_n([np.arange(1.0, 5001)], n)["mean"].tolist() == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_mean_is_infinite_while_nothing_but_failures_can_be_drawn(sign):
    curve = best_of_n([sign * np.array([-math.inf, -math.inf, 1.0, 2.0])], [1, 2, 3, 4], sign)
    assert (sign * curve["mean"]).tolist() == pytest.approx([-math.inf, -math.inf, 1.5 + 0.25, 2.0])
    assert (sign * curve["median"]).tolist() == [-math.inf, 1.0, 2.0, 2.0]


def test_only_strategies_that_draw_independently_and_only_their_search_trials():
    results = make_results(strategies=("random", "tpe", "qmc"), repeats=2, trials=8)
    assert expected_best(results)["variant"].unique().tolist() == ["random", "qmc"]
    trials = results.trials.assign(confirms=np.where(results.trials["number"] < 2, 0.0, math.nan))
    assert set(expected_best(dataclasses.replace(results, trials=trials))["drawn_from"]) == {12}
    assert expected_best(make_results(strategies=("tpe",))).empty
    labelled = dataclasses.replace(
        results, settings={"strategies": {"tpe": {"strategy": "random"}, "qmc": {"strategy": "gp"}}}
    )
    assert expected_best(labelled)["variant"].unique().tolist() == ["random", "tpe"]


def test_failed_trials_were_drawn_too():
    study = make_study("r", task="t", strategy="random", repeat=0, values=[None, 0.4, None, 0.8])
    curve = expected_best(of_studies([study], ("random",), 4)).set_index("n")
    assert curve["mean"].to_dict() == pytest.approx({1: -math.inf, 2: -math.inf, 3: 0.7, 4: 0.8})


def test_turned_around():
    up = expected_best(case("usual"))
    down = expected_best(turned(case("usual")))
    np.testing.assert_allclose(up["mean"], -down["mean"])
    np.testing.assert_allclose(up[["lower", "median", "upper"]], -down[["upper", "median", "lower"]])
