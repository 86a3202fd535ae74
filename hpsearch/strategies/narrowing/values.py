"""Values of discrete parameters, counted from 0."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution


def count(distribution: BaseDistribution) -> int | None:
    """Return the number of values of a parameter; None if it is continuous."""
    if isinstance(distribution, CategoricalDistribution):
        return len(distribution.choices)
    if isinstance(distribution, IntDistribution):
        return (distribution.high - distribution.low) // distribution.step + 1
    assert isinstance(distribution, FloatDistribution)
    if distribution.step is not None:
        return round((distribution.high - distribution.low) / distribution.step) + 1
    return 1 if distribution.single() else None


def value(distribution: BaseDistribution, place: int) -> Any:
    """Return the value with the index `place`."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[place]
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    return min(distribution.low + place * (distribution.step or 0), distribution.high)


def key(distribution: BaseDistribution, value: Any) -> float:
    """Return a number that equal values share: that of a choice, a whole number itself, the nearest step of a float."""
    internal = distribution.to_internal_repr(value)
    if isinstance(distribution, FloatDistribution) and distribution.step is not None:
        return distribution.low + round((internal - distribution.low) / distribution.step) * distribution.step
    return internal


def index(distribution: BaseDistribution, key: float) -> int | None:
    """Return the index of the value with this `key`; None if the distribution has no such value."""
    if isinstance(distribution, CategoricalDistribution):
        steps = key
    else:
        assert isinstance(distribution, (FloatDistribution, IntDistribution))
        steps = (key - distribution.low) / (distribution.step or 1)
    nearest = round(steps)
    number = count(distribution)
    return nearest if number is not None and 0 <= nearest < number and abs(steps - nearest) < NEAR else None


def open_index(distribution: BaseDistribution, closed: Collection[int], quantile: float) -> int | None:
    """Return the index of a value that is not among the `closed` ones, at the `quantile` (0 to 1) of the others.

    Only the closed values are enumerated. None if all are closed.
    """
    left = (count(distribution) or 0) - len(closed)
    if left <= 0:
        return None
    place = min(int(quantile * left), left - 1)
    for skipped in sorted(closed):
        place += skipped <= place
    return place


NEAR = 1e-8  # as in Optuna: difference in steps up to which a float is on its grid
