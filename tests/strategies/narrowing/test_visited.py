"""Compare the tree with a list of all configurations and trials."""

import itertools
import pickle
import random

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from hpsearch.strategies.narrowing.values import count, value
from hpsearch.strategies.narrowing.visited import Visited

KIND = CategoricalDistribution(["flat", "deep"])
DEPTH = IntDistribution(1, 3)
SHARE = FloatDistribution(0, 1, step=0.5)
SPACE = {"kind": KIND, "depth": DEPTH, "share": SHARE, "fixed": IntDistribution(4, 4)}


def configurations():
    """All configurations of a space in which the depth depends on the kind."""
    shares = [value(SHARE, place) for place in range(count(SHARE))]
    flat = [{"kind": "flat", "share": share, "fixed": 4} for share in shares]
    deep = [
        {"kind": "deep", "depth": depth, "share": share, "fixed": 4}
        for depth, share in itertools.product((1, 2, 3), shares)
    ]
    return flat + deep


def trial_of(params, number, state=TrialState.COMPLETE):
    trial = create_trial(
        state=state,
        value=1.0 if state == TrialState.COMPLETE else None,
        params=params,
        distributions={name: SPACE[name] for name in params},
    )
    trial.number = number
    return trial


def visited_by(*trials):
    visited = Visited()
    for trial in trials:
        visited.add(trial)
    return visited


@pytest.mark.parametrize("seed", range(5))
def test_values_are_closed_when_all_that_they_lead_to_was_tried(seed):
    every = configurations()
    order = random.Random(seed).choices(every, k=30)
    visited = visited_by(*(trial_of(params, number) for number, params in enumerate(order)))
    assert visited.can_be_avoided(30) == (len({str(params) for params in order}) < len(every))
    for before in (0, 1, 7, 15, 30):
        tried = order[:before]
        for params in every:
            assert visited.has(params, before) == (params in tried)
            for drawn in range(len(params)):
                prefix, name = dict(list(params.items())[:drawn]), list(params)[drawn]
                alike = [each for each in every if prefix.items() <= each.items() and name in each]
                if not any(prefix.items() <= each.items() for each in order):
                    continue
                expected = {
                    place
                    for place in range(count(SPACE[name]))
                    if (same := [each for each in alike if each[name] == value(SPACE[name], place)])
                    and all(each in tried for each in same)
                }
                assert set(visited.closed(prefix, name, SPACE[name], before)) == expected


def test_the_order_of_parameters_in_a_trial_does_not_matter_once_it_is_known():
    deep = {"kind": "deep", "depth": 1, "share": 0.5, "fixed": 4}
    other = {"fixed": 4, "share": 0.5, "depth": 2, "kind": "deep"}
    visited = visited_by(trial_of(deep, 0), trial_of(other, 1))
    assert visited.has(other, 2)
    assert not visited.has(other, 1)


def test_parameters_that_a_trial_does_not_draw_and_those_of_one_value_do_not_matter():
    visited = visited_by(trial_of({"kind": "flat", "share": 0.5, "fixed": 4}, 0))
    assert visited.has({"kind": "flat", "depth": 2, "share": 0.5}, 1)
    assert not visited.has({"kind": "flat", "depth": 2, "share": 1.0}, 1)
    assert not visited.has({"kind": "flat"}, 1)


@pytest.mark.parametrize("failed_first", [True, False])
def test_a_failed_trial_counts_if_a_complete_one_has_its_parameters(failed_first):
    failed, whole = {"kind": "flat", "share": 0.5, "fixed": 4}, {"kind": "flat", "share": 1.0, "fixed": 4}
    trials = [(failed, TrialState.FAIL), (whole, TrialState.COMPLETE)][:: 1 if failed_first else -1]
    visited = visited_by(*(trial_of(params, number, state) for number, (params, state) in enumerate(trials)))
    assert visited.has(failed, 2)
    assert not visited.has(failed, 1)


def test_a_trial_that_failed_before_its_last_parameter_closes_nothing():
    early = [({"kind": "deep"}, TrialState.FAIL), ({}, TrialState.FAIL)]
    visited = visited_by(*(trial_of(params, number, state) for number, (params, state) in enumerate(early)))
    assert not visited.closed({}, "kind", KIND, 2)


def test_pruned_trials_count():
    assert visited_by(trial_of({"kind": "flat", "share": 0.5}, 0, TrialState.PRUNED)).has(
        {"kind": "flat", "share": 0.5}, 1
    )


def test_from_the_first_continuous_parameter_on_nothing_is_kept():
    visited = visited_by(trial_of({"kind": "flat"}, 0))
    continuous = create_trial(params={"x": 0.5}, distributions={"x": FloatDistribution(0, 1)}, value=1.0)
    continuous.number = 1
    visited.add(continuous)
    visited.add(trial_of({"kind": "deep"}, 2))
    assert (visited.can_be_avoided(1), visited.can_be_avoided(2)) == (True, False)
    assert not visited.has({"kind": "deep"}, 3)


def test_nothing_is_avoided_from_the_trial_on_after_which_nothing_is_left():
    visited = visited_by(*(trial_of(params, number) for number, params in enumerate(configurations())))
    assert (visited.can_be_avoided(11), visited.can_be_avoided(12)) == (True, False)


def test_trees_of_many_parameters_can_be_pickled():
    space = {f"n{number}": IntDistribution(0, 3) for number in range(2000)}
    trial = create_trial(params=dict.fromkeys(space, 1), distributions=space, value=1.0)
    trial.number = 0
    copied = pickle.loads(pickle.dumps(visited_by(trial)))
    assert copied.has(dict.fromkeys(space, 1), 1)


def test_a_range_that_has_grown_has_new_values():
    def visit(visited, number, n, high):
        trial = create_trial(params={"n": n}, distributions={"n": IntDistribution(1, high)}, value=1.0)
        trial.number = number
        visited.add(trial)

    visited = Visited()
    visit(visited, 0, 1, 2)
    visit(visited, 1, 2, 2)
    assert set(visited.closed({}, "n", IntDistribution(1, 2), 2)) == {0, 1}
    assert set(visited.closed({}, "n", IntDistribution(0, 4), 2)) == {1, 2}
