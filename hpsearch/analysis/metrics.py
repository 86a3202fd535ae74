"""Traits of metrics, by name; unknown metrics have the defaults."""

from __future__ import annotations

from typing import NamedTuple


class Metric(NamedTuple):
    """Traits of a metric."""

    best_is_one: bool = False
    """Whether 1 is a perfect score, so that a training score can be rated as too low."""
    share_of_rows: bool = False
    """Whether it is a share of the evaluated rows, so that its sampling error is binomial."""


METRICS: dict[str, Metric] = {
    "accuracy": Metric(best_is_one=True, share_of_rows=True),
    "r2": Metric(best_is_one=True),
    "error": Metric(share_of_rows=True),
    "error rate": Metric(share_of_rows=True),
    "error_rate": Metric(share_of_rows=True),
}


def metric(name: str) -> Metric:
    """Return the traits of the metric; the defaults for an unknown name."""
    return METRICS.get(name, Metric())
