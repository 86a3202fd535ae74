import math

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState, create_trial

from hpsearch.analysis.incumbents import incumbents, incumbents_by_epochs, tasks
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


def run_of_epochs(repeat, *trials, strategy="random"):
    """A run of (value, epochs) trials, of at most 4 epochs each; without a value pruned, without epochs unknown."""
    study = make_study(f"{strategy}/{repeat}", task="t", strategy=strategy, repeat=repeat, values=[])
    study.set_user_attr("epochs", 4)
    for value, epochs in trials:
        state = TrialState.PRUNED if value is None else TrialState.COMPLETE
        known = {} if epochs is None else {"epochs": epochs}
        study.add_trial(create_trial(state=state, value=value, user_attrs=known))
    return study


def test_against_epochs_a_trial_counts_when_it_ends():
    run = run_of_epochs(0, (0.2, 3), (None, 1), (0.5, 4), (0.4, 2), (0.9, 4), (0.7, None))
    found = incumbents_by_epochs(of_studies([run], ("random",), 5, epochs_budget=20))
    assert found["spent"].tolist() == [4, 8, 12, 16]
    assert found["value"].tolist() == [0.2, 0.5, 0.5, 0.9]


def test_against_epochs_runs_meet_on_one_grid():
    runs = [
        run_of_epochs(0, (0.2, 4), (0.4, 4)),
        run_of_epochs(1, (None, 2), (0.1, 2), (None, 1), (0.8, 3), (0.9, 4)),
    ]
    found = incumbents_by_epochs(of_studies(runs, ("random",), 3, epochs_budget=12))
    assert found["repeat"].tolist() == [0, 0, 1, 1, 1]
    assert found["spent"].tolist() == [4, 8, 4, 8, 12]
    assert found["value"].tolist() == [0.2, 0.4, 0.1, 0.8, 0.9]


def test_where_all_trials_train_alike_epochs_and_trials_tell_the_same():
    results = make_results(diverge_above=1.0, confirm={"tpe": 2})
    by_trial, by_epoch = incumbents(results), incumbents_by_epochs(results)
    np.testing.assert_array_equal(by_epoch["spent"], 4 * (by_trial["number"] + 1))
    np.testing.assert_array_equal(by_epoch["value"], by_trial["value"])


def test_without_known_epochs_there_is_no_such_curve():
    assert incumbents_by_epochs(runs_of([0.1, 0.2])).empty
    assert list(incumbents_by_epochs(runs_of([0.1]))) == ["task", "variant", "repeat", "spent", "value"]


@pytest.mark.parametrize("name", CASES)
def test_every_case_has_curves_that_only_get_better(name):
    results = case(name)
    for found in (incumbents(results), incumbents_by_epochs(results)):
        for _, curve in found.groupby(["task", "variant", "repeat"]):
            assert not (results.sign * curve["value"].dropna()).diff().lt(0).any()
