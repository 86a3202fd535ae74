"""Results at the planned number of trials, of studies that later calls gave another number."""

import pytest
from optuna.storages import InMemoryStorage

from hpsearch import compare, verdicts
from hpsearch.results.load import load_results


def objective(trial):
    return (trial.suggest_float("x", 0, 1) - 0.3) ** 2


def of(storage, trials):
    return compare(objective, strategies=("random", "tpe"), trials=trials, repeats=2, storage=storage, margin=0.5)


@pytest.mark.parametrize(("first", "then"), [(4, 9), (9, 4)])
def test_a_study_with_other_trials_is_judged_at_the_planned_ones(first, then):
    storage = InMemoryStorage()
    planned = of(storage, first)
    assert planned.results.at_plan is None
    later = of(storage, then).results
    cut = later.at_plan
    assert (later.budget, cut.budget, cut.runs["trials"].unique().tolist()) == (then, first, [first])
    assert verdicts(later) == verdicts(planned)
    assert [each.budget for each in verdicts(later)] == [first]


def test_runs_that_lost_the_test_of_their_planned_incumbent_are_compared_by_validation(monkeypatch):
    storage = InMemoryStorage()
    of(storage, 4)
    for study, values in zip(storage.get_all_studies(), ([0.1], [0.2], [0.3], [0.4]), strict=True):
        best = storage.get_best_trial(study._study_id).number
        storage.set_study_user_attr(study._study_id, "test", {"incumbent": best, "values": values})
    assert verdicts(of(storage, 4))[0].judged == "test"
    extended = of(storage, 9).results
    for study in storage.get_all_studies():
        best = storage.get_best_trial(study._study_id).number
        storage.set_study_user_attr(study._study_id, "test", {"incumbent": best, "values": [0.2]})
    lost = of(storage, 9)
    assert (extended.runs["incumbent"] != extended.at_plan.runs["incumbent"]).any()
    assert lost.results.runs["test_values"].map(len).all()
    assert verdicts(lost)[0].judged == "validation"
    assert verdicts(lost)[0].repeats == 2


def with_tests(storage, retrain, values):
    """Run a study of two strategies, whose searches have these test values."""
    compare(objective, strategies=("random", "tpe"), trials=2, repeats=2, storage=storage, retrain=retrain)
    for study in storage.get_all_studies():
        best = storage.get_best_trial(study._study_id).number
        if values:
            test = {"incumbent": best, "retrain": len(values), "values": values}
            storage.set_study_user_attr(study._study_id, "test", test)
    return load_results(storage, "comparison")


def test_a_study_that_was_planned_without_retrainings_is_judged_by_validation_for_ever():
    storage = InMemoryStorage()
    planned = verdicts(with_tests(storage, 0, []))
    assert planned[0].judged == "validation"
    assert verdicts(with_tests(storage, 3, [0.1, 0.2, 0.3])) == planned


def test_only_the_planned_number_of_retrainings_counts():
    storage = InMemoryStorage()
    planned = verdicts(with_tests(storage, 2, [0.1, 0.3]))
    assert (planned[0].judged, planned[0].level_mean) == ("test", pytest.approx(0.2))
    more = with_tests(storage, 3, [0.1, 0.3, 0.8])
    assert verdicts(more) == planned
    assert more.runs["test_values"].tolist() == [[0.1, 0.3, 0.8]] * 4


def test_a_search_with_fewer_retrainings_than_planned_is_not_judged():
    storage = InMemoryStorage()
    with_tests(storage, 2, [0.1, 0.3])
    assert verdicts(with_tests(storage, 1, [0.1]))[0].repeats == 0
