"""Compare whole rounds with a brute-force implementation of the description in `NarrowingSampler`."""

import math

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import TrialState, create_trial

from hpsearch.seeding import generator
from hpsearch.space import position, value_at
from hpsearch.strategies.narrowing.lessons import Lessons
from hpsearch.strategies.narrowing.round import Options, plan_round

SPACE = {
    "x": FloatDistribution(-1, 1),
    "rate": FloatDistribution(1e-4, 1.0, log=True),
    "units": IntDistribution(1, 9),
    "kind": CategoricalDistribution(["a", "b", "c"]),
}
FIXED = {"fixed": FloatDistribution(2, 2)}
OPTIONS = Options(round=4, best=5, reach=1.0, explore=0.4, smoothing=0.2, candidates=6)
SEED = 3


def random_trials(count, missing=0.6):
    """Trials of a noisy bowl: every fifth pruned, every seventh failed, one infinite, a share without the rate."""
    rng, trials = np.random.default_rng(0), []
    for number in range(count):
        params = {
            "x": rng.uniform(-1, 1),
            "rate": 10 ** rng.uniform(-4, 0),
            "units": int(rng.integers(1, 10)),
            "kind": str(rng.choice(["a", "b", "c"])),
        }
        value = round(params["x"] ** 2 + abs(params["units"] - 4) / 9 + rng.normal(0, 0.1), 1)
        value = math.inf if number == 11 else value
        state = TrialState.PRUNED if number % 5 == 4 else TrialState.FAIL if number % 7 == 6 else TrialState.COMPLETE
        names = [name for name in SPACE if name != "rate" or rng.random() >= missing]
        trial = create_trial(
            state=state,
            value=value if state == TrialState.COMPLETE else None,
            params={name: params[name] for name in names} | {"fixed": 2.0},
            distributions={name: SPACE[name] for name in names} | FIXED,
        )
        trial.number = number
        trials.append(trial)
    return trials


def plan(trials, numbers, options=OPTIONS, direction=StudyDirection.MINIMIZE, rule=2):
    lessons = Lessons()
    for trial in trials:
        lessons.add(trial)
    return plan_round(lessons, direction, numbers, options, SEED, rule=rule)


def by_hand(trials, numbers, options, sign, pseudo_count):
    """Range and values of each parameter."""
    taught = [trial for trial in trials if trial.state != TrialState.FAIL and trial.number < numbers.start]
    losses = {trial.number: math.inf for trial in taught}
    losses |= {t.number: sign * t.value for t in taught if t.value is not None and math.isfinite(t.value)}
    valued = sorted((t for t in taught if losses[t.number] < math.inf), key=lambda t: (losses[t.number], t.number))
    others = [trial for trial in taught if losses[trial.number] == math.inf]
    best_first = valued + others
    better = best_first[: math.ceil(len(best_first) / 2)]

    def rank(trial):
        loss = losses[trial.number]
        smaller = sum(losses[other.number] < loss for other in taught)
        return (smaller + sum(losses[other.number] == loss for other in taught) / 2) / len(taught)

    ranges, drawn = {}, {}
    for name, distribution in SPACE.items():
        quantiles = generator(SEED, "round", numbers.start, name).random((len(numbers), options.candidates))
        guides = [trial.params[name] for trial in valued if name in trial.params][: options.best]
        if name == "kind":
            ranges[name] = [choice for choice in "abc" if choice in guides]
            counts = [guides.count(choice) + pseudo_count / 3 for choice in "abc"]
            shares = np.cumsum(counts)[:2] / sum(counts)
            drawn[name] = [["abc"[int((shares <= q).sum())] for q in row] for row in quantiles]
        else:
            places = [position(value, distribution) for value in guides]
            far = options.reach * max(abs(place - places[0]) for place in places)
            low, high = (0.0, 1.0) if len(guides) < options.best else (max(places[0] - far, 0), min(places[0] + far, 1))
            ranges[name] = [value_at(low, distribution), value_at(high, distribution)]
            drawn[name] = [[value_at(low + q * (high - low), distribution) for q in row] for row in quantiles]

    def squared(name, one, other):
        if name == "kind":
            return 0.0 if one == other else 0.3**2
        at = [position(trial.params[name], SPACE[name]) for trial in better if name in trial.params]
        here, there = (np.mean(at) if each is None else position(each, SPACE[name]) for each in (one, other))
        return ((here - there) / (math.sqrt(12) * np.std(at))) ** 2

    def badness(candidate):
        width = options.smoothing * math.sqrt(len(SPACE))
        squares = [sum(squared(n, candidate[n], trial.params.get(n)) for n in SPACE) for trial in best_first]
        weights = [math.exp(-square / (2 * width**2)) for square in squares]
        return sum(w * rank(trial) for w, trial in zip(weights, best_first, strict=True)) / sum(weights)

    values = {name: [] for name in SPACE}
    for row in range(len(numbers)):
        candidates = [{name: drawn[name][row][place] for name in SPACE} for place in range(options.candidates)]
        chosen = min(candidates, key=lambda candidate: round(badness(candidate), 9))
        for name in SPACE:
            values[name].append(chosen[name])
    return ranges, values


CHANGES = [{}, {"candidates": 1}, {"best": 1}, {"reach": 0.5}, {"smoothing": 0.6}, {"best": 12}]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize(("direction", "sign"), [(StudyDirection.MINIMIZE, 1), (StudyDirection.MAXIMIZE, -1)])
@pytest.mark.parametrize("start", [29, 30])  # an odd and an even number of lessons
@pytest.mark.parametrize(("rule", "pseudo_count"), [(1, 0), (2, 2)])
def test_a_round_is_what_its_description_gives(changes, direction, sign, start, rule, pseudo_count):
    options = Options(**(vars(OPTIONS) | changes))
    trials = random_trials(34)
    found = plan(trials, range(start, start + 4), options, direction, rule)
    ranges, values = by_hand(trials, range(start, start + 4), options, sign, pseudo_count)
    assert list(found.draws) == sorted(SPACE)
    for name, draws in found.draws.items():
        assert draws.distribution == SPACE[name]
        assert draws.range == (ranges[name] if name == "kind" else pytest.approx(ranges[name]))
        assert draws.values == (values[name] if name == "kind" else pytest.approx(values[name]))


def test_a_share_explores_and_does_so_before_anything_is_known_too():
    expected = (generator(SEED, "explore", 30).random(4) < 0.4).tolist()
    assert plan(random_trials(30), range(30, 34)).explores == plan([], range(30, 34)).explores == expected
    assert plan([], range(100, 1100)).explores.count(True) == pytest.approx(400, abs=60)


def test_nothing_is_drawn_until_enough_trials_have_finite_values():
    trials = random_trials(30)
    finite = [trial for trial in trials if trial.value is not None and math.isfinite(trial.value)]
    assert plan(finite[:4], range(30, 34)).draws == {}
    assert plan(finite[:5], range(30, 34)).draws.keys() == SPACE.keys()


def test_parameters_of_one_value_leave_nothing_to_draw():
    trials = random_trials(30)
    for trial in trials:
        trial.distributions, trial.params = FIXED, {"fixed": 2.0}
    assert plan(trials, range(30, 34)).draws == {}


def test_the_last_declaration_counts_whatever_the_values_are():
    trials = random_trials(30)
    wider = FloatDistribution(-2, 2)
    trials[29].distributions = trials[29].distributions | {"x": wider}
    assert trials[29].state == TrialState.PRUNED
    assert plan(trials, range(30, 34)).draws["x"].distribution == wider
