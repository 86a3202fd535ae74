"""Traits of metrics, by name; unknown metrics have the defaults."""

from __future__ import annotations

import math
from typing import NamedTuple


class Metric(NamedTuple):
    """Traits of a metric."""

    best_is_one: bool = False
    """Whether 1 is a perfect score, so that a training score can be rated as too low."""
    share_of_rows: bool = False
    """Whether it is a share of the evaluated rows, so that its sampling error is binomial."""
    least: float = -math.inf
    """Smallest possible value."""
    most: float = math.inf
    """Largest possible value."""

    def clipped(self, value: float) -> float:
        """Return the value, or the bound that it exceeds; NaN stays NaN."""
        return min(max(value, self.least), self.most) if not math.isnan(value) else value

    def clipped_difference(self, difference: float) -> float:
        """Return the difference of two values, or the largest possible one with its sign; NaN stays NaN."""
        most = self.most - self.least
        return min(max(difference, -most), most) if not math.isnan(difference) else difference


METRICS: dict[str, Metric] = {
    "accuracy": Metric(best_is_one=True, share_of_rows=True, least=0.0, most=1.0),
    "r2": Metric(best_is_one=True, most=1.0),
    "error": Metric(share_of_rows=True, least=0.0, most=1.0),
    "error rate": Metric(share_of_rows=True, least=0.0, most=1.0),
    "error_rate": Metric(share_of_rows=True, least=0.0, most=1.0),
    "loss": Metric(least=0.0),
    "log loss": Metric(least=0.0),
    "log_loss": Metric(least=0.0),
    "mse": Metric(least=0.0),
    "mae": Metric(least=0.0),
    "rmse": Metric(least=0.0),
}


def metric(name: str) -> Metric:
    """Return the traits of the metric; the defaults for an unknown name."""
    return METRICS.get(name, Metric())
