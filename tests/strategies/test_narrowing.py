import math

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.testing.pytest_samplers import SingleOnlySamplerTestCase
from optuna.trial import TrialState, create_trial

from hpsearch.errors import UsageError
from hpsearch.space import position, positions, value_at
from hpsearch.strategies.base import CONFIRMS
from hpsearch.strategies.narrowing import RANGE_PREFIX, NarrowingSampler
from hpsearch.strategies.narrowing.lessons import MEMORY
from hpsearch.strategies.narrowing.neighbours import ranks, smoothed
from tests.combinations import combinations


def sample(sampler, objective, trials, direction="minimize"):
    study = optuna.create_study(sampler=sampler, direction=direction, pruner=optuna.pruners.NopPruner())
    study.optimize(objective, n_trials=trials)
    return study


def log_bowl(trial):
    return (trial.suggest_float("x", 1e-4, 1.0, log=True) - 0.01) ** 2


def ranges(study, name="x"):
    return [trial.user_attrs.get(RANGE_PREFIX + name) for trial in study.trials]


class TestOptunasSuiteForOneObjective(SingleOnlySamplerTestCase):
    @pytest.fixture
    def sampler(self):
        return NarrowingSampler


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_a_round_is_drawn_around_the_best_trial_before_it_as_far_as_the_others_of_the_best_lie(direction):
    sign = 1 if direction == "minimize" else -1
    study = sample(NarrowingSampler(round=10, best=5, explore=0, seed=1), lambda t: sign * log_bowl(t), 30, direction)
    for start in (10, 20):
        best = sorted(study.trials[:start], key=lambda trial: sign * trial.value)[:5]
        places = [position(trial.params["x"], study.trials[0].distributions["x"]) for trial in best]
        distance = max(abs(place - places[0]) for place in places)
        for trial in study.trials[start : start + 10]:
            low, high = (position(end, trial.distributions["x"]) for end in trial.user_attrs[RANGE_PREFIX + "x"])
            assert low == pytest.approx(max(places[0] - distance, 0), abs=1e-9)
            assert high == pytest.approx(min(places[0] + distance, 1), abs=1e-9)
            assert low - 1e-9 <= position(trial.params["x"], trial.distributions["x"]) <= high + 1e-9


def test_the_ranges_close_in_and_the_declared_ones_stay():
    study = sample(NarrowingSampler(round=10, best=5, explore=0, seed=1), log_bowl, 40)
    widths = [high / low for low, high in ranges(study)]
    assert widths[0] == pytest.approx(1e4)
    assert widths[0] > widths[10] > widths[20] > widths[30]
    assert {trial.distributions["x"] for trial in study.trials} == {FloatDistribution(1e-4, 1.0, log=True)}


@pytest.mark.parametrize(("optimum", "end"), [(0.0, 0), (1.0, 1)])
def test_the_ranges_move_on_where_the_best_lie_at_their_edge(optimum, end):
    """The first trials are far from the optimum, outside every range around the best of them."""
    study = optuna.create_study(sampler=NarrowingSampler(explore=0, seed=0))
    for place in np.linspace(0.4, 0.6, 10):
        study.enqueue_trial({"x": place})
    study.optimize(lambda trial: abs(trial.suggest_float("x", 0, 1) - optimum), n_trials=100)
    ends = [range_[end] for range_ in ranges(study)[10:]]
    assert 0.1 < ends[0] < 0.9
    assert ends[-1] == optimum
    assert study.best_value < 0.01


def test_a_trial_takes_the_candidate_with_the_best_neighbours():
    """Noise hides the bowl in single results: chosen candidates beat uniform draws from the same range."""

    def mean_distance(candidates, seed):
        noise = np.random.default_rng(seed).normal(size=60)
        study = sample(
            NarrowingSampler(explore=0, candidates=candidates, seed=seed),
            lambda trial: trial.suggest_float("x", 0, 1) ** 2 + 0.3 * noise[trial.number],
            60,
        )
        return np.mean([trial.params["x"] for trial in study.trials[20:]])

    assert sum(mean_distance(20, seed) for seed in range(12)) < 0.8 * sum(mean_distance(1, seed) for seed in range(12))


