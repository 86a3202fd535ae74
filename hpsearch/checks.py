"""Validation of user input: whole numbers, finite numbers, shares and names."""

from __future__ import annotations

import math
import operator
import re
import stat
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from hpsearch.errors import UsageError, choose_from, quoted

MOST_TRIALS = 10_000_000
"""Maximum number of trials of a run, and of anything counted in trials."""

MOST_RUNS = 100_000
"""Maximum number of runs of a study: tasks × strategies × repeats. They are planned in memory."""

MOST_JOBS = 1_000
MOST_BATCH = 100
"""Maximum number of trials before a trial that it does not see."""

MOST_EPOCHS = 1_000_000
MOST_UPDATES = 1_000_000_000
"""Maximum number of steps of a training; in epochs, a training may have more."""

MOST_LAYERS = 1_000
MOST_PARAMETERS = 100_000_000
"""Maximum number of weights and biases of a network."""

MOST_CHARACTERS = 200
"""Maximum length of a name: Optuna's databases hold 512 characters of those of a study, a task and a strategy."""

MOST_CHOICES = 1_000
MOST_STEPS = 10**15
"""Maximum number of steps in a range: float64 tells them apart."""

MOST_POINTS = 10_000
"""Maximum number of points that a strategy makes for one draw, or one grid."""

MOST_FLOAT = 1e300
"""Maximum magnitude of the ends of a range."""

MOST_SEED = 2**128 - 1
MOST_WHOLE = 2**63 - 1
"""Maximum of other whole numbers: what NumPy and databases hold."""

MOST_SECONDS = 10_000 * 24 * 3600.0
"""Maximum length of a duration: 27 years."""

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_FORM = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([smh]?)", re.ASCII)


def whole(name: str, value: object, least: int, most: float = MOST_WHOLE) -> int:
    """Return `value` as an int >= `least` and <= `most`; 2.0 and True are not whole numbers.

    Raises
    ------
    UsageError
        If `value` is invalid; the message contains `name`, the rule and the value.
    """
    if not is_whole(value) or int(value) < least:  # type: ignore[call-overload]
        raise UsageError(f"{name} must be a whole number >= {least}, got {quoted(value)}")
    if int(value) > most:  # type: ignore[call-overload]
        raise UsageError(f"{name} must be at most {most:,}, got {quoted(value)}")
    return operator.index(value)  # type: ignore[arg-type]


def check_jobs(jobs: object, name: str = "jobs") -> None:
    """Refuse a number of processes that is not 1 … `MOST_JOBS`, or -1 for one a core.

    Raises
    ------
    UsageError
        If it is invalid; the message contains `name`, the rule and the value.
    """
    if not is_whole(jobs) or jobs == 0 or jobs < -1:  # type: ignore[operator]
        raise UsageError(f"{name} must be at least 1, or -1 for one a core, got {quoted(jobs)}")
    if jobs > MOST_JOBS:  # type: ignore[operator]
        raise UsageError(f"{name} must be at most {MOST_JOBS:,}, got {quoted(jobs)}")


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
        raise UsageError(f"{name} must be a finite number {rule}, got {quoted(value)}")
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
    if is_whole(value) and 1 <= int(value) <= MOST_WHOLE:  # type: ignore[call-overload]
        return operator.index(value)  # type: ignore[arg-type]
    raise UsageError(f"{name} must be a fraction > 0 and < 1, or a whole number of rows >= 1, got {quoted(value)}")


def text(name: str, value: object) -> str:
    """Return `value` if it is text that can be part of a study's name in any storage.

    Raises
    ------
    UsageError
        If `value` is invalid; the message contains `name`, the rule and the value.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= MOST_CHARACTERS or not value.isprintable():
        raise UsageError(f"{name} must be 1 to {MOST_CHARACTERS} printable characters, got {quoted(value)}")
    return value


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


def true_or_false(name: str, value: object) -> bool:
    """Return `value` if it is a boolean of Python or NumPy.

    Raises
    ------
    UsageError
        If it isn't; the message contains `name` and the value.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise UsageError(f"{name} must be true or false, got {quoted(value)}")
    return bool(value)


def seconds(name: str, value: object) -> float:
    """Return a duration in seconds: a finite number > 0.

    Raises
    ------
    UsageError
        If `value` is invalid; the message contains `name`, the rule and the value.
    """
    return number(name, value, f"of seconds > 0 and <= {MOST_SECONDS:,.0f}", lambda given: 0 < given <= MOST_SECONDS)


def duration(name: str, text: str) -> float:
    """Return the seconds of a duration such as ``"90"``, ``"60s"``, ``"20m"`` or ``"1.5h"``.

    Raises
    ------
    UsageError
        If it has another form, or is not > 0; the message contains `name`, the rule and the value.

    Examples
    --------
    >>> duration("--for", "1.5h"), duration("--for", "90")
    (5400.0, 90.0)
    """
    matched = _FORM.fullmatch(text.strip())
    length = float(matched[1]) * _UNITS[matched[2]] if matched else 0.0
    if not 0 < length <= MOST_SECONDS:
        raise UsageError(f"{name} must be a duration > 0 such as 90, 60s, 20m or 1.5h, got {quoted(text)}")
    return length


def seconds_text(length: float) -> str:
    """Return a number of seconds as messages show it.

    >>> seconds_text(60.0), seconds_text(0.25)
    ('60 s', '0.25 s')
    """
    return f"{length:g} s" if length < 1e6 else f"{length:.0f} s"


def rule_of(error: Mapping[str, Any]) -> str:
    """Convert an entry of pydantic's ``ValidationError.errors()`` to "must …, got …", without the key."""
    if error["type"] == "value_error":  # raised by one of our validators, with our message
        return str(error["ctx"]["error"])
    if error["type"] == "model_type":  # its message names our class
        rule = "be a valid dictionary"
    else:  # such as "Input should be a valid list" and "String should have at least 1 character"
        rule = error["msg"].partition(" should ")[2] or f"be {error['msg']}"
    return f"must {rule}, got {quoted(error['input'])}"


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
