"""Next step of a run, computed from stored trials only."""

import math

import pytest
from optuna.trial import TrialState, create_trial

from hpsearch.run import Budget, confirmed, incumbent
from hpsearch.run.budget import ConfirmStep, SearchStep
from hpsearch.run.confirmation import PHASE, candidates
from hpsearch.strategies.base import CONFIRMS


def trials_of(*values, states=(), params=None, **attributes):
    """Return search trials with these values; None makes a failed trial."""
    made = []
    for number, value in enumerate(values):
        state = TrialState.FAIL if value is None else TrialState.COMPLETE
        made.append(create_trial(state=state, value=value, user_attrs=dict(attributes)))
        made[-1].number = number
        made[-1]._params = {"x": number} if params is None else {"x": params[number]}
    return made


def play(budget, direction, values, made=(), outcome=lambda candidate: candidate.value, cost=None):
    """Execute the budget's steps to the end, with `values` for the search trials."""
    made, values = list(made), iter(values)
    while (step := budget.next(direction, made)) is not None:
        for _ in range(step.trials if isinstance(step, SearchStep) else 1):
            value = next(values) if isinstance(step, SearchStep) else outcome(step.trial)
            [trial] = trials_of(value)
            trial.number = len(made)
            trial._params = {"x": trial.number} if isinstance(step, SearchStep) else step.trial.params
            if isinstance(step, ConfirmStep):
                trial.user_attrs[CONFIRMS] = step.trial.number
                trial.system_attrs[PHASE] = step.phase
            if cost is not None:
                trial.user_attrs["epochs"] = cost(trial)
            made.append(trial)
    return made


def repeated(made):
    return [trial.user_attrs.get(CONFIRMS) for trial in made]


MANY = [math.sin(9 * number) for number in range(300)]


@pytest.mark.parametrize(("trials", "confirm"), [(20, 0), (20, 1), (20, 5), (100, 5)])
@pytest.mark.parametrize(("direction", "sign"), [("maximize", 1), ("minimize", -1)])
def test_the_last_trials_repeat_the_best_in_rounds(trials, confirm, direction, sign):
    made = play(Budget(trials, confirm), direction, MANY)
    searched = trials - 3 * confirm
    best = sorted(range(searched), key=lambda number: -sign * MANY[number])[:confirm]
    assert repeated(made) == [None] * searched + best * 3


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None] * 10, [None] * 10),  # nothing to confirm: the search gets the whole budget
        ([None] * 6 + [1.0] + [None] * 3, [None] * 7 + [6] * 3),
        ([1.0] + [None] * 9, [None] * 7 + [0] * 3),
        ([1.0, 2.0] + [None] * 9, [None] * 4 + [1, 0] * 3),
        ([math.inf] * 5 + [-math.inf] * 5, [None] * 10),
    ],
)
def test_where_fewer_can_be_confirmed_the_search_has_the_rest(values, expected):
    assert repeated(play(Budget(10, 3), "maximize", values)) == expected


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("confirm", [1, 2, 5])
def test_the_budget_is_spent_exactly_whatever_fails(seed, confirm):
    values = [None if (seed * 31 + number * number) % 7 < seed % 7 else float(number % 11) for number in range(60)]
    made = play(Budget(30, confirm), "minimize", values)
    assert len(made) == 30
    assert Budget(30, confirm).is_spent("minimize", made)


def test_where_most_is_kept_back_as_many_are_confirmed_as_there_are():
    assert repeated(play(Budget(16, 5), "minimize", [4.0, 3.0, 2.0, 1.0])) == [None] * 4 + [3, 2, 1, 0] * 3


def test_same_parameters_are_confirmed_once_and_the_diverged_never():
    made = trials_of(0.5, 0.9, 0.9, 0.7, 0.8, params=[1, 2, 2, 2, 3])
    assert [trial.number for trial in candidates("maximize", made)] == [1, 4, 0]
    assert [trial.number for trial in candidates("minimize", made)] == [0, 3, 4]
    made[1].user_attrs["diverged"] = True
    assert [trial.number for trial in candidates("maximize", made)] == [2, 4, 0]


def test_the_incumbent_has_the_best_mean_not_the_best_value():
    made = play(Budget(12, 2), "maximize", [0.1, 0.9, 0.2, 0.8, 0.3, 0.4], outcome=lambda c: 1.0 - c.value)
    assert incumbent("maximize", made[:6]).number == 1
    assert incumbent("maximize", made).number == 3
    assert confirmed(made) == {1: pytest.approx([0.1] * 3), 3: pytest.approx([0.2] * 3)}
    assert incumbent("maximize", made[:11]).number == 1  # the other has only two repetitions