def test_ranks_are_shared_by_equals():
    assert ranks(np.array([3.0, 1.0, 3.0, np.inf])).tolist() == [0.5, 0.125, 0.5, 0.875]
    assert ranks(np.array([2.0, 2.0])).tolist() == [0.5, 0.5]


def test_neighbours_are_averaged_the_nearer_the_more():
    known, scores = np.array([[0.0], [1.0], [5.0]]), np.array([0.0, 1.0, 7.0])
    near, nearer, far = smoothed(np.array([[0.5], [0.25], [4.0]]), known, scores, 0.5)
    assert near == pytest.approx(0.5, abs=1e-6)
    weights = np.exp(-(np.array([0.25, 0.75]) ** 2) / 0.5)
    assert nearer == pytest.approx(weights[1] / weights.sum(), abs=1e-6)
    assert far == pytest.approx(7, abs=0.2)


def test_without_smoothing_and_far_from_all_trials_the_nearest_decides():
    known, scores = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([0.3, 0.6])
    assert smoothed(np.array([[0.4, 0.5], [0.6, 0.5]]), known, scores, 0).tolist() == [0.3, 0.6]
    assert smoothed(np.array([[-300.0, 0.0], [300.0, 300.0]]), known, scores, 0.1).tolist() == [0.3, 0.6]


def test_a_share_of_the_trials_explores():
    study = sample(NarrowingSampler(explore=0.3, seed=2), log_bowl, 200)
    explored = [low == 1e-4 and high == 1.0 for low, high in ranges(study)[20:]]
    assert 0.2 < sum(explored) / len(explored) < 0.4


def test_choices_are_drawn_as_the_best_trials_have_them():
    study = sample(
        NarrowingSampler(explore=0, seed=0), lambda t: "abcd".index(t.suggest_categorical("c", list("abcd"))), 80
    )
    assert {trial.params["c"] for trial in study.trials[50:]} == {"a"}


def test_what_a_trial_was_given_has_no_range():
    study = optuna.create_study(sampler=NarrowingSampler(seed=0))
    study.enqueue_trial({"x": 0.5})
    study.optimize(log_bowl, n_trials=2)
    assert RANGE_PREFIX + "x" not in study.trials[0].user_attrs
    assert RANGE_PREFIX + "x" in study.trials[1].user_attrs


X = {"x": FloatDistribution(0, 1)}


def after(trials, number=20, options=None):
    """Return the draws of trial `number` after `trials`, padded with failed trials."""
    study = optuna.create_study(sampler=NarrowingSampler(seed=0, **{"explore": 0, **(options or {})}))
    study.add_trials(trials)
    study.add_trials([create_trial(state=TrialState.FAIL)] * (number - len(trials)))
    trial = study.ask()
    return trial.suggest_float("x", 0, 1), ranges(study)[-1]


def finished(place, value=None, **more):
    state = TrialState.PRUNED if value is None else TrialState.COMPLETE
    return create_trial(params={"x": place}, distributions=X, value=value, state=state, **more)


LEFT = [finished(place, place) for place in np.linspace(0.1, 0.3, 10)]


def test_trials_that_confirm_others_and_failed_ones_teach_nothing():
    confirming = [finished(0.9, -1.0, user_attrs={CONFIRMS: 3})] * 10
    assert after(LEFT + confirming) == after(LEFT)


def test_pruned_trials_teach_where_not_to_search_and_span_no_range():
    """Add pruned trials in the right half of the range of the others."""
    spread = [finished(place, abs(place - 0.5)) for place in np.linspace(0.3, 0.7, 10)]
    pruned = [finished(place) for place in np.linspace(0.5, 0.75, 30)]
    alone, with_pruned = (
        [after(trials, number, {"smoothing": 0.05}) for number in range(40, 50)] for trials in (spread, spread + pruned)
    )
    assert [range_ for _, range_ in with_pruned] == [range_ for _, range_ in alone]
    assert sum(place > 0.5 for place, _ in alone) > sum(place > 0.5 for place, _ in with_pruned)


