"""Which combinations the default run tests: enough for the rule. ``pytest -m long`` tests the others."""

from itertools import product

import pytest


def more(*values, id=None):  # noqa: A002
    """Return a test parameter that only ``pytest -m long`` tests."""
    return joined(values, [pytest.mark.long], id)


def some(choices, *chosen):
    """Return all choices as test parameters; the default run tests the chosen ones."""
    missing = set(chosen) - {value_of(choice) for choice in choices}
    assert not missing, missing
    return [choice if value_of(choice) in chosen else more(choice) for choice in choices]


def combinations(*axes):
    """Return all combinations of the axes' values as test parameters; the default run tests each value once or more."""
    axes = [list(axis) for axis in axes]
    chosen = {tuple(turn % len(axis) for axis in axes) for turn in range(max(map(len, axes)))}
    return [
        joined(
            [axis[place] for axis, place in zip(axes, places, strict=True)],
            [] if places in chosen else [pytest.mark.long],
        )
        for places in product(*(range(len(axis)) for axis in axes))
    ]


def joined(parts, marks, id=None):  # noqa: A002
    """Return one test parameter of values and of other parameters, whose marks it keeps."""
    values = [value for part in parts for value in (part.values if is_parameter(part) else [part])]
    return pytest.param(
        *values, marks=[*(mark for part in parts if is_parameter(part) for mark in part.marks), *marks], id=id
    )


def value_of(choice):
    return choice.values[0] if is_parameter(choice) else choice


def is_parameter(part):
    return hasattr(part, "marks")
