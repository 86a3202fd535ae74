import math

import numpy as np
import pandas as pd

from hpsearch.report.drawings.bands import band, band_word, smoothed


def cell(*curves, diverged=()):
    """Return a cell of one curve a repeat."""
    rows = [
        (repeat, step, value, repeat in diverged)
        for repeat, curve in enumerate(curves)
        for step, value in enumerate(curve)
    ]
    return pd.DataFrame(rows, columns=["repeat", "step", "value", "diverged"])


def test_five_repeats_have_quartiles_and_fewer_the_range():
    many = band(cell([1.0], [2.0], [3.0], [4.0], [10.0]), 1).iloc[0]
    assert (many["low"], many["median"], many["high"]) == (2.0, 3.0, 4.0)
    few = band(cell([1.0], [2.0], [10.0]), 1).iloc[0]
    assert (few["low"], few["median"], few["high"]) == (1.0, 2.0, 10.0)
    assert [band_word(repeats) for repeats in (1, 2, 4, 5)] == ["", *2 * ["smallest and largest value"], "quartiles"]


def test_a_diverged_repeat_is_the_worst_from_then_on():
    curves = ([1.0, 1.0, 1.0], [2.0, 2.0], [3.0, 3.0, math.nan])
    losses = band(cell(*curves, diverged=[1, 2]), -1)
    assert losses["median"].tolist() == [2.0, 2.0, math.inf]
    assert losses["low"].tolist() == [1.0, 1.0, 1.0]
    scores = band(cell(*curves, diverged=[1, 2]), 1)
    assert scores["median"].tolist() == [2.0, 2.0, -math.inf]


def test_a_diverged_repeat_counts_where_its_curve_has_ended():
    ended = band(cell([1.0, 1.0], [2.0, 2.0], [3.0], diverged=[2]), -1)
    assert ended["median"].tolist() == [2.0, 2.0]
    assert ended["repeats"].tolist() == [3, 3]


def test_a_repeat_that_stopped_early_is_left_out_and_half_of_them_must_be_there():
    stopped = band(cell([1.0, 1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [4.0, 4.0]), -1)
    assert stopped["step"].tolist() == [0.0, 1.0]
    two = band(cell([1.0, 1.0, 1.0], [3.0, 3.0, 3.0], [3.0], [4.0]), -1)
    assert two["step"].tolist() == [0.0, 1.0, 2.0]
    assert two["median"].tolist() == [3.0, 2.0, 2.0]
    assert two["repeats"].tolist() == [4, 2, 2]


def test_a_moving_mean_is_over_steps_and_keeps_what_is_not_finite():
    steps = np.arange(0.0, 50.0, 10.0)
    values = np.array([0.0, 3.0, 6.0, math.nan, 9.0])
    assert smoothed(steps, values, 1).tolist()[:3] == [0.0, 3.0, 6.0]
    means = smoothed(steps, values, 30)
    assert means[:3].tolist() == [1.5, 3.0, 4.5]
    assert math.isnan(means[3])
    assert means[4] == 9.0


def test_each_repeat_is_smoothed_before_the_median():
    curves = ([0.0, 9.0, 0.0], [0.0, 0.0, 9.0], [9.0, 0.0, 0.0])
    assert band(cell(*curves), -1)["median"].tolist() == [0.0, 0.0, 0.0]
    assert band(cell(*curves), -1, smooth=3)["median"].iloc[1] == 3.0
