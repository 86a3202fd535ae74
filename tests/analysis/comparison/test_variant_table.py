import dataclasses
import math

import numpy as np
import pytest

from hpsearch.analysis.comparison.variant_table import COLUMNS, summary_over_tasks, variant_table
from tests.analysis.comparison.compared import compared, of_strategies, turned
from tests.example_results import CASES, case, make_results, make_study, of_studies

RUNS = {
    "tpe": ([0.1, 0.6, 0.6, 0.6], [0.1, 0.1, 0.1, 0.8]),
    "random": ([0.2, 0.3, 0.3, 0.5], [0.2, 0.1, 0.5, 0.7]),
    "bad": ([0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]),
}
TESTS = {"tpe": ([0.5, 0.7], [0.7]), "random": ([0.4], [0.6]), "bad": ([0.1], [0.1])}


def table(direction="maximize", keep=4):
    sign = 1 if direction == "maximize" else -1
    studies = []
    for strategy, runs in RUNS.items():
        for repeat, values in enumerate(runs):
            best = int(np.argmax(values))
            test = {"incumbent": best, "values": [sign * value for value in TESTS[strategy][repeat]]}
            studies.append(
                make_study(
                    f"{strategy}/{repeat}",
                    task="t",
                    strategy=strategy,
                    repeat=repeat,
                    values=[sign * value for value in values[:keep]],
                    direction=direction,
                    test=test,
                )
            )
    return variant_table(of_studies(studies, tuple(RUNS), 4, direction=direction)).set_index("variant")


def test_values_by_hand():
    tpe = table().loc["tpe"]
    assert (tpe["runs_complete"], tpe["runs"], tpe["tested"], tpe["trials"]) == (2, 2, 2, 8)
    assert tpe["validation"] == pytest.approx((0.6 + 0.8) / 2)
    assert tpe["test"] == pytest.approx((0.6 + 0.7) / 2)  # the mean of the runs' means, however many values they have
    half = 12.706205 * np.std([0.6, 0.7], ddof=1) / math.sqrt(2)
    assert (tpe["test_low"], tpe["test_high"]) == pytest.approx((0.65 - half, 0.65 + half), abs=1e-6)
    assert tpe["gap"] == pytest.approx(0.05)


def test_trials_to_match_random_by_hand():
    # random ends at 0.5 and 0.7, so 0.6 is to be reached: tpe in 2 and 4 trials, random in none and 4, bad never
    # half of two runs is one
    assert table()["trials_to_random"].to_dict() == {"tpe": 2.0, "random": 4.0, "bad": math.inf}


def test_strategies_keep_the_order_of_the_study():
    assert table().index.tolist() == list(RUNS)


def test_turning_the_direction_turns_values_and_keeps_the_rest():
    up, down = table(), table("minimize")
    turned = ["test", "validation"]
    kept = ["gap", "trials_to_random", "runs_complete", "tested", "trials"]
    np.testing.assert_allclose(up[turned], -down[turned])
    np.testing.assert_allclose(up[["test_low", "test_high"]], -down[["test_high", "test_low"]])
    np.testing.assert_allclose(up[kept].astype(float), down[kept].astype(float))


def test_incomplete_runs_cost_but_are_not_compared():
    unfinished = table(keep=3)
    assert (unfinished["trials"] == 6).all()
    assert (unfinished["runs_complete"] == 0).all()
    assert unfinished[["test", "validation", "gap", "trials_to_random"]].isna().all(axis=None)


def test_one_repeat_has_no_interval():
    found = variant_table(make_results(repeats=1))
    assert found["test"].notna().all()
    assert found[["test_low", "test_high"]].isna().all(axis=None)


def test_costs_are_sums_over_finished_trials():
    results = make_results(repeats=2, trials=6, epochs=3, diverge_above=0.01)
    found = variant_table(results).set_index("variant")
    by_hand = results.trials.groupby("variant")
    assert found["epochs"].to_dict() == by_hand["epochs"].sum().to_dict()
    assert found["seconds"].to_dict() == pytest.approx(by_hand["seconds"].sum().to_dict())
    assert found["diverged"].to_dict() == pytest.approx(by_hand["diverged"].mean().to_dict())
    assert 0 < found["diverged"].min() < found["diverged"].max() <= 1


def test_a_test_value_of_an_earlier_incumbent_is_not_used():
    old = {"incumbent": 0, "values": [0.9]}
    study = make_study("r", task="t", strategy="random", repeat=0, values=[0.1, 0.2], test=old)
    assert variant_table(of_studies([study], ("random",), 2))["tested"].tolist() == [0]


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_a_row_a_strategy_and_task(name):
    results = case(name)
    found = variant_table(results)
    assert list(found) == COLUMNS
    assert len(found) == len(results.variants) * results.runs["task"].nunique()


def test_how_often_a_strategy_beats_random_is_over_paired_repeats():
    # test values: tpe 0.6 and 0.7 against random's 0.4 and 0.6; bad 0.1 twice
    found = table()
    assert found["better"].to_dict() == pytest.approx({"tpe": 1.0, "random": math.nan, "bad": 0.0}, nan_ok=True)
    assert found["pairs"].to_dict() == {"tpe": 2, "random": 0, "bad": 2}
    assert found.loc["tpe", "better_low"] == pytest.approx(1 / (1 + 1.959964**2 / 2), abs=1e-5)  # Wilson at 2 of 2


