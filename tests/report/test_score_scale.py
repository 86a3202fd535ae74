"""Scales that panels of learning curves share."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hpsearch.report.figures import scale_to_scores


@pytest.mark.parametrize(
    ("train", "validation", "low", "high"),
    [
        ([0.5, 1.0], [0.0, 0.25], -0.06, 1.06),
        ([np.nan, np.nan], [0.2, 0.7], 0.17, 0.73),
        ([np.inf, 0.5], [0.5, 0.5], 0.47, 0.53),
        ([0.0, 0.0], [0.0, 0.0], -0.06, 0.06),
    ],
)
def test_limits_include_all_finite_scores_with_room_around_them(train, validation, low, high):
    axes = Figure().subplots()
    scale_to_scores(axes, pd.DataFrame({"train_score": train, "validation_score": validation}))
    assert axes.get_ylim() == pytest.approx((low, high))
