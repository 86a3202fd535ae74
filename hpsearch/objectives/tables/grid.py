"""A table's grid of values, declared as a range in its own units."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

Value = int | float | str


def distribution(values: Sequence[Value]) -> BaseDistribution:
    """The distribution of a parameter that a table knows at `values` alone, sorted upward.

    Text is a choice. Evenly spaced numbers are a range with their distance as its step. All other numbers, which must
    be positive, are a log range of as many cells of equal width as there are values: from half a cell below the lowest
    value to half a cell above the highest, where a cell is their distance in logarithms over the number of gaps.

    Whichever it is, each value is drawn with the same probability when the distribution is drawn from uniformly.
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
    """Which of the `count` values of a grid a parameter's `value` stands for, where the grid is `declared` as above."""
    if isinstance(declared, CategoricalDistribution):
        return declared.choices.index(value)
    assert isinstance(declared, (FloatDistribution, IntDistribution))
    number = float(value)
    if declared.log:
        cell = count * math.log(number / declared.low) / math.log(declared.high / declared.low)
    else:
        cell = (number - declared.low) / (declared.step or 1) + 0.5
    return min(max(math.floor(cell), 0), count - 1)
