"""Exceptions raised deliberately by hpsearch; any other exception is a bug.

A message is one line with the rule, the value, its origin and the choices.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_LONGEST = 500  # characters of a value in a message
_BEGINNING = 51  # of them, where it is cut
_MOST_CHOICES = 100  # that a message names


class HpsearchError(Exception):
    """Base class of errors with a one-line explanation."""


class UsageError(HpsearchError, ValueError):
    """Invalid request or input; the command line exits with 2."""


class DataError(UsageError):
    """Invalid data set or data file."""


class StorageError(UsageError):
    """Storage that can't be opened or lacks the requested content."""


class DamagedStorageError(StorageError):
    """A storage holds what Optuna can't have written, or lacks what it must have."""


class RunError(HpsearchError):
    """Interrupted run; its finished trials are stored, and the same call continues it."""


class DivergenceError(HpsearchError, ArithmeticError):
    """Training with a loss that is no longer finite."""


def choose_from(kind: str, value: object, choices: Iterable[str]) -> str:
    """Return the error message for a `value` that is not among the `choices` of its `kind`.

    >>> choose_from("optimizer", "adm", ["sgd", "adam"])
    "unknown optimizer 'adm' (did you mean 'adam'?): choose from adam, sgd"
    """
    choices = sorted(choices)
    close = get_close_matches(value if isinstance(value, str) else quoted(value), choices, n=1)
    hint = f" (did you mean '{some_of(close)}'?)" if close else ""
    return f"unknown {kind} {quoted(value)}{hint}: choose from {some_of(choices, _MOST_CHOICES)}"


def some_of(names: Sequence[str], most: int = 10) -> str:
    """Return the first names on one line, and how many others there are; a long name is cut.

    >>> some_of(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown = [name if len(name) <= _LONGEST else f"{name[:_BEGINNING]}…" for name in names[:most]]
    visible = [name if name.isprintable() else repr(name)[1:-1] for name in shown]
    return ", ".join(visible) + and_more(len(names) - most)


def and_more(left: int) -> str:
    """Return the end of a list that leaves out so many names; empty if it leaves out none.

    >>> and_more(1234), and_more(0)
    (' and 1,234 more', '')
    """
    return f" and {left:,} more" if left > 0 else ""


def quoted(value: object) -> str:
    """Return the repr of a value as messages show it, in one line; a long one is cut.

    >>> quoted("a"), quoted("b" * 1000)
    ("'a'", "'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb… (1,002 characters)")
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits, lists without end
        return f"{type(value).__name__} too large to show"
    except Exception:  # of an object of the user's own
        return f"{type(value).__name__} that can't be shown"
    if "\n" in text:  # arrays and frames
        text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[:_BEGINNING]}… ({len(text):,} characters)"
