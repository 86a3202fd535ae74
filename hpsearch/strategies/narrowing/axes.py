"""The parameters as narrowing sees them: places of trials on an axis, and a range of the axis to draw from."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from hpsearch.space import Floats, Numeric, positions, value_at


class Axis(Protocol):
    """One parameter: its values are places, which are numbers; NaN is the place of a trial that has no value here."""

    def places(self, values: Floats) -> Floats:
        """The places of `values`, which are in Optuna's internal representation, NaN where there is none."""

    def coordinates(self, places: Floats, better: Floats) -> Floats:
        """Coordinates of the places, shape (places, any number), in which distances are measured.

        The unit is the spread of the `better` places.
        """

    def narrowed(self, guides: Floats, reach: float) -> Floats:
        """The range around the places of the `guides`, of which the first is the best."""

    def whole(self) -> Floats:
        """The range without a guide."""

    def draw(self, range_: Floats, quantiles: Floats) -> Floats:
        """The places at these `quantiles` (0 to 1) of a range."""

    def described(self, range_: Floats) -> list[Any]:
        """The range as a reader wants it: low and high, or the choices that are left."""

    def value(self, place: float) -> Any:
        """The value at a place."""


class NumberAxis:
    """A numeric parameter: its places are positions in the declared range, and a range is a low and a high place."""

    def __init__(self, distribution: Numeric) -> None:
        self._distribution = distribution

    def places(self, values: Floats) -> Floats:
        """Positions in the declared range."""
        return positions(values, self._distribution)

    def coordinates(self, places: Floats, better: Floats) -> Floats:
        """Distances from the mean of the `better` places; 0 for a trial without the parameter.

        The unit is √12 times their standard deviation, which is the declared range if they lie all over it.
        """
        better = better[~np.isnan(better)]
        middle, spread = (better.mean(), better.std() * np.sqrt(12)) if len(better) > 1 else (0.5, 1.0)
        coordinates: Floats = np.nan_to_num((places - middle) / max(spread, NARROWEST))[:, None]
        return coordinates

    def narrowed(self, guides: Floats, reach: float) -> Floats:
        """`reach` times as far to both sides of the best guide as the farthest of them lies."""
        distance = reach * np.abs(guides - guides[0]).max()
        return np.array([max(guides[0] - distance, 0.0), min(guides[0] + distance, 1.0)])

    def whole(self) -> Floats:
        """The declared range."""
        return np.array([0.0, 1.0])

    def draw(self, range_: Floats, quantiles: Floats) -> Floats:
        """Uniform in the range, on the grid of a parameter that has one."""
        drawn: Floats = range_[0] + quantiles * (range_[1] - range_[0])
        if self._distribution.step is None:
            return drawn
        on_grid = np.array([value_at(place, self._distribution) for place in drawn.ravel()], dtype=float)
        return positions(on_grid, self._distribution).reshape(drawn.shape)

    def described(self, range_: Floats) -> list[Any]:
        """Low and high."""
        return [self.value(place) for place in range_]

    def value(self, place: float) -> float | int:
        """The value at the position `place`."""
        return value_at(float(place), self._distribution)


class ChoiceAxis:
    """A categorical parameter: its places are the indices of its choices, and a range holds a share for each choice."""

    def __init__(self, distribution: CategoricalDistribution) -> None:
        self._choices = distribution.choices

    def places(self, values: Floats) -> Floats:
        """Indices, as Optuna has them."""
        return values

    def coordinates(self, places: Floats, better: Floats) -> Floats:
        """One corner for each choice, each `APART` from the others; the origin for a trial without the parameter."""
        corners: Floats = (places[:, None] == np.arange(len(self._choices))) * (APART / np.sqrt(2))
        return corners

    def narrowed(self, guides: Floats, reach: float) -> Floats:
        """How often the guides have each choice; `reach` does nothing."""
        return np.bincount(guides.astype(int), minlength=len(self._choices)) / len(guides)

    def whole(self) -> Floats:
        """Equal shares."""
        return np.full(len(self._choices), 1 / len(self._choices))

    def draw(self, range_: Floats, quantiles: Floats) -> Floats:
        """Each choice as often as its share says."""
        return np.searchsorted(np.cumsum(range_)[:-1], quantiles, side="right").astype(float)

    def described(self, range_: Floats) -> list[Any]:
        """The choices that can be drawn."""
        return [choice for choice, share in zip(self._choices, range_, strict=True) if share > 0]

    def value(self, place: float) -> Any:
        """The choice with the index `place`."""
        return self._choices[int(place)]


APART = 0.3  # distance of two choices
NARROWEST = 1e-6  # no unit of distance is below this share of the declared range

AXES: dict[type[BaseDistribution], type[NumberAxis] | type[ChoiceAxis]] = {
    FloatDistribution: NumberAxis,
    IntDistribution: NumberAxis,
    CategoricalDistribution: ChoiceAxis,
}


def axis_of(distribution: BaseDistribution) -> Axis:
    """The axis of a parameter with this `distribution`."""
    return AXES[type(distribution)](distribution)  # type: ignore[arg-type]  # each line of the table pairs them
