"""Validation of user input: whole numbers, finite numbers, shares and names."""

from __future__ import annotations

import math
import operator
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from hpsearch.errors import UsageError, choose_from

MOST_TRIALS = 10_000_000
"""Maximum number of trials of a run."""

MOST_RUNS = 100_000
"""Maximum number of runs of a study: tasks × strategies × repeats. They are planned in memory."""


def whole(name: str, value: object, least: int) -> int:
    """Return `value` as an int >= `least`; 2.0 and True are not whole numbers.

    Raises
    ------
    UsageError
        If `value` is invalid; the message contains `name`, the rule and the value.
    """
    if not is_whole(value) or int(value) < least:  # type: ignore[call-overload]
        raise UsageError(f"{name} must be a whole number >= {least}, got {value!r}")
    return operator.index(value)  # type: ignore[arg-type]


def is_whole(value: object) -> bool:
    """Return whether `value` is an integer of Python or NumPy and not a boolean."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def number(name: str, value: object, rule: str, accepts: Callable[[float], bool]) -> float:
    """Return `value` as a float if it is finite and `accepts` returns true; `rule` describes the accepted values.

    Raises
    ------
    UsageError
        If `value` is invalid; the message contains `name`, the rule and the value.
    """
    result = math.nan
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        with suppress(OverflowError):  # an integer larger than any float
            result = float(value)
    if not (math.isfinite(result) and accepts(result)):
        raise UsageError(f"{name} must be a finite number {rule}, got {value!r}")
    return result


def share(name: str, value: object) -> float | int:
    """Return `value` if it is a fraction > 0 and < 1 (float) or a count >= 1 (int).

    Raises
    ------
    UsageError
        If `value` is invalid; the message contains `name`, the rule and the value.
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
        If it isn't; the message contains `name`, the value and the choices.
    """
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:
        raise UsageError(choose_from(name, value, choices))
    return str(value)


def rule_of(error: Mapping[str, Any]) -> str:
    """Convert an entry of pydantic's ``ValidationError.errors()`` to "must be …, got …", without the key."""
    if error["type"] == "value_error":  # raised by one of our validators, with our message
        return str(error["ctx"]["error"])
    rule = error["msg"].removeprefix("Input should be ")
    return f"must be {rule}, got {error['input']!r}"


def unreadable(path: Path) -> str | None:
    """Return why `path` can't be read as a file to its end; None if it can be. Pipes and devices may have no end."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        return error.strerror or str(error)
    except ValueError as error:  # a NUL, or text that no file system encodes
        return str(error)
    if stat.S_ISREG(mode):
        return None
    return "Is a directory" if stat.S_ISDIR(mode) else "Not a regular file"
