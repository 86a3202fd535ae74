from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from hpsearch.execution.expected_time import expected_seconds
from hpsearch.objectives.base import Objective, Step, Trained
from hpsearch.strategies import make_strategy
from hpsearch.study.runs import Plan
from hpsearch.study.variant import Searcher

SECONDS = 0.5  # of a step


class Clock:
    """A clock that only trainings advance."""

    now = 0.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    fake = Clock()
    monkeypatch.setattr("hpsearch.execution.expected_time.time", SimpleNamespace(perf_counter=fake.perf_counter))
    return fake


@dataclass
class Waiting(Trained):
    """A training whose steps take time; the first one takes longer."""

    clock: Clock
    steps: int

    def __iter__(self):
        for number in range(1, self.steps + 1):
            self.clock.now += SECONDS * (3 if number == 1 else 1)
            yield Step(number, 0.0)

    @property
    def validation(self):
        return 0.0


class Waits(Objective):
    epochs = 100

    def __init__(self, clock):
        self.clock = clock

    def train(self, params, seeds):
        return Waiting(self.clock, self.epochs)


def planned(clock, **changes):
    searcher = Searcher(make_strategy("random", {}))
    shared = {"strategies": {"random": searcher}, "direction": "minimize", "metric": "value"}
    return Plan("waits", {"objective": Waits(clock)}, trials=3, repeats=4, seed=0, **shared, **changes)


def test_the_first_steps_tell_the_time_of_all_trainings(clock):
    expected = expected_seconds(planned(clock), jobs=1)
    assert clock.now < 10 * SECONDS
    assert expected == pytest.approx((3 + 99) * SECONDS * 3 * 4)


def test_processes_share_the_time_and_retrainings_add_to_it(clock):
    alone = expected_seconds(planned(clock), jobs=1)
    assert expected_seconds(planned(clock), jobs=2) == pytest.approx(alone / 2)
    assert expected_seconds(planned(clock, retrain=9), jobs=1) == pytest.approx(4 * alone)


def test_trials_of_one_run_share_the_time_as_far_as_its_batch_allows(clock):
    alone = replace(planned(clock, retrain=1), repeats=1)
    second = expected_seconds(alone, jobs=1) / 4  # of a training: three trials and a retraining
    assert expected_seconds(alone, jobs=4) == pytest.approx(4 * second)
    assert expected_seconds(replace(alone, batch=2), jobs=4) == pytest.approx(2 * second)


def test_random_trials_are_timed_if_asked(clock):
    expected_seconds(planned(clock), jobs=1)
    once, clock.now = clock.now, 0.0
    expected_seconds(planned(clock), jobs=1, draws=3)
    assert clock.now == pytest.approx(4 * once)


def test_few_long_trainings_are_timed(clock, monkeypatch):
    expected = expected_seconds(planned(clock), jobs=1)
    once, clock.now = clock.now, 0.0
    monkeypatch.setattr("hpsearch.execution.expected_time.MOST_SECONDS", 1.5 * once)
    assert expected_seconds(planned(clock), jobs=1, draws=3) == pytest.approx(expected)
    assert clock.now == pytest.approx(2 * once)
