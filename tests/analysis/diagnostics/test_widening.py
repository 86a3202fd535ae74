"""New ends of ranges are ones that a model accepts."""

import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from hpsearch.analysis.diagnostics.ranges import wider


@pytest.mark.parametrize(
    ("name", "end", "distribution", "value"),
    [
        ("x", "low", FloatDistribution(0.05, 1.0), 0.025),  # 0 may be invalid
        ("x", "low", FloatDistribution(0.0, 1.0), None),
        ("x", "low", FloatDistribution(-1.0, 1.0), -2.0),
        ("x", "low", FloatDistribution(4.0, 5.0), 3.5),
        ("x", "high", FloatDistribution(0.05, 1.0), 1.48),
        ("max_features", "high", FloatDistribution(0.05, 1.0), None),  # a share
        ("forest__max_features", "high", FloatDistribution(0.05, 1.0), None),
        ("max_features", "high", IntDistribution(1, 11), 16),  # a number of columns
        ("n", "low", IntDistribution(1, 11), None),
        ("C", "low", FloatDistribution(1e-3, 1.0, log=True), 3e-5),
    ],
)
def test_an_end_moves_outwards_within_what_may_be_valid(name, end, distribution, value):
    assert wider(name, end, distribution) == (None if value is None else pytest.approx(value))
