"""Repeats are added until every comparison is resolved, or the limit is reached."""

from dataclasses import replace

import optuna
import pytest
from optuna.storages import InMemoryStorage

from hpsearch.errors import UsageError
from hpsearch.execution import execute, execute_until_resolved, until_resolved
from hpsearch.objectives.plain import as_objective
from hpsearch.results.load import load_results
from hpsearch.study.runs import Plan
from hpsearch.study.variant import searcher


def objective(trial):
    return trial.suggest_float("x", 0.0, 1.0)


def near_one(seed):
    """Return a sampler that finds what random search does not."""
    return optuna.samplers.PartialFixedSampler({"x": 0.99 + seed / 2**32 / 1000}, optuna.samplers.RandomSampler(seed))


def of(strategies, repeats, **changes):
    return Plan(
        name="bowl",
        objectives={"bowl": as_objective(objective)},
        strategies={label: searcher(label, strategy, {}, 0) for label, strategy in strategies.items()},
        trials=1,
        repeats=repeats,
        seed=0,
        direction="maximize",
        metric="x",
        until_resolved=True,
        **changes,
    )


def executed(plan, looks):
    storage = InMemoryStorage()
    is_over = execute_until_resolved(plan, storage, looked=lambda repeats, found: looks.append((repeats, len(found))))
    return is_over, load_results(storage, "bowl")


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_it_ends_with_the_first_look_that_resolves_all():
    looks = []
    is_over, results = executed(of({"random": "random", "good": near_one}, 40), looks)
    assert is_over
    assert 5 <= results.repeats < 40
    assert looks == [(repeats, 1) for repeats in range(5, results.repeats + 1)]
    assert (results.first_plan["repeats"], results.first_plan["until_resolved"]) == (40, True)


def test_it_ends_at_the_limit():
    looks = []
    _, results = executed(of({"random": "random", "other": optuna.samplers.RandomSampler}, 7), looks)
    assert results.repeats == 7
    assert looks[-1] == (7, 1)


def test_a_study_that_compares_nothing_is_refused():
    with pytest.raises(UsageError, match="--until-resolved needs variants to compare"):
        execute_until_resolved(of({"random": "random"}, 7), InMemoryStorage())


def test_no_repeat_begins_when_the_time_is_over():
    looks = []
    plan = of({"random": "random", "good": near_one}, 5, seconds=1e-9)
    assert not execute_until_resolved(plan, InMemoryStorage(), looked=lambda *look: looks.append(look))
    assert looks == []


@pytest.mark.parametrize(("limit", "repeats"), [(9, [7, 8, 9]), (6, [7])])
def test_a_later_call_looks_at_all_that_is_stored_and_not_at_less(limit, repeats):
    storage = InMemoryStorage()
    sides = {"random": "random", "other": optuna.samplers.RandomSampler}
    execute_until_resolved(of(sides, 7), storage)
    looks = []
    execute_until_resolved(of(sides, limit), storage, looked=lambda count, found: looks.append((count, len(found))))
    assert looks == [(count, 1) for count in repeats]


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_study_stopped_between_looks_ends_at_the_same_number(monkeypatch):
    monkeypatch.setattr(until_resolved, "_looks", lambda limit: iter((5, 9, limit)))
    sides = {"random": "random", "other": optuna.samplers.RandomSampler}
    storage, looks = InMemoryStorage(), []
    execute(replace(of(sides, 12), repeats_now=7), storage)
    execute_until_resolved(of(sides, 12), storage, looked=lambda repeats, _: looks.append(repeats))
    assert looks == [9, 12]
