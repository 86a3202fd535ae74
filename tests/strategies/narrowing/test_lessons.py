import math

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.trial import TrialState, create_trial

from hpsearch.strategies.narrowing.lessons import Lessons

SPACE = {"x": FloatDistribution(0, 1), "c": CategoricalDistribution(["a", "b"])}


def lessons_of(*trials):
    """Lessons of (number, state, value)."""
    lessons = Lessons()
    for number, state, value in trials:
        params = {"x": 0.25, "c": "b"}
        trial = create_trial(state=state, value=value, params=params, distributions=SPACE)
        trial.number = number
        lessons.add(trial)
    return lessons


def numbers(lessons, before):
    return tuple([each.number for each in kind] for kind in lessons.before(before))


COMPLETE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL


def test_finite_values_are_apart_from_others_and_failed_trials_teach_nothing():
    lessons = lessons_of(
        (0, COMPLETE, 0.0), (1, FAIL, None), (2, PRUNED, 0.5), (3, COMPLETE, math.inf), (4, COMPLETE, 2)
    )
    assert numbers(lessons, 9) == ([0, 4], [2, 3])
    valued, others = lessons.before(9)
    assert [each.value for each in valued] == [0.0, 2.0]
    assert all(math.isnan(each.value) for each in others)


def test_a_lesson_has_internal_parameters_and_their_distributions():
    [lesson], [] = lessons_of((7, COMPLETE, 1.0)).before(8)
    assert (lesson.number, lesson.internal, lesson.distributions) == (7, {"x": 0.25, "c": 1.0}, SPACE)


@pytest.mark.parametrize("state", [COMPLETE, PRUNED])
def test_the_last_200_lessons_before_a_trial_count(state):
    value = 1.0 if state == COMPLETE else None
    lessons = lessons_of(*((number, state, value) for number in range(0, 420, 2)))
    for before in (0, 1, 2, 5, 400, 401, 402, 10_000):
        expected = [number for number in range(0, 420, 2) if number < before][-200:]
        assert numbers(lessons, before)[state == PRUNED] == expected
