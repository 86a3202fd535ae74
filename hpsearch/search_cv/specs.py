"""Short ways to write a parameter's range or choices: tables as in the ``[space]`` of a study file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hpsearch.checks import MOST_CHOICES, MOST_WHOLE, is_whole, whole
from hpsearch.errors import UsageError, quoted
from hpsearch.space import distribution

When = Mapping[str, object]
"""Other parameters that a parameter depends on, each with the value or the list of values that it is searched with."""


class Float(dict[str, Any]):
    """Range of floats, both ends included: ``{ low, high, log, step, when }``.

    Parameters
    ----------
    low, high
        Ends of the range.
    log
        Whether values are drawn uniformly in their logarithm.
    step
        Distance of the values from each other; None: any value. Not with `log`.
    when
        Other parameters, and the values of theirs with which this one is searched. It is otherwise left as it is.

    Raises
    ------
    UsageError
        If the range is empty, or an argument is invalid.

    Examples
    --------
    >>> from hpsearch import Float
    >>> Float(1, 1000, log=True, when={"kernel": ["rbf", "poly"]})
    {'low': 1.0, 'high': 1000.0, 'log': True, 'when': {'kernel': ['rbf', 'poly']}}
    """

    def __init__(
        self, low: float, high: float, *, log: bool = False, step: float | None = None, when: When | None = None
    ) -> None:
        super().__init__(_checked(_as_float(low), _as_float(high), log, _as_float(step)))
        _add_when(self, when)


class Int(dict[str, Any]):
    """Range of whole numbers, both ends included: ``{ low, high, log, step, when }``.

    Parameters
    ----------
    low, high, log, step, when
        As for `Float`.

    Raises
    ------
    UsageError
        If the range is empty, or an argument is invalid.

    Examples
    --------
    >>> from hpsearch import Int
    >>> Int(1, 10)
    {'low': 1, 'high': 10}
    """

    def __init__(
        self, low: int, high: int, *, log: bool = False, step: int | None = None, when: When | None = None
    ) -> None:
        low, high = whole("low", low, -MOST_WHOLE), whole("high", high, -MOST_WHOLE)
        super().__init__(_checked(low, high, log, None if step is None else whole("step", step, 1)))
        _add_when(self, when)


class Choice(dict[str, Any]):
    """One of several values: ``{ choices, when }``.

    Parameters
    ----------
    choices
        Values: anything for `SearchCV`, such as tuples or whole estimators; strings, numbers, booleans and lists of
        them for objectives.
    when
        As for `Float`.

    Raises
    ------
    UsageError
        If there is no value, or `choices` is a string.

    Examples
    --------
    >>> from hpsearch import Choice
    >>> Choice(["l1", "l2"])
    {'choices': ['l1', 'l2']}
    """

    def __init__(self, choices: Iterable[object], *, when: When | None = None) -> None:
        super().__init__(choices=checked_choices(choices))
        _add_when(self, when)


def checked_choices(choices: Any) -> list[Any]:
    """Return the choices as a list.

    Raises
    ------
    UsageError
        If they are none, too many, or a string.
    """
    values = [] if isinstance(choices, str | Mapping) or not isinstance(choices, Iterable) else list(choices)
    if not values:
        raise UsageError(f"choices must be a list of at least one value, got {quoted(choices)}")
    if len(values) > MOST_CHOICES:
        raise UsageError(f"choices must be at most {MOST_CHOICES:,}, got {len(values):,}")
    return values


def _checked(low: Any, high: Any, log: bool, step: Any) -> dict[str, Any]:
    table = {"low": low, "high": high} | ({"log": log} if log else {}) | ({} if step is None else {"step": step})
    distribution(table)
    return table


def _add_when(table: dict[str, Any], when: When | None) -> None:
    if when is not None:
        table["when"] = when


def _as_float(value: Any) -> Any:
    """Return a whole number as a float, and anything else as it is, to be checked later."""
    return float(value) if is_whole(value) else value
