"""Paths of optimizers over functions, and their measures."""

import math

import numpy as np
import pytest

from hpsearch.errors import UsageError
from hpsearch.nn.hyperparameters import Hyperparameters
from hpsearch.nn.optimizers import OPTIMIZERS
from hpsearch.objectives.functions import FUNCTIONS
from hpsearch.objectives.functions.descent import MEASURES, DescentSettings, descend, measures_of

CHAPTER = {"sgd": 0.95, "momentum": 0.1, "adagrad": 1.5, "adam": 0.3}


def path(**settings):
    return descend(DescentSettings(**settings))


def measured(points, function="bowl"):
    return measures_of(FUNCTIONS[function], np.array(points, dtype=float))


@pytest.mark.parametrize(("optimizer", "times"), [("sgd", 30), ("momentum", 4), ("adagrad", 0), ("adam", 2)])
def test_y_changes_its_sign_on_the_bowl_as_often_as_in_the_chapter(optimizer, times):
    points = path(optimizer=optimizer, learning_rate=CHAPTER[optimizer])
    assert len(points) == 31
    assert tuple(points[0]) == (-7.0, 2.0)
    assert measured(points)["crossings.y"] == times


def test_sgd_on_the_bowl_is_its_formula():
    t = np.arange(31)
    expected = np.stack([-7 * (1 - 0.95 / 10) ** t, 2 * (1 - 0.95 * 2) ** t], axis=1)
    np.testing.assert_allclose(path(optimizer="sgd", learning_rate=0.95), expected, rtol=1e-12)


def plain(optimizer, rate, start, steps):
    """Return a path on the bowl, by the chapter's formulas for one pair of numbers."""
    p, v, h, m, points = np.array(start), np.zeros(2), np.zeros(2), np.zeros(2), [start]
    for t in range(1, steps + 1):
        g = np.array([p[0] / 10, 2 * p[1]])
        if optimizer == "momentum":
            v = 0.9 * v - rate * g
            p = p + v
        elif optimizer == "adagrad":
            h = h + g * g
            p = p - rate * g / (np.sqrt(h) + 1e-8)
        else:
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            p = p - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        points.append(p)
    return np.array(points)


@pytest.mark.parametrize("optimizer", ["momentum", "adagrad", "adam"])
def test_paths_are_those_of_the_formulas_in_float64(optimizer):
    points = path(optimizer=optimizer, learning_rate=CHAPTER[optimizer], start=[-5, 1.5], steps=40)
    np.testing.assert_allclose(points, plain(optimizer, CHAPTER[optimizer], (-5.0, 1.5), 40), rtol=1e-10, atol=1e-12)


def test_momentum_crosses_plateau_and_hill_where_sgd_with_the_same_rate_stays():
    for steps in (100, 1000):
        ends = {name: path(function="plateau", optimizer=name, learning_rate=0.1, steps=steps)[-1] for name in CHAPTER}
        assert ends["sgd"][0] < 0, "before the hill, which begins at x = 0"
        assert FUNCTIONS["plateau"].distance(*ends["momentum"]) < 0.1


@pytest.mark.parametrize("function", list(FUNCTIONS))
@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_every_optimizer_descends_every_function(function, optimizer):
    points = path(function=function, optimizer=optimizer, learning_rate=1e-3, steps=50)
    value = FUNCTIONS[function].value
    assert len(points) == 51
    assert value(*points[-1]) < value(*points[0])


def test_adamw_decays_both_numbers():
    point = path(optimizer="adamw", learning_rate=1e-6, weight_decay=1e5, steps=1)[1]
    np.testing.assert_allclose(point, [-6.3, 1.8], rtol=1e-4)


def test_a_path_of_no_steps_is_its_start():
    assert path(function="valley", steps=0).tolist() == [[-1.2, 1.0]]


def test_turns_and_crossings_are_sign_changes_of_the_step_and_of_the_coordinate():
    measures = measured([(-2, 3), (1, 2), (2, 1), (1.5, 2), (1.5, -1), (1.0, 0), (0.5, -2)])
    assert [measures[name] for name in ("turns.x", "turns.y")] == [1, 4]
    assert [measures[name] for name in ("crossings.x", "crossings.y")] == [1, 1]


def test_straightness_is_the_distance_over_the_length():
    assert measured([(0, 0), (3, 4), (6, 8)])["straightness"] == pytest.approx(1.0)
    assert measured([(0, 0), (3, 0), (3, 4)])["straightness"] == pytest.approx(5 / 7)
    assert math.isnan(measured([(1, 1), (1, 1)])["straightness"])
    assert measured([(0, 0), (3, 4)])["distance"] == pytest.approx(5.0)


def test_the_path_and_its_values_are_curves_from_step_0():
    measures = measured([(2, 1), (0, 0.5)])
    assert list(measures["x"].steps) == [0, 1]
    assert list(measures["y"].values) == [1, 0.5]
    assert list(measures["function_value"].values) == [1.2, 0.25]


def test_each_measure_is_named():
    assert set(measured([(2, 1), (0, 0.5)])) == set(MEASURES)


def test_a_path_that_leaves_the_finite_numbers_ends_there_without_numbers():
    points = path(function="valley", optimizer="sgd", learning_rate=0.1, steps=1000)
    assert len(points) < 20
    measures = measured(points, "valley")
    assert not np.isfinite(measures["function_value"].values[-1])
    assert np.isfinite(measures["function_value"].values[:-1]).all()
    single = {name: value for name, value in measures.items() if isinstance(value, float)}
    assert len(single) == 6
    assert all(map(math.isnan, single.values()))


def test_settings_of_optimizers_have_the_networks_defaults():
    settings, network = DescentSettings(), Hyperparameters()
    used = {name for optimizer in OPTIMIZERS.values() for name in optimizer.hyperparameters}
    for name in used | {"optimizer", "learning_rate"}:
        assert getattr(settings, name) == getattr(network, name)
    assert settings.steps == 30


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"function": "bowls"}, "unknown function 'bowls' (did you mean 'bowl'?)"),
        ({"start": [1.0]}, "start must be two numbers, x and y, got [1.0]"),
        ({"start": "11"}, "start must be two numbers, x and y, got '11'"),
        ({"start": [1.0, math.nan]}, "start: y must be a finite number of size <= 1e+300, got nan"),
        ({"start": [True, 1]}, "start: x must be a finite number of size <= 1e+300, got True"),
        ({"steps": -1}, "steps must be a whole number >= 0, got -1"),
        ({"steps": 10_001}, "steps must be at most 10,000, got 10001"),
        ({"learning_rate": 0.0}, "learning_rate must be a finite number > 0, got 0.0"),
        ({"optimizer": "sdg"}, "unknown optimizer 'sdg' (did you mean 'sgd'?)"),
        ({"momentum": 1.0}, "momentum must be a finite number >= 0 and < 1, got 1.0"),
    ],
)
def test_settings_are_checked(settings, words):
    with pytest.raises(UsageError) as error:
        DescentSettings(**settings)
    assert words in str(error.value)


def test_every_measure_has_its_name_in_the_table():
    measures = measures_of(FUNCTIONS["bowl"], np.array([[-7.0, 2.0], [-6.0, 1.0]]))
    assert set(measures) == set(MEASURES)
