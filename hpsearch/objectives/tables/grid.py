"""Conversion between a table's grid of values and a distribution in the same units."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

Value = int | float | str


def distribution(values: Sequence[Value]) -> BaseDistribution:
    """Return the distribution of a parameter with the ascending grid `values`.

    Text gives a categorical distribution. Evenly spaced numbers give a range with their distance as step. All other
    numbers must be positive and give a log range of ``len(values)`` cells of equal width, one per value. A cell has
    width log(highest / lowest) / (len(values) - 1). The range extends half a cell beyond the lowest and highest value.

    A uniform draw from the distribution selects each value with the same probability.
    """
    if isinstance(values[0], str):
        return CategoricalDistribution(list(values))
    numbers = np.array(values, dtype=float)
    steps = np.diff(numbers)
    if not np.allclose(steps, steps[0]):
        half_a_cell = math.log(numbers[-1] / numbers[0]) / (len(numbers) - 1) / 2
        return FloatDistribution(numbers[0] * math.exp(-half_a_cell), numbers[-1] * math.exp(half_a_cell), log=True)
    if all(isinstance(value, int) for value in values):
        return IntDistribution(int(numbers[0]), int(numbers[-1]), step=int(steps[0]))
    return FloatDistribution(numbers[0], numbers[-1], step=float(steps[0]))


def index(value: Value, declared: BaseDistribution, count: int) -> int:
    """Return the grid index of a parameter's `value`; `declared` is the distribution of the grid's `count` values."""
    if isinstance(declared, CategoricalDistribution):
        return declared.choices.index(value)
    assert isinstance(declared, (FloatDistribution, IntDistribution))
    number = float(value)
    if declared.log:
        cell = count * math.log(number / declared.low) / math.log(declared.high / declared.low)
    else:
        cell = (number - declared.low) / (declared.step or 1) + 0.5
    return min(max(math.floor(cell), 0), count - 1)
