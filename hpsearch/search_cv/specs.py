"""Short ways to write a parameter's range or choices: tables as in the ``[space]`` of a study file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hpsearch.checks import MOST_CHOICES, MOST_WHOLE, is_whole, whole
from hpsearch.errors import UsageError, quoted
from hpsearch.space import distribution, likely_value

When = Mapping[str, object]
"""Other parameters that a parameter depends on, each with the value or the list of values that it is searched with."""


_NONE: object = object()


class Float(dict[str, object]):
    """Range of floats, both ends included: ``{ low, high, log, step, likely, when }``.

    Parameters
    ----------
    low, high
        Ends of the range.
    log
        Whether values are drawn uniformly in their logarithm.
    step
        Distance of the values from each other; None: any value. Not with `log`.
    likely
        Value near which the best one is expected. Some of the first trials are drawn near it, and it loses its turns if
        these do worse than the others. None: no value is.
    when
        Other parameters, and the values of theirs with which this one is searched. It is otherwise left as it is.

    Raises
    ------
    UsageError
        If the range is empty, or an argument is invalid.

    Examples
    --------
    >>> from hpsearch import Float
    >>> Float(1e-6, 1, log=True, likely=1e-2)
    {'low': 1e-06, 'high': 1.0, 'log': True, 'likely': 0.01}
    >>> Float(1, 1000, log=True, when={"kernel": ["rbf", "poly"]})
    {'low': 1.0, 'high': 1000.0, 'log': True, 'when': {'kernel': ['rbf', 'poly']}}
    """

    def __init__(
        self,
        low: float,
        high: float,
        *,
        log: bool = False,
        step: float | None = None,
        likely: float | None = None,
        when: When | None = None,
    ) -> None:
        super().__init__(_checked(_as_float(low), _as_float(high), log, _as_float(step), likely))
        _add_when(self, when)


class Int(dict[str, object]):
    """Range of whole numbers, both ends included: ``{ low, high, log, step, likely, when }``.

    Parameters
    ----------
    low, high, log, step, likely, when
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
        self,
        low: int,
        high: int,
        *,
        log: bool = False,
        step: int | None = None,
        likely: int | None = None,
        when: When | None = None,
    ) -> None:
        low, high = whole("low", low, -MOST_WHOLE), whole("high", high, -MOST_WHOLE)
        super().__init__(_checked(low, high, log, None if step is None else whole("step", step, 1), likely))
        _add_when(self, when)


class Choice(dict[str, object]):
    """One of several values: ``{ choices, likely, when }``.

    Parameters
    ----------
    choices
        Values: anything for `SearchCV`, such as tuples or whole estimators; strings, numbers, booleans and lists of
        them for objectives.
    likely
        Choice that is expected to be best. Some of the first trials have it more often than others. Left out: none is.
    when
        As for `Float`.

    Raises
    ------
    UsageError
        If there is no value, `choices` is a string, or `likely` is none of them.

    Examples
    --------
    >>> from hpsearch import Choice
    >>> Choice(["l1", "l2"], likely="l2")
    {'choices': ['l1', 'l2'], 'likely': 'l2'}
    """

    def __init__(self, choices: Iterable[object], *, likely: object = _NONE, when: When | None = None) -> None:
        super().__init__(choices=checked_choices(choices))
        if likely is not _NONE:
            likely_choice(likely, checked_choices(self["choices"]))
            self["likely"] = likely
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


def likely_choice(likely: object, choices: Iterable[object]) -> int:
    """Return the index of the likely choice among the choices, which may be of any type.

    Raises
    ------
    UsageError
        If it is none of them.
    """
    listed = list(choices)
    for place, choice in enumerate(listed):
        if choice is likely or (type(choice) is type(likely) and repr(choice) == repr(likely)):
            return place
    raise UsageError(f"likely must be one of the choices {', '.join(map(quoted, listed))}, got {quoted(likely)}")


def _checked(low: Any, high: Any, log: bool, step: Any, likely: Any) -> dict[str, Any]:
    table = {"low": low, "high": high} | ({"log": log} if log else {}) | ({} if step is None else {"step": step})
    dist = distribution(table)
    return table if likely is None else table | {"likely": likely_value(dist, likely)}


def _add_when(table: dict[str, Any], when: When | None) -> None:
    if when is not None:
        table["when"] = when


def _as_float(value: Any) -> Any:
    """Return a whole number as a float, and anything else as it is, to be checked later."""
    return float(value) if is_whole(value) else value
