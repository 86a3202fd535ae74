"""Checks of what users give: a whole number, a finite number, a share, one of several names."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from hpsearch.errors import UsageError, choose_from


def whole(name: str, value: object, least: int) -> int:
    """Return `value` as an int of at least `least`. Neither 2.0 nor True is a whole number.

    Raises
    ------
    UsageError
        Naming `name`, the rule and the value.
    """
    if not is_whole(value) or int(value) < least:  # type: ignore[call-overload]
        raise UsageError(f"{name} must be a whole number >= {least}, got {value!r}")
    return operator.index(value)  # type: ignore[arg-type]


def is_whole(value: object) -> bool:
    """Return whether `value` is an integer of Python or NumPy, and not a truth value."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def number(name: str, value: object, rule: str, accepts: Callable[[float], bool]) -> float:
    """Return `value` as a float if it is a finite number and `accepts` it; `rule` says in words what is accepted.

    Raises
    ------
    UsageError
        Naming `name`, the rule and the value.
    """
    result = math.nan
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        with suppress(OverflowError):  # an integer larger than any float
            result = float(value)
    if not (math.isfinite(result) and accepts(result)):
        raise UsageError(f"{name} must be a finite number {rule}, got {value!r}")
    return result


def share(name: str, value: object) -> float | int:
    """Return `value` if it is a fraction above 0 and below 1 (a float) or a count of at least 1 (an int).

    Raises
    ------
    UsageError
        Naming `name`, the rule and the value.
    """
    if isinstance(value, (float, np.floating)) and 0 < value < 1:
        return float(value)
    if is_whole(value) and int(value) >= 1:  # type: ignore[call-overload]
        return operator.index(value)  # type: ignore[arg-type]
    raise UsageError(f"{name} must be a fraction > 0 and < 1, or a whole number of rows >= 1, got {value!r}")


def one_of(name: str, value: Any, choices: Iterable[str]) -> str:
    """Return `value` if it is one of the `choices`.

    Raises
    ------
    UsageError
        Naming `name`, the value and the choices.
    """
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:
        raise UsageError(choose_from(name, value, choices))
    return str(value)


def rule_of(error: Mapping[str, Any]) -> str:
    """Word an entry of pydantic's ``ValidationError.errors()`` as "must be …, got …"; the caller names the key."""
    if error["type"] == "value_error":  # raised by a validator of ours, in our words
        return str(error["ctx"]["error"])
    rule = error["msg"].removeprefix("Input should be ")
    return f"must be {rule}, got {error['input']!r}"
