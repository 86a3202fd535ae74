"""What a run stores of its retrainings, and the tests of earlier incumbents."""

from dataclasses import replace

import pytest
from optuna.distributions import FloatDistribution
from optuna.storages import InMemoryStorage

from hpsearch.objectives.base import Objective, Outcome, Step, Trained
from hpsearch.results.frames import frames
from hpsearch.run import continue_run, open_run
from hpsearch.run import test_of as stored_test
from tests.run.test_running import RUN, Killed

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

RANDOM = replace(RUN, strategy="random", confirm=0, trials=4, retrain=3)


LAST = 10  # trial from which on none is better


class Improving(Objective):
    """Each trial is better by 1 than the one before it; retrainings have values of their own, some diverge."""

    tests = True

    def __init__(self, diverges=()):
        self.diverges, self.judged = diverges, []

    @property
    def space(self):
        return {"x": FloatDistribution(0, 1)}

    def train(self, params, seeds):
        number, retraining = seeds
        self.judged += [retraining] if retraining else []
        return _Training(max(0, LAST - number), retraining, retraining in self.diverges)


class _Training(Trained):
    def __init__(self, value, retraining, diverged):
        self._value, self._retraining, self._diverged = value, retraining, diverged

    def __iter__(self):
        yield Step(1, self.validation)

    @property
    def validation(self):
        return 99.0 if self._diverged else float(self._value + self._retraining)

    def attributes(self):
        return {"diverged": self._diverged}

    def outcome(self):
        return Outcome(99.0 if self._diverged else self._value + 0.5 * self._retraining)


def run_on(storage, run=RANDOM, objective=None):
    study = open_run(run, storage)
    continue_run(run, study, objective or Improving())
    return study


def row(study, budget=4):
    return frames([study], budget)[2].iloc[0]


def test_a_retraining_is_scored_on_the_validation_rows_too():
    study = run_on(InMemoryStorage())
    test = study.user_attrs["test"]
    assert test["validation_values"] == [8, 9, 10]
    assert test["values"] == [7.5, 8, 8.5]
    assert "diverged" not in test
    assert row(study)["retrained_validation"] == [8, 9, 10]
    assert row(study)["test_failed"] == 0


def test_a_diverged_retraining_is_stored_as_it_was_and_marked_and_counted():
    study = run_on(InMemoryStorage(), objective=Improving(diverges=(2,)))
    test = study.user_attrs["test"]
    assert (test["values"], test["diverged"]) == ([7.5, 99.0, 8.5], [False, True, False])
    run = row(study)
    assert (run["test_values"], run["retrained_validation"]) == ([7.5, 8.5], [8, 10])
    assert run["test_failed"] == 1


def test_an_objective_that_does_not_say_its_validation_value_has_none():
    class Exact(Improving):
        def outcomes(self, params, trial_number, times):
            return [Outcome(5.0)]

    study = run_on(InMemoryStorage(), objective=Exact())
    assert "validation_values" not in study.user_attrs["test"]
    assert row(study)["retrained_validation"] == []


def _extended(storage, *budgets):
    for trials in budgets:
        study = run_on(storage, replace(RANDOM, trials=trials))
    return study


def test_an_extended_run_keeps_the_tests_of_its_earlier_incumbents():
    budgets = (4, 8, 30)
    found = {}
    for trials in budgets:
        study = run_on(InMemoryStorage(), replace(RANDOM, trials=trials))
        found[trials] = row(study, trials)
    assert [run["incumbent"] for run in found.values()] == [3, 7, LAST]
    study = _extended(InMemoryStorage(), *budgets)
    for trials in budgets:
        assert row(study, trials)["test_values"] == found[trials]["test_values"] != []
        assert row(study, trials)["retrained_validation"] == found[trials]["retrained_validation"]
    assert row(study, 6)["incumbent"] == 5
    assert row(study, 6)["test_values"] == [], "nothing was tested at this budget"


def test_an_incumbent_that_stays_is_not_tested_again():
    storage, objective = InMemoryStorage(), Improving()
    for trials in (30, 31):
        study = run_on(storage, replace(RANDOM, trials=trials), objective)
    assert len(objective.judged) == 3
    assert "tests" not in study.user_attrs


@pytest.mark.parametrize("attribute", ["tests", "test_rows", "test"])
def test_killed_at_any_write_of_an_extension_it_keeps_the_same_tests(attribute, monkeypatch):
    straight = _extended(InMemoryStorage(), 4, 8).user_attrs
    storage = InMemoryStorage()
    _extended(storage, 4)
    write = storage.set_study_user_attr

    def deadly(study_id, key, value):
        if key == attribute:
            raise Killed
        write(study_id, key, value)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "set_study_user_attr", deadly)
        with pytest.raises(Killed):
            _extended(storage, 8)
    again = _extended(storage, 8).user_attrs
    assert {key: again[key] for key in ("tests", "test_rows", "test")} == {
        key: straight[key] for key in ("tests", "test_rows", "test")
    }


def test_the_test_of_a_trial_that_was_never_tested_is_empty():
    attributes = {"test": {"incumbent": 3, "values": [1.0]}, "tests": {"1": {"incumbent": 1, "values": [2.0]}}}
    assert stored_test(attributes, 3)["values"] == [1.0]
    assert stored_test(attributes, 1)["values"] == [2.0]
    assert stored_test(attributes, 2) == stored_test({}, 2) == {}
