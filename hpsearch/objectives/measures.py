"""Measures of a training beside its validation value: numbers, and curves over its steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple


class Curve(NamedTuple):
    """A measure that was taken at several steps of a training.

    Attributes
    ----------
    steps
        Numbers of the steps, ascending; 0 is before the first one.
    values
        The measure after each of these steps; NaN or infinity after a divergence.
    """

    steps: Sequence[int]
    values: Sequence[float]


Measure = float | Curve

_STEPS, _VALUES = "steps", "values"


def as_stored(measures: Mapping[str, Measure]) -> dict[str, Any]:
    """Return measures in JSON types; numbers that are not finite become None.

    >>> as_stored({"turns": 3.0, "loss": Curve([0, 10], [2.3, float("inf")])})
    {'turns': 3.0, 'loss': {'steps': [0, 10], 'values': [2.3, None]}}
    """
    return {
        name: {_STEPS: [int(step) for step in measure.steps], _VALUES: [_finite(value) for value in measure.values]}
        if isinstance(measure, Curve)
        else _finite(measure)
        for name, measure in measures.items()
    }


def from_stored(stored: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """Yield name, step and value of each stored number; the step of a measure without a curve is NaN.

    >>> list(from_stored({"turns": 3.0, "loss": {"steps": [0], "values": [2.3]}}))
    [('turns', nan, 3.0), ('loss', 0.0, 2.3)]
    """
    for name, measure in stored.items():
        if isinstance(measure, Mapping):
            for step, value in zip(measure[_STEPS], measure[_VALUES], strict=True):
                yield name, float(step), _number(value)
        else:
            yield name, math.nan, _number(measure)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
