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


_MEANS = ("", "_macro", "_micro", "_weighted")  # over the classes

METRICS: dict[str, Metric] = {
    "accuracy": Metric(best_is_one=True, share_of_rows=True, least=0.0, most=1.0),
    "r2": Metric(best_is_one=True, most=1.0),
    "error": Metric(share_of_rows=True, least=0.0, most=1.0),
    "error rate": Metric(share_of_rows=True, least=0.0, most=1.0),
    "error_rate": Metric(share_of_rows=True, least=0.0, most=1.0),
    "loss": Metric(least=0.0),
    "log loss": Metric(least=0.0),
    "log_loss": Metric(least=0.0),
    **dict.fromkeys(
        (
            "average_precision",
            "balanced_accuracy",
            *(f"{score}{mean}" for score in ("f1", "jaccard", "precision", "recall") for mean in _MEANS),
            "roc_auc",
            "roc_auc_ovo",
            "roc_auc_ovo_weighted",
            "roc_auc_ovr",
            "roc_auc_ovr_weighted",
            "top_k_accuracy",
        ),
        Metric(best_is_one=True, least=0.0, most=1.0),
    ),
    "matthews_corrcoef": Metric(best_is_one=True, least=-1.0, most=1.0),
    "explained_variance": Metric(best_is_one=True, most=1.0),
    "d2_absolute_error_score": Metric(best_is_one=True, most=1.0),
    "brier_score": Metric(least=0.0, most=2.0),
    **dict.fromkeys(
        (
            "max_error",
            "mean_absolute_error",
            "mean_absolute_percentage_error",
            "mean_gamma_deviance",
            "mean_poisson_deviance",
            "mean_squared_error",
            "mean_squared_log_error",
            "median_absolute_error",
            "root_mean_squared_error",
            "root_mean_squared_log_error",
        ),
        Metric(least=0.0),
    ),
    "mse": Metric(least=0.0),
    "mae": Metric(least=0.0),
    "rmse": Metric(least=0.0),
}


def metric(name: str) -> Metric:
    """Return the traits of the metric; the defaults for an unknown name."""
    return METRICS.get(name, Metric())
