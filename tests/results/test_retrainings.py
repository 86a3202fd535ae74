"""Which retrainings count as sound, also of runs that earlier versions stored."""

import math

import numpy as np
import pytest
from optuna.trial import create_trial

from hpsearch.objectives.base import Outcome
from hpsearch.results.retrainings import retrainings
from hpsearch.run.judged_rows import right_rows, stored_rows

RIGHT = np.array([True, False, True])


def best(**attributes):
    trial = create_trial(value=0.5, user_attrs=attributes)
    trial.number = 0
    return trial


def stored(values, outcomes=(), **more):
    return {"test": {"incumbent": 0, "values": values, **more}, "test_rows": stored_rows(outcomes)}


def test_without_an_incumbent_or_a_test_there_is_nothing():
    nothing = {"test_values": [], "test_failed": 0, "retrained_validation": [], "test_rows": {}}
    assert retrainings(stored([0.5]), None) == nothing
    assert retrainings({}, best()) == nothing


def test_what_failed_is_counted_and_left_out():
    outcomes = [Outcome(0.6, right=RIGHT), Outcome(0.0), Outcome(0.7, right=~RIGHT)]
    attributes = stored(
        [0.6, 0.0, 0.7],
        outcomes,
        validation_values=[0.5, 0.0, 0.8],
        diverged=[False, True, False],
        failures={"4": "the training took longer than trial_timeout = 1 s"},
    )
    run = retrainings(attributes, best())
    assert (run["test_values"], run["test_failed"]) == ([0.6, 0.7], 2)
    assert run["retrained_validation"] == [0.5, 0.8]
    assert [rows.tolist() for rows in right_rows(run["test_rows"])] == [RIGHT.tolist(), (~RIGHT).tolist()]


@pytest.mark.parametrize(
    ("planned", "values", "failed"), [(0, [], 0), (1, [0.6], 0), (2, [0.6], 1), (3, [0.6, 0.7], 1), (9, [0.6, 0.7], 2)]
)
def test_the_first_of_a_planned_number_count_failed_ones_included(planned, values, failed):
    attributes = stored([0.6, 0.7, 0.0], diverged=[False, False, True], failures={"2": "too long"})
    run = retrainings(attributes, best(), planned)
    assert (run["test_values"], run["test_failed"]) == (values, failed)


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_is_a_failure(value):
    run = retrainings(stored([0.6, value]), best())
    assert (run["test_values"], run["test_failed"]) == ([0.6], 1)


def test_an_accuracy_of_zero_is_a_value():
    assert retrainings(stored([0.0, 0.1], validation_values=[0.1, 0.2]), best())["test_values"] == [0.0, 0.1]


def test_in_earlier_runs_a_retraining_without_rows_beside_others_diverged():
    run = retrainings(stored([0.6, 0.0], [Outcome(0.6, right=RIGHT), Outcome(0.0)]), best())
    assert (run["test_values"], run["test_failed"], run["retrained_validation"]) == ([0.6], 1, [])


def test_in_earlier_runs_a_diverged_incumbent_without_any_rows_diverged_again():
    attributes = stored([0.0], [Outcome(0.0)])
    assert retrainings(attributes, best(diverged=True))["test_failed"] == 1
    assert retrainings(attributes, best(diverged=False))["test_values"] == [0.0]
