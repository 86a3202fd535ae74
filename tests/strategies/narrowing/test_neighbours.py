import math

import numpy as np
import pytest

from hpsearch.strategies.narrowing.neighbours import ranks, smoothed

NARROWEST = 1e-4


def test_a_rank_is_the_share_of_smaller_values_and_half_of_the_equal_ones():
    values = np.random.default_rng(0).integers(0, 6, 40).astype(float)
    expected = [((values < value).sum() + (values == value).sum() / 2) / 40 for value in values]
    np.testing.assert_allclose(ranks(values), expected)


@pytest.mark.parametrize("width", [0.1, 0.5, 3.0])
def test_a_place_has_the_weighted_mean_of_all_scores(width):
    rng = np.random.default_rng(1)
    places, known, scores = rng.normal(size=(6, 3)), rng.normal(size=(9, 3)), rng.random(9)
    for place, found in zip(places, smoothed(places, known, scores, width), strict=True):
        weights = [math.exp(-(math.dist(place, other) ** 2) / (2 * width**2)) for other in known]
        assert found == pytest.approx(np.dot(weights, scores) / sum(weights), abs=1e-8)


@pytest.mark.parametrize("width", [0.0, NARROWEST / 10, NARROWEST])
def test_the_width_is_never_below_the_narrowest(width):
    known, scores = np.array([[0.0], [2 * NARROWEST]]), np.array([0.0, 1.0])
    found = smoothed(np.array([[0.5 * NARROWEST]]), known, scores, width)
    near, far = math.exp(-(0.5**2) / 2), math.exp(-(1.5**2) / 2)
    assert found == pytest.approx([far / (near + far)], abs=1e-6)


def test_means_that_differ_by_rounding_alone_are_equal():
    known, scores = np.array([[-1.0], [1.0]]), np.array([0.5, 0.5 + 1e-11])
    one, other = smoothed(np.array([[-0.9], [0.9]]), known, scores, 0.3)
    assert one == other == 0.5
    [told_apart] = smoothed(np.array([[0.9]]), known, np.array([0.5, 0.5 + 2e-9]), 0.3)
    assert told_apart > 0.5
