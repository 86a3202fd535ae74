"""Path of an optimizer over a function of two numbers, and its measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hpsearch.checks import MOST_FLOAT, number, one_of, whole
from hpsearch.errors import UsageError, quoted
from hpsearch.nn.hyperparameters import RULES, Hyperparameters
from hpsearch.nn.optimizers import OPTIMIZERS
from hpsearch.objectives.functions.surfaces import FUNCTIONS, Array, Function, Point
from hpsearch.objectives.measures import Curve, Measure

MOST_STEPS = 10_000
"""Maximum number of steps of a path; all of its points are stored."""

AXES = ("x", "y")
MEASURES = (
    *AXES,
    "function_value",
    *(f"{kind}.{axis}" for kind in ("turns", "crossings") for axis in AXES),
    "straightness",
    "distance",
)
"""Names of the measures of a path."""


_OWN = ("function", "start", "steps")


@dataclass(frozen=True, kw_only=True)
class DescentSettings:
    """Settings of a descent; those of the optimizer have the names, rules and defaults of `Hyperparameters`.

    Raises
    ------
    UsageError
        If a value has the wrong type or is out of range, or a name isn't in its table.
    """

    function: str = "bowl"
    """Key of `FUNCTIONS`."""
    start: tuple[float, float] | None = None
    """Point (x, y) at which the path starts; None: the function's own."""
    steps: int = 30
    optimizer: str = Hyperparameters.optimizer
    """Key of `OPTIMIZERS`."""
    learning_rate: float = Hyperparameters.learning_rate
    momentum: float = Hyperparameters.momentum
    beta_1: float = Hyperparameters.beta_1
    beta_2: float = Hyperparameters.beta_2
    rho: float = Hyperparameters.rho
    rmsprop_start: str = Hyperparameters.rmsprop_start
    epsilon: float = Hyperparameters.epsilon
    weight_decay: float = Hyperparameters.weight_decay
    """adamw: decay of x and y towards 0."""

    def __post_init__(self) -> None:
        one_of("function", self.function, FUNCTIONS)
        object.__setattr__(self, "start", _start(self.start))
        whole("steps", self.steps, 0, MOST_STEPS)
        for name in set(self.__dataclass_fields__).difference(_OWN):
            object.__setattr__(self, name, RULES[name](name, getattr(self, name)))

    @property
    def ineffective(self) -> dict[str, str]:
        """Settings that the optimizer does not use, each with the reason."""
        used = OPTIMIZERS[self.optimizer].hyperparameters
        of_any = {name for optimizer in OPTIMIZERS.values() for name in optimizer.hyperparameters}
        return dict.fromkeys(sorted(of_any.difference(used)), f"optimizer {self.optimizer!r} does not use it")


def _start(value: Any) -> Point | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple) or len(value) != len(AXES):
        raise UsageError(f"start must be two numbers, x and y, got {quoted(value)}")
    x, y = (
        number(f"start: {axis}", each, f"of size <= {MOST_FLOAT:g}", lambda size: abs(size) <= MOST_FLOAT)
        for axis, each in zip(AXES, value, strict=True)
    )
    return x, y


def descend(settings: DescentSettings) -> Array:
    """Return the points of a descent, float64 of shape (steps + 1, 2); fewer rows if it diverges.

    The first row is the start. At each step the optimizer gets the exact gradient. The first row at which the function
    is not finite is the last one.
    """
    function = FUNCTIONS[settings.function]
    point, gradient = np.array(settings.start or function.start), np.zeros(2)
    kind = OPTIMIZERS[settings.optimizer]
    own = {name: getattr(settings, name) for name in kind.hyperparameters}
    optimizer = kind(point, gradient, n_decaying=len(point), **own)
    points = [point.copy()]
    with np.errstate(all="ignore"):
        while len(points) <= settings.steps and np.isfinite(function.value(*point)):
            gradient[:] = function.gradient(*point)
            optimizer.step(settings.learning_rate)
            points.append(point.copy())
    return np.array(points)


def values_of(function: Function, points: Array) -> Array:
    """Return the function's value at each of the points (points, 2), shape (points,)."""
    with np.errstate(all="ignore"):
        return np.asarray(function.value(points[:, 0], points[:, 1]))


def measures_of(function: Function, points: Array) -> dict[str, Measure]:
    """Return the measures of a path; `points` has the shape (points, 2).

    ``x``, ``y`` and ``function_value`` are curves over the steps, from the start at step 0. For each coordinate,
    ``turns`` is the number of sign changes of its steps, and ``crossings`` that of the coordinate itself. Steps of
    length 0 and points on an axis are skipped. ``straightness`` is the distance from the start to the end / length of
    the path: 1 for a straight line, NaN for a path of length 0. ``distance`` is that of the end from the nearest point
    with the function's least value. The numbers of a path that left the finite numbers are NaN.
    """
    values = values_of(function, points)
    steps = range(len(points))
    measures: dict[str, Measure] = {axis: Curve(steps, points[:, column].tolist()) for column, axis in enumerate(AXES)}
    measures["function_value"] = Curve(steps, values.tolist())
    finite = bool(np.isfinite(values[-1]))
    moves = np.diff(points, axis=0)
    for column, axis in enumerate(AXES):
        measures[f"turns.{axis}"] = _sign_changes(moves[:, column]) if finite else np.nan
        measures[f"crossings.{axis}"] = _sign_changes(points[:, column]) if finite else np.nan
    measures["straightness"] = _straightness(points, moves) if finite else np.nan
    measures["distance"] = function.distance(*points[-1]) if finite else np.nan
    return measures


def _sign_changes(numbers: Array) -> float:
    signs = np.sign(numbers[numbers != 0])
    return float(np.count_nonzero(signs[1:] != signs[:-1]))


def _straightness(points: Array, moves: Array) -> float:
    length = float(np.hypot(moves[:, 0], moves[:, 1]).sum())
    return float(np.hypot(*(points[-1] - points[0]))) / length if length else np.nan