def test_of_equal_means_the_earliest_leads():
    made = play(Budget(12, 2), "minimize", [0.5, 0.1, 0.2, 0.8, 0.3, 0.4], outcome=lambda _: 7.0)
    assert incumbent("minimize", made).number == 1


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize("infinite", [1, 3])
def test_a_mean_of_opposite_infinities_is_the_worst(direction, infinite):
    ends = iter([math.inf, -math.inf, 0.0])
    values = [0.5, 0.9, 0.5, 0.9, 0.5, 0.5] if direction == "maximize" else [0.5, 0.1, 0.5, 0.1, 0.5, 0.5]
    made = play(Budget(12, 2), direction, values, outcome=lambda c: next(ends) if c.number == infinite else c.value)
    assert incumbent(direction, made).number == 4 - infinite
    both = iter([math.inf, math.inf, -math.inf, -math.inf, 0.0, 0.0])
    assert incumbent(direction, play(Budget(12, 2), direction, values, outcome=lambda _: next(both))).number == 1


def test_a_budget_is_not_spent_while_a_trial_runs():
    made = trials_of(1.0, 2.0)
    assert Budget(2).is_spent("maximize", made)
    for trial in made:
        trial.state = TrialState.RUNNING
        assert not Budget(2).is_spent("maximize", made)
        trial.state = TrialState.COMPLETE


@pytest.mark.parametrize(("said", "cost"), [(4, 4), (2.9, 2), (0, 1), (-3, 1), (12, 12), ("many", 10), (None, 10)])
def test_a_trial_costs_the_epochs_that_it_says_and_all_where_it_says_no_number(said, cost):
    [trial] = trials_of(1.0, epochs=said)
    assert Budget(5, epochs=10).cost(trial) == cost
    assert Budget(5).cost(trial) == 1
    del trial.user_attrs["epochs"]
    assert Budget(5, epochs=10).cost(trial) == 10


def test_the_order_of_parameters_makes_no_other_trial():
    made = trials_of(0.5, 0.4)
    made[0]._params, made[1]._params = {"x": 1, "y": 2}, {"y": 2, "x": 1}
    assert candidates("maximize", made) == made[:1]


def test_a_trial_of_which_a_repetition_failed_is_not_confirmed():
    made = play(Budget(12, 2), "maximize", MANY, outcome=lambda c: None if c.value == max(MANY[:6]) else c.value)
    best, second = sorted(range(6), key=lambda number: -MANY[number])[:2]
    assert set(confirmed(made)) == {second}
    assert incumbent("maximize", made).number == second
    failed = play(Budget(12, 2), "maximize", MANY, outcome=lambda _: None)
    assert len(failed) == 12
    assert incumbent("maximize", failed).number == best


def test_a_larger_budget_searches_on_and_confirms_the_best_then():
    values = [0.5, 0.6, 0.1, 0.2, 0.3, 0.9, 0.1, 0.2]
    first = play(Budget(11, 2), "maximize", values[:5])
    longer = play(Budget(20, 2), "maximize", values[5:], made=first)
    assert repeated(longer) == [None] * 5 + [1, 0] * 3 + [None] * 3 + [11, 1] * 3
    assert {number: len(found) for number, found in confirmed(longer).items()} == {0: 3, 1: 6, 11: 3}


def test_a_budget_that_grows_in_the_middle_of_a_confirmation():
    values = [0.5, 0.6, 0.1, 0.2, 0.3, 0.9, 0.1, 0.2, 0.4, 0.0, 0.0]
    begun = play(Budget(11, 2), "maximize", values)[:8]
    longer = play(Budget(20, 2), "maximize", values[5:], made=begun)
    assert repeated(longer) == [None] * 5 + [1, 0, 1] + [None] * 6 + [8, 1] * 3


@pytest.mark.parametrize("more", range(1, 12))
def test_a_budget_grown_by_a_little_is_spent_too(more):
    first = play(Budget(20, 3), "minimize", MANY)
    assert len(play(Budget(20 + more, 3), "minimize", MANY[20:], made=first)) == 20 + more


def test_epochs_are_what_is_spent():
    made = play(Budget(5, epochs=10), "maximize", MANY, cost=lambda _: 4)
    assert len(made) == 13  # 12 trials are 48 of 50 epochs
    untold = play(Budget(5, epochs=10), "maximize", MANY)
    assert len(untold) == 5


@pytest.mark.parametrize("part", [1, 3, 7, 10])
def test_epochs_are_kept_back_for_whole_repetitions(part):
    budget = Budget(20, 2, epochs=10)
    made = play(budget, "maximize", MANY, cost=lambda trial: 10 if CONFIRMS in trial.user_attrs else part)
    assert repeated(made)[-6:] == repeated(made)[-6:-4] * 3
    assert None not in repeated(made)[-6:]
    assert budget.total <= budget.spent(made) < budget.total + 10
    assert budget.within(made) == made


def test_within_cuts_at_the_budget_and_leaves_out_what_waits():
    made = trials_of(*MANY[:9])
    made[1].state = TrialState.WAITING
    assert [trial.number for trial in Budget(3).within(made)] == [0, 2, 3]
    for trial, epochs in zip(made, [5, 5, 10, 1, 9, 2, 2, 2, 2], strict=True):
        trial.user_attrs["epochs"] = epochs
    assert [trial.number for trial in Budget(2, epochs=10).within(made)] == [0, 2, 3, 4]
    assert Budget(2, epochs=10).spent(made) == 33