def test_a_strategy_without_a_run_has_a_row_of_nothing():
    results = make_results(strategies=("random", "tpe"), repeats=2, trials=4)
    found = variant_table(dataclasses.replace(results, **of_strategies(("random", "tpe", "gp")))).set_index("variant")
    counts = ["runs_complete", "runs", "tested", "pairs", "trials"]
    assert found.loc["gp", counts].tolist() == [0, 2, 0, 0, 0]
    assert found.loc["gp"].drop(["task", *counts]).isna().all()


def test_epochs_and_seconds_are_summed_where_any_is_known():
    study = make_study("r", task="t", strategy="random", repeat=0, values=[0.1, 0.2, 0.3])
    results = of_studies([study], ("random",), 3)
    for known, total in (([math.nan] * 3, math.nan), ([math.nan, 5, math.nan], 5), ([1, 2, 3], 6)):
        trials = results.trials.assign(epochs=known, seconds=known)
        row = variant_table(dataclasses.replace(results, trials=trials)).iloc[0]
        assert (row["epochs"], row["seconds"]) == pytest.approx((total, total), nan_ok=True)


def test_infeasible_are_those_that_diverged_or_failed():
    study = make_study("r", task="t", strategy="random", repeat=0, values=[0.1, None, 0.0, 0.3])
    results = of_studies([study], ("random",), 4)
    results.trials["diverged"] = [False, False, True, False]
    row = variant_table(results).iloc[0]
    assert (row["infeasible"], row["diverged"], row["failed"]) == (0.5, 0.25, 0.25)


def test_what_was_confirmed_stands_beside_what_was_seen():
    results = compared({"random": [[0.5], [0.7]], "tpe": [[0.6], [0.6]]})
    results.runs["observed"] = [0.8, 0.8, 0.9, 0.7]
    results.runs["confirmed"] = [[0.5, 0.7], [0.6, 0.6], [], []]
    found = variant_table(results).set_index("variant")
    assert found["validation"].to_dict() == pytest.approx({"random": 0.8, "tpe": 0.8})
    assert found["confirmed"].to_dict() == pytest.approx({"random": 0.6, "tpe": math.nan}, nan_ok=True)
    assert found["gap"].to_dict() == pytest.approx({"random": 0.2, "tpe": 0.2})


TASKS = {
    "a": {"random": [[0.5], [0.7]], "tpe": [[0.6], [0.8]]},
    "b": {"random": [[10], [30]], "tpe": [[25], [10]]},
}


@pytest.mark.parametrize("around", [lambda results: results, turned])
def test_the_summary_over_tasks_by_hand(around):
    results = around(compared(TASKS, references={"a": (1.0, 0.5), "b": (40, 20)}))
    found = summary_over_tasks(results, variant_table(results)).set_index("variant")
    # means 0.6 and 0.7 on a, 20 and 17.5 on b
    assert found["rank"].to_dict() == {"random": 1.5, "tpe": 1.5}
    assert found["first"].to_dict() == {"random": 1, "tpe": 1}
    assert found["tasks"].tolist() == [2, 2]
    assert found["regret"].to_dict() == pytest.approx({"random": (0.8 + 1.0) / 2, "tpe": (0.6 + 1.125) / 2})


def test_a_rank_over_tasks_is_the_mean_of_its_places():
    tests = {
        "a": {"random": [[1]], "tpe": [[2]], "gp": [[3]]},
        "b": {"random": [[2]], "tpe": [[1]], "gp": [[3]]},
        "c": {"random": [[3]], "tpe": [[2]], "gp": [[1]]},
    }
    results = compared(tests)
    found = summary_over_tasks(results, variant_table(results)).set_index("variant")
    assert found["rank"].to_dict() == pytest.approx({"random": (3 + 2 + 1) / 3, "tpe": (2 + 3 + 2) / 3, "gp": 5 / 3})
    assert found["first"].to_dict() == {"random": 1, "tpe": 0, "gp": 2}


def test_the_summary_knows_no_regret_unless_every_task_has_a_reference():
    results = compared(TASKS, references={"a": (1.0, 0.5)})
    table = variant_table(results)
    assert summary_over_tasks(results, table)["regret"].isna().all()
    assert table["regret"].notna().tolist() == [True, True, False, False]
    assert variant_table(compared(TASKS))["regret"].dtype == float


def test_the_summary_of_nothing():
    unfinished = make_results(finished=2, tasks=("a", "b"))
    found = summary_over_tasks(unfinished, variant_table(unfinished))
    assert found["tasks"].tolist() == [0] * 3
    assert found[["rank", "regret"]].isna().all(axis=None)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_gap_is_split_into_selection_and_rows(sign):
    tests = {"incumbent": 0, "values": [0.6, 0.8], "validation_values": [0.7, 0.86]}
    for key in ("values", "validation_values"):
        tests[key] = [sign * value for value in tests[key]]
    direction = "maximize" if sign > 0 else "minimize"
    studies = [
        make_study(
            f"{repeat}", task="t", strategy="a", repeat=repeat, values=[sign * 0.9], test=tests, direction=direction
        )
        for repeat in (0, 1)
    ]
    row = variant_table(of_studies(studies, ["a"], 1, direction=direction)).iloc[0]
    assert row["gap"] == pytest.approx(0.2)
    assert row["gap_selection"] == pytest.approx(0.12)
    assert row["gap_rows"] == pytest.approx(0.08)
    earlier = make_study("a", task="t", strategy="a", repeat=0, values=[0.9], test={"incumbent": 0, "values": [0.7]})
    row = variant_table(of_studies([earlier], ["a"], 1)).iloc[0]
    assert row["gap"] == pytest.approx(0.2)
    assert row[["gap_selection", "gap_rows"]].isna().all()
