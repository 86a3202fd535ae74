"""Check places, distances, ranges and draws of one parameter by hand."""

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.strategies.narrowing.axes import axis_of

NUMBER = axis_of(FloatDistribution(1e-4, 1.0, log=True), 2.0)
GRID = axis_of(IntDistribution(1, 10), 2.0)
CHOICE = axis_of(CategoricalDistribution(["a", "b", "c"]), 0.0)
SMOOTHED = axis_of(CategoricalDistribution(["a", "b", "c"]), 2.0)


def test_places_of_numbers_are_positions_and_those_of_choices_their_indices():
    np.testing.assert_allclose(NUMBER.places(np.array([1e-4, 1e-2, 1.0, np.nan])), [0.0, 0.5, 1.0, np.nan])
    np.testing.assert_allclose(GRID.places(np.array([1.0, 10.0])), [0.05, 0.95])
    np.testing.assert_array_equal(CHOICE.places(np.array([2.0, 0.0])), [2.0, 0.0])


def test_distances_are_in_units_of_the_spread_of_the_better_places():
    better = np.array([0.1, 0.4, np.nan])  # mean 0.25, standard deviation 0.15
    found = NUMBER.coordinates(np.array([0.25, 0.4, 0.1, np.nan]), better)
    np.testing.assert_allclose(found, [[0.0], [1 / np.sqrt(12)], [-1 / np.sqrt(12)], [0.0]], atol=1e-15)


def test_better_places_all_over_the_range_leave_distances_as_they_are():
    found = NUMBER.coordinates(np.array([0.2, 0.9]), np.linspace(0, 1, 10_001))
    assert (found[1] - found[0]).item() == pytest.approx(0.7, rel=1e-3)


@pytest.mark.parametrize("better", [[], [0.3], [0.3, np.nan]])
def test_distances_from_the_middle_stand_in_where_fewer_than_two_are_better(better):
    found = NUMBER.coordinates(np.array([0.0, 0.75]), np.array(better))
    np.testing.assert_allclose(found, [[-0.5], [0.25]])


def test_two_better_places_are_enough_for_a_unit():
    found = NUMBER.coordinates(np.array([0.2, 0.4]), np.array([0.2, 0.4]))
    np.testing.assert_allclose(found, [[-1 / np.sqrt(12)], [1 / np.sqrt(12)]])


def test_equal_places_have_the_narrowest_unit():
    found = NUMBER.coordinates(np.array([0.5 + 1e-6]), np.full(5, 0.5))
    np.testing.assert_allclose(found, [[1.0]], rtol=1e-6)


@pytest.mark.parametrize(
    ("guides", "reach", "expected"),
    [
        ([0.5, 0.4, 0.7], 1.0, [0.3, 0.7]),
        ([0.5, 0.2, 0.6], 1.0, [0.2, 0.8]),
        ([0.5, 0.4, 0.7], 0.5, [0.4, 0.6]),
        ([0.5, 0.4, 0.7], 0.0, [0.5, 0.5]),
        ([0.1, 0.4], 1.0, [0.0, 0.4]),
        ([0.9, 0.4], 1.0, [0.4, 1.0]),
        ([0.6], 1.0, [0.6, 0.6]),
    ],
)
def test_a_range_lies_around_the_first_guide_and_reaches_as_far_as_the_farthest(guides, reach, expected):
    np.testing.assert_allclose(NUMBER.narrowed(np.array(guides), reach), expected)


def test_draws_are_uniform_in_the_range():
    quantiles = np.array([[0.0, 0.25], [0.5, 1.0]])
    np.testing.assert_allclose(NUMBER.draw(np.array([0.2, 0.6]), quantiles), [[0.2, 0.3], [0.4, 0.6]])
    np.testing.assert_allclose(NUMBER.draw(NUMBER.whole(), quantiles), quantiles)


def test_draws_of_a_grid_are_its_values():
    drawn = GRID.draw(GRID.whole(), np.array([[0.0, 0.09], [0.11, 0.99]]))
    assert [[GRID.value(place) for place in row] for row in drawn] == [[1, 1], [2, 10]]
    np.testing.assert_allclose(drawn, [[0.05, 0.05], [0.15, 0.95]])


def test_a_range_is_described_by_its_ends():
    assert NUMBER.described(np.array([0.0, 0.5])) == pytest.approx([1e-4, 1e-2])
    assert GRID.described(np.array([0.35, 0.65])) == [4, 7]


def test_choices_are_equally_far_from_each_other_and_from_none():
    a, b, c, none = CHOICE.coordinates(np.array([0.0, 1.0, 2.0, np.nan]), np.array([0.0]))
    assert [np.linalg.norm(a - b), np.linalg.norm(b - c), np.linalg.norm(a - c)] == pytest.approx([0.3] * 3)
    np.testing.assert_array_equal(none, 0)
    assert np.linalg.norm(a) == pytest.approx(0.3 / np.sqrt(2))


def test_without_a_pseudo_count_choices_are_drawn_as_often_as_the_guides_have_them():
    counts = CHOICE.narrowed(np.array([2.0, 0.0, 2.0, 2.0]), 1.0)
    np.testing.assert_array_equal(counts, [1, 0, 3])
    drawn = CHOICE.draw(counts, np.array([[0.0, 0.24], [0.25, 0.999]]))
    assert [[CHOICE.value(place) for place in row] for row in drawn] == [["a", "a"], ["c", "c"]]
    assert CHOICE.described(counts) == ["a", "c"]


def test_a_pseudo_count_leaves_every_choice_a_share():
    counts = SMOOTHED.narrowed(np.array([2.0, 0.0, 2.0, 2.0]), 1.0)
    drawn = SMOOTHED.draw(counts, (np.arange(1800) + 0.5) / 1800).astype(int)
    expected = [(count + 2 / 3) / (4 + 2) for count in (1, 0, 3)]
    np.testing.assert_allclose(np.bincount(drawn) / 1800, expected, atol=1 / 1800)
    assert SMOOTHED.described(counts) == ["a", "c"]


@pytest.mark.parametrize("axis", [CHOICE, SMOOTHED], ids=["plain", "smoothed"])
def test_without_guides_every_choice_is_as_likely(axis):
    drawn = axis.draw(axis.whole(), (np.arange(300) + 0.5) / 300)
    assert np.bincount(drawn.astype(int)).tolist() == [100, 100, 100]
    assert axis.described(axis.whole()) == ["a", "b", "c"]
