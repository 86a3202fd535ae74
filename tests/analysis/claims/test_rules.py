"""False words of the rules under simulated studies, looked at more than once; and single tests."""

import math

import numpy as np
import pytest

from hpsearch.analysis.claims.cells import Differences
from hpsearch.analysis.claims.rules import any_, directed, divided, every, forecast, most, share_won, within
from hpsearch.analysis.statistics.looks import Shares

LOOKS = (10, 20)
PLANNED = Shares(10, 0.04, 0.01, 0.04, 0.01)
STUDIES = 80


def words(rule, means, *, margin=None, seed=0, shares=PLANNED, studies=STUDIES, looks=LOOKS):
    """Return the sides that a rule says at any look, for studies whose cells have these mean differences, in SD."""
    rng = np.random.default_rng(seed)
    said = []
    for _ in range(studies):
        drawn = rng.normal(np.reshape(means, (-1, 1)), 1.0, (len(means), looks[-1]))
        sides = set()
        for look in looks:
            series = [Differences(row[:look], False, 0) for row in drawn]
            if rule is most:
                sides.add(most(share_won(series, margin), shares).side)
            else:
                test = directed if margin is None else within(margin)
                sides.add(rule(series, test, shares, margin is not None).side)
        said.append(sides)
    return said


def rate(said, side):
    return sum(side in sides for sides in said) / len(said)


def most_errors(level=0.05, studies=STUDIES):
    """Return the largest rate that a rule with this level has in 999 of 1,000 simulations."""
    return level + 3.1 * math.sqrt(level * (1 - level) / studies)


def test_every_is_not_refuted_by_one_of_many_cells_at_zero():
    assert rate(words(every, [0.0] * 12), -1) <= most_errors()


def test_any_does_not_hold_by_one_of_many_cells_at_zero():
    assert rate(words(any_, [0.0] * 12), 1) <= most_errors()


def test_every_does_not_hold_where_one_cell_is_at_zero():
    assert rate(words(every, [3.0, 3.0, 0.0]), 1) <= most_errors()


def test_any_is_not_refuted_where_one_cell_is_at_zero():
    assert rate(words(any_, [-3.0, -3.0, 0.0]), -1) <= most_errors()


def test_most_does_not_err_where_half_of_the_cells_are_won():
    said = words(most, [2.0, -2.0, 0.0, 0.0])
    assert rate(said, 1) + rate(said, -1) <= most_errors()


def test_equal_does_not_hold_at_the_margin():
    assert rate(words(every, [1.0, 0.0], margin=1.0), 1) <= most_errors()


def test_equal_is_not_refuted_at_the_margin():
    assert rate(words(every, [1.0] * 6, margin=1.0), -1) <= most_errors()


@pytest.mark.parametrize(("rule", "means"), [(every, [1.6] * 3), (any_, [1.6] + [0.0] * 3), (most, [1.0] * 4)])
def test_real_effects_are_found(rule, means):
    assert rate(words(rule, means), 1) > 0.8
    assert rate(words(rule, [-each for each in means][:3] if rule is not any_ else [-1.6] * 3), -1) > 0.8


@pytest.mark.long
@pytest.mark.parametrize(
    ("rule", "means", "side", "margin"),
    [
        (every, [0.0] * 8, -1, None),
        (every, [3.0, 3.0, 0.0], 1, None),
        (any_, [0.0] * 8, 1, None),
        (any_, [-3.0, -3.0, 0.0], -1, None),
        (most, [2.0, -2.0, 0.0, 0.0], 1, None),
        (most, [2.0, -2.0, 0.0, 0.0], -1, None),
        (every, [1.0, 0.0], 1, 1.0),
        (every, [1.0] * 4, -1, 1.0),
        (most, [1.0] * 3, 1, 1.0),
    ],
)
@pytest.mark.parametrize("shares", [PLANNED, Shares(None, 0.0, 0.05, 0.0, 0.05)], ids=["planned", "without a plan"])
def test_words_are_wrong_in_at_most_5_percent_at_every_look(rule, means, side, margin, shares):
    said = words(
        rule, means, margin=margin, seed=1, shares=shares, studies=400, looks=(5, 6, 8, 10, 12, 15, 20, 30, 40)
    )
    assert rate(said, side) <= most_errors(studies=400)


