"""Functions to descend: gradients, minima, and the plateau's profile."""

import numpy as np
import pytest

from hpsearch.objectives.functions import FUNCTIONS

NAMES = list(FUNCTIONS)


def grid(name, points=81):
    (left, right), (low, high) = FUNCTIONS[name].region
    return np.meshgrid(np.linspace(left, right, points), np.linspace(low, high, points))


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_those_of_the_values(name):
    function, (x, y), h = FUNCTIONS[name], grid(name), 1e-6
    dx, dy = function.gradient(x, y)
    by_x = (function.value(x + h, y) - function.value(x - h, y)) / (2 * h)
    by_y = (function.value(x, y + h) - function.value(x, y - h)) / (2 * h)
    np.testing.assert_allclose(np.broadcast_to(dx, x.shape), by_x, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.broadcast_to(dy, x.shape), by_y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_minima_are_the_lowest_points_of_the_region_with_gradient_0(name):
    function = FUNCTIONS[name]
    values = function.value(*grid(name))
    for x, y in function.minima:
        assert function.value(x, y) == pytest.approx(function.least)
        assert np.abs(function.gradient(x, y)).max() < 1e-12
        (left, right), (low, high) = function.region
        assert left < x < right
        assert low < y < high
    assert values.min() >= function.least - 1e-12
    assert function.distance(*function.start) > 0.5, "the start is no minimum"


@pytest.mark.parametrize("name", NAMES)
def test_a_gradient_of_arrays_is_that_of_each_point(name):
    function = FUNCTIONS[name]
    x, y = np.array([-1.5, 0.5, 2.0]), np.array([0.25, -1.0, 1.5])
    together = np.broadcast_arrays(*function.gradient(x, y))
    each = [function.gradient(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(np.array(together).T, each)


def test_the_plateau_is_a_slope_a_flat_stretch_a_hill_and_a_valley():
    plateau = FUNCTIONS["plateau"]
    x = np.linspace(-5, 8, 1301)
    height, slope = plateau.value(x, 0.0), plateau.gradient(x, 0.0)[0]
    assert (slope[x < -2.01] < 0).all()
    assert (slope[(x >= -2) & (x <= 0)] == 0).all()
    assert (height[(x >= -2) & (x <= 0)] == 0).all()
    assert (slope[(x > 0.01) & (x < 0.99)] > 0).all()
    assert height[(x > 0) & (x < 2)].max() == pytest.approx(0.1)
    assert (slope[(x > 1.01) & (x < 3.99)] < 0).all()
    assert (slope[x > 4.01] > 0).all()
    assert height[0] == pytest.approx(3.0)
    assert height[-1] == pytest.approx(4.0)


def test_the_distance_is_that_of_the_nearest_minimum():
    saddle = FUNCTIONS["saddle"]
    assert saddle.distance(0.0, 0.75) == pytest.approx(0.25)
    assert saddle.distance(3.0, -5.0) == pytest.approx(5.0)
