"""The errors that hpsearch raises on purpose; everything else that escapes is a bug.

An error's text is one line that names the rule, the value received, where it came from and the choices.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class HpsearchError(Exception):
    """Something hpsearch can explain in one line."""


class UsageError(HpsearchError, ValueError):
    """The caller asked for something that can't be: the command line exits with 2."""


class DataError(UsageError):
    """A data set, or a file of one, can't be used as it is."""


class StorageError(UsageError):
    """A storage can't be opened, or does not hold what was asked for."""


class RunError(HpsearchError):
    """A run could not go on: what it finished is stored, and the same call continues it."""


class DivergenceError(HpsearchError, ArithmeticError):
    """The training loss stopped being a finite number."""


def choose_from(kind: str, value: object, choices: Iterable[str]) -> str:
    """Word the error for a `value` that is not among the `choices` of its `kind`.

    >>> choose_from("optimizer", "adm", ["sgd", "adam"])
    "unknown optimizer 'adm' (did you mean 'adam'?): choose from adam, sgd"
    """
    choices = sorted(choices)
    close = get_close_matches(str(value), choices, n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    return f"unknown {kind} {value!r}{hint}: choose from {', '.join(choices)}"
