import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.errors import UsageError
from hpsearch.strategies.narrowing import RANGE_PREFIX, NarrowingSampler
from hpsearch.strategies.unit import position, value_at


def sample(sampler, objective, trials, direction="minimize"):
    study = optuna.create_study(sampler=sampler, direction=direction, pruner=optuna.pruners.NopPruner())
    study.optimize(objective, n_trials=trials)
    return study


def log_bowl(trial):
    return (trial.suggest_float("x", 1e-4, 1.0, log=True) - 0.01) ** 2


def ranges(study, name="x"):
    return [trial.user_attrs[RANGE_PREFIX + name] for trial in study.trials]


def test_a_round_is_drawn_from_the_padded_box_of_the_best_trials_before_it():
    study = sample(NarrowingSampler(explore=0, seed=1), log_bowl, 30)
    for start in (10, 20):
        best = sorted(study.trials[:start], key=lambda trial: trial.value)[:5]
        places = [position(trial.params["x"], study.trials[0].distributions["x"]) for trial in best]
        pad = 0.2 * (max(places) - min(places))
        for trial in study.trials[start : start + 10]:
            low, high = (position(end, trial.distributions["x"]) for end in trial.user_attrs[RANGE_PREFIX + "x"])
            assert low == pytest.approx(max(min(places) - pad, 0), abs=1e-9)
            assert high == pytest.approx(min(max(places) + pad, 1), abs=1e-9)
            assert low - 1e-9 <= position(trial.params["x"], trial.distributions["x"]) <= high + 1e-9


def test_the_ranges_close_in_and_the_declared_ones_stay():
    study = sample(NarrowingSampler(explore=0, seed=1), log_bowl, 40)
    widths = [high / low for low, high in ranges(study)]
    assert widths[0] == pytest.approx(1e4)
    assert widths[0] > widths[10] > widths[20] > widths[30]
    assert {trial.distributions["x"] for trial in study.trials} == {FloatDistribution(1e-4, 1.0, log=True)}


def test_a_round_is_a_latin_hypercube():
    study = sample(NarrowingSampler(explore=0, seed=5), lambda t: log_bowl(t) + t.suggest_float("y", 0, 1), 20)
    for name in ("x", "y"):
        dist = study.trials[0].distributions[name]
        low, high = (position(end, dist) for end in study.trials[10].user_attrs[RANGE_PREFIX + name])
        strata = {int(10 * (position(t.params[name], dist) - low) / (high - low)) for t in study.trials[10:]}
        assert strata == set(range(10))


def test_a_share_of_the_trials_explores():
    study = sample(NarrowingSampler(explore=0.3, seed=2), log_bowl, 200)
    explored = [low == 1e-4 and high == 1.0 for low, high in ranges(study)[10:]]
    assert 0.2 < sum(explored) / len(explored) < 0.4


def test_choices_are_drawn_as_the_best_trials_have_them():
    study = sample(
        NarrowingSampler(explore=0, seed=0), lambda t: "abcd".index(t.suggest_categorical("c", list("abcd"))), 60
    )
    assert {trial.params["c"] for trial in study.trials[30:]} == {"a"}


def test_what_a_trial_was_given_has_no_range():
    study = optuna.create_study(sampler=NarrowingSampler(seed=0))
    study.enqueue_trial({"x": 0.5})
    study.optimize(log_bowl, n_trials=2)
    assert RANGE_PREFIX + "x" not in study.trials[0].user_attrs
    assert RANGE_PREFIX + "x" in study.trials[1].user_attrs


def failing(trial):
    trial.suggest_float("x", 0, 1)
    raise ValueError("as planned")


@pytest.mark.parametrize(
    ("objective", "options"),
    [
        (lambda trial: 1.0 + 0 * trial.suggest_float("x", 0, 1), {}),
        (failing, {"catch": ValueError}),
        (lambda trial: trial.suggest_float("x", 0, 1) * float("inf"), {}),
        (lambda trial: trial.suggest_float("x", 2, 2) + trial.suggest_categorical("c", [1]), {}),
        (lambda trial: float("nan"), {}),
    ],
)
@pytest.mark.filterwarnings("ignore:The value nan")
def test_nothing_breaks(objective, options):
    study = optuna.create_study(sampler=NarrowingSampler(seed=0))
    study.optimize(objective, n_trials=25, **options)
    assert len(study.trials) == 25


@pytest.mark.parametrize("options", [{"round": 0}, {"best": 0}, {"padding": -0.1}, {"explore": 1.5}])
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


def test_every_value_of_a_grid_is_as_likely_as_the_others():
    drawn = [value_at((step + 0.5) / 1000, IntDistribution(1, 10)) for step in range(1000)]
    assert {drawn.count(value) for value in range(1, 11)} == {100}


def test_categorical_ranges_say_which_choices_are_left():
    study = sample(NarrowingSampler(explore=0, seed=0), lambda t: t.suggest_categorical("c", [3, 1, 2]), 30)
    assert study.trials[0].user_attrs[RANGE_PREFIX + "c"] == [3, 1, 2]
    assert study.trials[-1].user_attrs[RANGE_PREFIX + "c"] == [1]
    assert study.trials[-1].distributions["c"] == CategoricalDistribution([3, 1, 2])
