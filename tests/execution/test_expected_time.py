import time
from dataclasses import dataclass

import pytest

from hpsearch.execution.expected_time import expected_seconds
from hpsearch.objectives.base import Objective, Step, Trained
from hpsearch.strategies import make_strategy
from hpsearch.study.runs import Plan
from hpsearch.study.variant import Searcher

PAUSE = 0.01


@dataclass
class Waiting(Trained):
    """A training that waits in each step."""

    steps: int

    def __iter__(self):
        for number in range(1, self.steps + 1):
            time.sleep(PAUSE)
            yield Step(number, 0.0)

    @property
    def validation(self):
        return 0.0


class Waits(Objective):
    epochs = 100

    def train(self, params, seeds):
        return Waiting(self.epochs)


def planned(**changes):
    searcher = Searcher(make_strategy("random", {}))
    shared = {"strategies": {"random": searcher}, "direction": "minimize", "metric": "value"}
    return Plan("waits", {"objective": Waits()}, trials=3, repeats=4, seed=0, **shared, **changes)


def test_the_first_steps_tell_the_time_of_all_trainings():
    begun = time.perf_counter()
    expected = expected_seconds(planned(), jobs=1)
    assert time.perf_counter() - begun < 10 * PAUSE
    assert expected == pytest.approx(100 * PAUSE * 3 * 4, rel=0.5)


def test_processes_share_the_time_and_retrainings_add_to_it():
    assert expected_seconds(planned(), jobs=2) == pytest.approx(expected_seconds(planned(), jobs=1) / 2, rel=0.5)
    more = expected_seconds(planned(retrain=9), jobs=1)
    assert more == pytest.approx(4 * expected_seconds(planned(), jobs=1), rel=0.5)