def test_every_tests_each_cell_at_the_level_and_any_at_the_level_over_the_cells():
    d = np.array([0.4, 1.1, -0.2, 0.9, 0.6, 1.4, 0.3, 0.8, 0.1, 1.0])
    nine = [Differences(d, False, 0)] * 9
    loose, strict = every(nine, directed, PLANNED, False), any_(nine, directed, PLANNED, False)
    assert (loose.shown.low, loose.shown.high) == pytest.approx((0.2663766, 1.0136234), abs=1e-6)
    assert (strict.shown.low, strict.shown.high) == pytest.approx((0.0533574, 1.2266426), abs=1e-6)
    against = [Differences(-d, False, 0)] * 9
    assert every(against, directed, PLANNED, False).shown.high == pytest.approx(-0.0533574, abs=1e-6)


def test_of_several_resolved_cells_the_worst_refutes_every_and_the_best_makes_any_hold():
    noise = np.random.default_rng(3).normal(0.0, 0.1, 10)
    series = [Differences(noise + mean, False, 0) for mean in (1.0, -1.0, -3.0, 2.0)]
    refuted, holding = every(series, directed, PLANNED, False), any_(series, directed, PLANNED, False)
    assert (refuted.side, refuted.cell) == (-1, 2)
    assert (holding.side, holding.cell) == (1, 3)


def test_shares_are_divided():
    assert divided(PLANNED, 4) == Shares(10, 0.01, 0.0025, 0.01, 0.0025)


def test_the_share_of_cells_counts_ties_by_half():
    series = [Differences(np.array(each), False, 0) for each in ([1.0, 1.0, -1.0], [1.0, 0.0], [1.0, -2.0])]
    assert share_won(series, None).values.tolist() == pytest.approx([0.5, 0.0])
    assert share_won(series, 1.5).values.tolist() == pytest.approx([0.5, 1 / 6])


def test_within_needs_all_of_one_size_on_one_side_of_the_margin():
    test = within(0.5)
    infinite = Differences(np.array([math.inf] * 9), True, 9)
    assert test(infinite, PLANNED).side == -1
    assert test(Differences(np.array([math.inf, -math.inf] * 5), True, 9), PLANNED).side == 0
    assert test(Differences(np.array([math.inf] + [0.0] * 9), True, 1), PLANNED).side == 0
    assert test(Differences(np.zeros(10), False, 0), PLANNED).side == 1
    assert test(Differences(np.zeros(5), False, 0), PLANNED).side == 0


def test_forecasts_say_how_many_repeats_would_do():
    one_size = Differences(np.ones(5), False, 0)
    assert forecast(one_size, Shares(5, 0.04, 0.01, 0.04, 0.01), None) == (10, False)
    assert forecast(one_size, PLANNED, None) == (10, True)
    mixed = Differences(np.array([1.0, -1.0, 1.0]), True, 0)
    assert forecast(mixed, PLANNED, None) == (None, False)
    assert forecast(Differences(np.array([1.0, 2.0]), False, 0), Shares(None, 0.0, 0.05, 0.0, 0.05), None) == (6, False)
    above = Differences(np.array([0.4, 1.1, -0.2, 0.9, 0.6, 1.4, 0.3, 0.8, 0.1, 1.0]), False, 0)
    assert forecast(above, Shares(20, 0.04, 0.01, 0.04, 0.01), None)[0] is not None


def test_a_difference_of_exactly_the_margin_is_equal():
    at, beyond = (Differences(np.full(12, size), False, 0) for size in (0.5, 0.75))
    assert within(0.5)(at, PLANNED).side == 1
    assert within(0.5)(beyond, PLANNED).side == -1
    assert share_won([at], 0.5).values.tolist() == [0.5] * 12