@pytest.mark.parametrize("value", [math.inf, None])
def test_where_fewer_trials_than_needed_have_a_finite_value_the_declared_range_stays(value):
    assert after(LEFT[:9] + [finished(0.5, value)] * 5)[1] == [0, 1]
    assert after([*LEFT, *[finished(0.5, value)] * 5])[1] == [0, pytest.approx(0.3)]


def test_a_round_looks_back_on_the_last_trials():
    later = [finished(place, 1 + place) for place in np.linspace(0.6, 0.8, MEMORY)]
    assert after(LEFT + later, number=MEMORY + 20)[1][0] > 0.5


def test_a_parameter_that_depends_on_others_has_a_range_around_the_best_trials_that_have_it():
    def objective(trial):
        if trial.suggest_categorical("kind", ["plain", "deep"]) == "plain":
            return 0.3
        return abs(trial.suggest_float("x", 0, 1) - 0.8)

    study = sample(NarrowingSampler(explore=0, seed=3), objective, 100)
    deep = [trial for trial in study.trials[60:] if trial.params["kind"] == "deep"]
    assert len(deep) > 30
    assert all(abs(trial.params["x"] - 0.8) < 0.2 for trial in deep)


def test_where_a_declaration_changes_the_new_range_is_searched():
    def objective(trial):
        high = 1 if trial.number < 25 else 10
        return abs(trial.suggest_float("x", 0, high) - 3)

    study = sample(NarrowingSampler(explore=0, seed=0), objective, 120)
    assert ranges(study)[25] == [0, 10]
    assert study.best_value < 0.1


def test_workers_that_share_a_study_draw_different_points():
    study = sample(NarrowingSampler(seed=0), log_bowl, 15)
    running = [study.ask() for _ in range(25)]  # all start before the first is finished, over three rounds
    drawn = {trial.suggest_float("x", 1e-4, 1.0, log=True) for trial in running}
    assert len(drawn) == 25
    for trial in reversed(running):
        study.tell(trial, abs(math.log(trial.params["x"] / 0.01)))
    study.optimize(log_bowl, n_trials=20)
    assert len(study.trials) == 60


