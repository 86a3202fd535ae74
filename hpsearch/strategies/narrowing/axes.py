"""Parameter axes for narrowing: places of trials on an axis, and ranges of the axis to draw from."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.space import Floats, Numeric, positions, value_at


class Axis(Protocol):
    """One parameter, with values mapped to numbers called places; NaN is the place of a trial without the parameter."""

    def places(self, values: Floats) -> Floats:
        """Return the places of `values` in Optuna's internal representation; NaN stays NaN."""

    def coordinates(self, places: Floats, better: Floats) -> Floats:
        """Return coordinates for measuring distances, shape (places, any number).

        The unit is the spread of the `better` places.
        """

    def narrowed(self, guides: Floats, reach: float) -> Floats:
        """Return the range around the places `guides`, sorted with the best first."""

    def whole(self) -> Floats:
        """Return the range used without guides."""

    def draw(self, range_: Floats, quantiles: Floats) -> Floats:
        """Return the places at these `quantiles` (0 to 1) of a range."""

    def described(self, range_: Floats) -> list[Any]:
        """Return the range for display: low and high, or the choices that the guides have."""

    def value(self, place: float) -> Any:
        """Return the value at a place."""


class NumberAxis:
    """Axis of a numeric parameter: places are positions in the declared range; a range is a low and a high place."""

    def __init__(self, distribution: Numeric) -> None:
        self._distribution = distribution

    def places(self, values: Floats) -> Floats:
        """Return the positions in the declared range."""
        return positions(values, self._distribution)

    def coordinates(self, places: Floats, better: Floats) -> Floats:
        """Return the distances from the mean of the `better` places; 0 for a trial without the parameter.

        The unit is √12 times their standard deviation: the declared range if they are uniform on it.
        """
        better = better[~np.isnan(better)]
        middle, spread = (better.mean(), better.std() * np.sqrt(12)) if len(better) > 1 else (0.5, 1.0)
        coordinates: Floats = np.nan_to_num((places - middle) / max(spread, NARROWEST))[:, None]
        return coordinates

    def narrowed(self, guides: Floats, reach: float) -> Floats:
        """Return the range centred on the best guide, with half-width `reach` times the distance to the farthest guide.

        The range is cut off at the declared one.
        """
        distance = reach * np.abs(guides - guides[0]).max()
        return np.array([max(guides[0] - distance, 0.0), min(guides[0] + distance, 1.0)])

    def whole(self) -> Floats:
        """Return the declared range."""
        return np.array([0.0, 1.0])

    def draw(self, range_: Floats, quantiles: Floats) -> Floats:
        """Return places uniform in the range, rounded to the steps of a stepped parameter."""
        places: Floats = range_[0] + quantiles * (range_[1] - range_[0])
        if self._distribution.step is None:
            return places
        on_grid = np.array([value_at(place, self._distribution) for place in places.ravel()], dtype=float)
        return positions(on_grid, self._distribution).reshape(places.shape)

    def described(self, range_: Floats) -> list[Any]:
        """Return the low and high values."""
        return [self.value(place) for place in range_]

    def value(self, place: float) -> float | int:
        """Return the value at the position `place`."""
        return value_at(float(place), self._distribution)


class ChoiceAxis:
    """Axis of a categorical parameter: places are choice indices; a range is a count for each choice.

    Parameters
    ----------
    distribution
        The choices, k of them.
    pseudo_count
        α in the probability of a choice, (its count + α / k) / (sum of counts + α). With α > 0, no choice has 0.
    """

    def __init__(self, distribution: CategoricalDistribution, pseudo_count: float) -> None:
        self._choices = distribution.choices
        self._pseudo_count = pseudo_count

    def places(self, values: Floats) -> Floats:
        """Return the indices unchanged."""
        return values

    def coordinates(self, places: Floats, better: Floats) -> Floats:
        """Return one corner per choice, `APART` from each other; the origin for a trial without the parameter."""
        corners: Floats = (places[:, None] == np.arange(len(self._choices))) * (APART / np.sqrt(2))
        return corners

    def narrowed(self, guides: Floats, reach: float) -> Floats:
        """Return how many guides have each choice; `reach` has no effect."""
        return np.bincount(guides.astype(int), minlength=len(self._choices)).astype(float)

    def whole(self) -> Floats:
        """Return equal counts."""
        return np.ones(len(self._choices))

    def draw(self, range_: Floats, quantiles: Floats) -> Floats:
        """Draw each choice with its probability."""
        smoothed = range_ + self._pseudo_count / len(self._choices)
        shares = smoothed / (range_.sum() + self._pseudo_count)
        return np.searchsorted(np.cumsum(shares)[:-1], quantiles, side="right").astype(float)

    def described(self, range_: Floats) -> list[Any]:
        """Return the choices with a count."""
        return [choice for choice, count in zip(self._choices, range_, strict=True) if count > 0]

    def value(self, place: float) -> Any:
        """Return the choice with the index `place`."""
        return self._choices[int(place)]


APART = 0.3  # distance between two choices
NARROWEST = 1e-6  # lower limit of the unit of distance, as a share of the declared range


def axis_of(distribution: BaseDistribution, pseudo_count: float) -> Axis:
    """Return the axis of a parameter with this `distribution`; choices have the `pseudo_count`."""
    if isinstance(distribution, CategoricalDistribution):
        return ChoiceAxis(distribution, pseudo_count)
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    return NumberAxis(distribution)
