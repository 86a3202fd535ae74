"""Functions of two numbers, x and y, that optimizers descend.

To add one, write its value and its gradient, and add an entry to `FUNCTIONS`. Values and gradients take arrays of any
shape, or numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Point = tuple[float, float]


@dataclass(frozen=True)
class Function:
    """A differentiable function f(x, y).

    Attributes
    ----------
    formula
        The function as text.
    value
        Function from x and y to f(x, y).
    gradient
        Function from x and y to (∂f/∂x, ∂f/∂y).
    start
        Default start of a path.
    region
        Lowest and highest x, then lowest and highest y, of a drawing.
    minima
        Points at which f has its least value.
    heights
        Values of f to draw a contour of; empty: chosen evenly on a log scale above the least value.
    places
        Points that a drawing names.
    """

    formula: str
    value: Callable[[Any, Any], Any]
    gradient: Callable[[Any, Any], tuple[Any, Any]]
    start: Point
    region: tuple[Point, Point]
    minima: Sequence[Point]
    heights: Sequence[float] = ()
    places: Mapping[str, Point] = field(default_factory=dict)

    @property
    def least(self) -> float:
        """Value of f at its minima."""
        return float(self.value(*self.minima[0]))

    def distance(self, x: float, y: float) -> float:
        """Return the Euclidean distance of a point from the nearest minimum."""
        return min(float(np.hypot(x - a, y - b)) for a, b in self.minima)


def _bowl(x: Any, y: Any) -> Any:
    return x**2 / 20 + y**2


def _bowl_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return x / 10, 2 * y


def _saddle(x: Any, y: Any) -> Any:
    return x**2 / 2 - y**2 / 2 + y**4 / 4


def _saddle_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return x, y**3 - y


def _valley(x: Any, y: Any) -> Any:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _valley_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    beside = y - x**2
    return -2 * (1 - x) - 400 * x * beside, 200 * beside


_X = np.array([-4.0, -2.0, 0.0, 1.0, 4.0, 7.0])
_HEIGHT = np.array([2.0, 0.0, 0.0, 0.1, -1.0, 2.0])
_SLOPE = np.array([-1.0, 0.0, 0.0, 0.0, 0.0, 2.0])


def _profile(x: Any) -> tuple[Array, Array]:
    """Return height and slope of the plateau's profile: cubics between the knots `_X`, straight lines beyond.

    A cubic has the `_HEIGHT` and the `_SLOPE` of both knots (Hermite's form), so the profile has a derivative
    everywhere: a slope down to x = −2, exactly flat to x = 0, a hill at x = 1, and a valley at x = 4.
    """
    inside = np.clip(np.asarray(x, dtype=np.float64), _X[0], _X[-1])
    left = np.clip(np.searchsorted(_X, inside, side="right") - 1, 0, len(_X) - 2)
    width = _X[left + 1] - _X[left]
    t = (inside - _X[left]) / width
    rise = _HEIGHT[left + 1] - _HEIGHT[left]
    first, last = width * _SLOPE[left], width * _SLOPE[left + 1]
    height = _HEIGHT[left] + rise * t**2 * (3 - 2 * t) + first * t * (1 - t) ** 2 - last * t**2 * (1 - t)
    slope = (rise * 6 * t * (1 - t) + first * (1 - t) * (1 - 3 * t) + last * t * (3 * t - 2)) / width
    return height + slope * (x - inside), slope


def _plateau(x: Any, y: Any) -> Any:
    return _profile(x)[0] + y**2 / 20


def _plateau_gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return _profile(x)[1], y / 10


FUNCTIONS: Mapping[str, Function] = {
    "bowl": Function(
        "x²/20 + y²",
        _bowl,
        _bowl_gradient,
        start=(-7.0, 2.0),
        region=((-8.0, 8.0), (-3.0, 3.0)),
        minima=[(0.0, 0.0)],
    ),
    "saddle": Function(
        "x²/2 − y²/2 + y⁴/4",
        _saddle,
        _saddle_gradient,
        start=(-2.0, 0.01),
        region=((-2.5, 2.5), (-1.8, 1.8)),
        minima=[(0.0, 1.0), (0.0, -1.0)],
    ),
    "plateau": Function(
        "h(x) + y²/20, h: slope, flat stretch, hill, valley",
        _plateau,
        _plateau_gradient,
        start=(-4.0, 1.0),
        region=((-5.0, 7.0), (-2.5, 2.5)),
        minima=[(4.0, 0.0)],
        heights=(-0.9, -0.7, -0.5, -0.3, -0.1, 0.01, 0.05, 0.09, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0),
        places={"flat": (-1.0, 1.5), "hill": (1.0, -1.5)},
    ),
    "valley": Function(
        "(1 − x)² + 100 (y − x²)²",
        _valley,
        _valley_gradient,
        start=(-1.2, 1.0),
        region=((-2.0, 2.0), (-1.0, 3.0)),
        minima=[(1.0, 1.0)],
    ),
}
"""Functions by name.

bowl: Deep Learning from Scratch, section 6.1.3. valley: Rosenbrock, An automatic method for finding the greatest or
least value of a function (1960). plateau: a profile as in Hung-yi Lee's lecture on momentum, with a formula of our own,
`_profile`. saddle: ours, with the saddle at (0, 0).
"""