def test_under_hyperband_the_trials_of_all_brackets_teach():
    def objective(trial):
        place = trial.suggest_float("x", 0, 1)
        for step in range(1, 10):
            trial.report(place, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return place

    pruner = optuna.pruners.HyperbandPruner(min_resource=1, max_resource=9)
    study = optuna.create_study(sampler=NarrowingSampler(round=10, explore=0, seed=0), pruner=pruner)
    study.optimize(objective, n_trials=60)
    for start in range(10, 60, 10):
        assert len({tuple(range_) for range_ in ranges(study)[start : start + 10]}) == 1
    assert ranges(study)[-1][1] < 0.5


FUNCTIONS = {
    "bowl": lambda x: ((x - 0.3) ** 2).mean(),
    "corner": lambda x: x.mean(),
    "two of many": lambda x: abs(x[0] - 0.8) + abs(x[-1] - 0.8),
}


SHARES = {1: 0.5, 20: 0.9}  # by number of parameters


@pytest.mark.parametrize(("function", "dimensions"), combinations(FUNCTIONS, SHARES))
def test_it_beats_random_search_with_one_parameter_and_with_twenty(function, dimensions):
    def mean_best(**options):
        def objective(trial):
            return FUNCTIONS[function](
                np.array([trial.suggest_float(f"x{index}", 0, 1) for index in range(dimensions)])
            )

        return np.mean([sample(NarrowingSampler(seed=s, **options), objective, 60).best_value for s in range(4)])

    assert mean_best() < SHARES[dimensions] * mean_best(explore=1)


def failing(trial):
    trial.suggest_float("x", 0, 1)
    raise ValueError("as planned")


def pruned(trial):
    trial.suggest_float("x", 0, 1)
    raise optuna.TrialPruned


@pytest.mark.parametrize(
    ("objective", "options"),
    [
        (lambda trial: 1.0 + 0 * trial.suggest_float("x", 0, 1), {}),
        (failing, {"catch": ValueError}),
        (pruned, {}),
        (lambda trial: trial.suggest_float("x", 0, 1) * float("inf"), {}),
        (lambda trial: -trial.suggest_float("x", 0, 1) * float("inf"), {}),
        (lambda trial: trial.suggest_float("x", 2, 2) + trial.suggest_categorical("c", [1]), {}),
        (lambda trial: trial.suggest_float("x", 0, 1) + trial.suggest_categorical("c", [1]), {}),
        (lambda trial: trial.suggest_int("x", 3, 4), {}),
        (lambda trial: float("nan"), {}),
        (lambda trial: 1.0, {}),
    ],
)
@pytest.mark.filterwarnings("ignore:The value nan")
@pytest.mark.parametrize("more", [{}, {"smoothing": 0}, {"candidates": 1}, {"round": 1, "best": 1}])
def test_nothing_breaks(objective, options, more):
    study = optuna.create_study(sampler=NarrowingSampler(seed=0, **more), pruner=optuna.pruners.NopPruner())
    study.optimize(objective, n_trials=45, **options)
    assert len(study.trials) == 45


@pytest.mark.parametrize(
    "options",
    [{"round": 0}, {"best": 0}, {"reach": -0.1}, {"explore": 1.5}, {"smoothing": -1}, {"candidates": 0}],
)
def test_options_outside_their_range_are_refused_with_their_value(options):
    [(name, value)] = options.items()
    with pytest.raises(UsageError, match=f"{name} = {value}"):
        NarrowingSampler(**options)


@pytest.mark.parametrize(
    "dist",
    [
        FloatDistribution(-2.0, 3.0),
        FloatDistribution(1e-6, 10.0, log=True),
        FloatDistribution(0.0, 1.0, step=0.25),
        IntDistribution(1, 9),
        IntDistribution(0, 10, step=5),
        IntDistribution(1, 512, log=True),
    ],
)
def test_positions_and_values_are_each_others_inverse(dist):
    values = [value_at(step / 200, dist) for step in range(201)]
    assert values == sorted(values)
    assert values[0] == pytest.approx(dist.low)
    assert values[-1] == pytest.approx(dist.high)
    for value in values:
        assert dist._contains(dist.to_internal_repr(value))
        assert value_at(position(value, dist), dist) == pytest.approx(value)
    assert positions(np.array(values, dtype=float), dist) == pytest.approx([position(v, dist) for v in values])
    assert np.isnan(positions(np.array([dist.low - 1e-9, dist.high + 1, np.nan]), dist)).all()


def test_every_value_of_a_grid_is_as_likely_as_the_others():
    drawn = [value_at((step + 0.5) / 1000, IntDistribution(1, 10)) for step in range(1000)]
    assert {drawn.count(value) for value in range(1, 11)} == {100}


def test_categorical_ranges_say_which_choices_are_left():
    study = sample(NarrowingSampler(explore=0, seed=0), lambda t: t.suggest_categorical("c", [3, 1, 2]), 60)
    assert study.trials[0].user_attrs[RANGE_PREFIX + "c"] == [3, 1, 2]
    assert study.trials[-1].user_attrs[RANGE_PREFIX + "c"] == [1]
    assert study.trials[-1].distributions["c"] == CategoricalDistribution([3, 1, 2])


def test_rounds_follow_on_one_another_and_grow_with_what_went_before():
    sampler = NarrowingSampler(round=3, seed=0)
    rounds = sorted({sampler._round_of(number) for number in range(20_000)}, key=lambda each: each.start)
    assert [number for each in rounds for number in each][:20_000] == list(range(20_000))
    assert {len(each) for each in rounds if each.start < 300} == {3}
    assert all(len(each) == each.start // 100 for each in rounds if each.start >= 400)
