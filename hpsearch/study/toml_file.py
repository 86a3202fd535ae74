"""Read a TOML file in bounded memory and time."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hpsearch.checks import unreadable
from hpsearch.errors import UsageError

MOST_BYTES = 1_000_000
MOST_LEVELS = 20
"""Maximum depth of tables and lists in each other."""

MOST_BITS = 128
"""Maximum length of an integer."""

_PARTS = 100  # of a dotted key that is refused before it is parsed
_ELEMENT = "[]"  # stands for the place in a list
_DOTTED = re.compile(rf"(?<![\w-])(?:(?:[\w-]++|\"[^\"]*+\"|'[^']*+')[ \t]*+\.[ \t]*+){{{_PARTS}}}")


def parse(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises
    ------
    UsageError
        If the file can't be read, is not valid TOML, or exceeds a limit above; the message names file, key and rule.
    """
    text = _text(path)
    try:
        if any(map(_is_deep, text.splitlines())):  # a parser's time grows with the square of a key's parts
            raise RecursionError
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    except RecursionError:
        raise _too_deep(path) from None
    except ValueError as error:  # Python's limit on the digits of an integer
        raise UsageError(f"{path} has a number with too many digits") from error
    _check(path, table, ())
    return table


def dotted(place: Sequence[str]) -> str:
    """Return the name of a key: its table in brackets, then the key in it; keys of ``[[claims]]`` without brackets."""
    if place[0] == "claims":
        return ".".join(place)
    head = min(len(place) - 1, 2 if place[0] == "strategies" else 1)  # how many parts name the table
    table = f"[{'.'.join(place[:head])}] " if head else ""
    return table + ".".join(place[head:])


def _text(path: Path) -> str:
    reason = unreadable(path)
    if reason is not None:
        raise UsageError(f"cannot read {path}: {reason}")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise UsageError(f"{path} is larger than a study file may be: {MOST_BYTES:,} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: byte {error.start} is not UTF-8") from error


def _is_deep(line: str) -> bool:
    """Return whether the line has a dotted key, or what looks like one, of too many parts."""
    return line.count(".") >= _PARTS and _DOTTED.search(line) is not None


def _check(path: Path, value: Any, place: tuple[str, ...]) -> None:
    """Refuse what is nested too deeply for other parsers, and integers that are too long to be shown or stored."""
    if len(place) > MOST_LEVELS:
        raise _too_deep(path)
    if isinstance(value, dict):
        for key, each in value.items():
            _check(path, each, (*place, key))
    elif isinstance(value, list):
        for each in value:
            _check(path, each, (*place, _ELEMENT))
    elif isinstance(value, int) and value.bit_length() > MOST_BITS:
        name = dotted([part for part in place if part != _ELEMENT])
        raise UsageError(f"{path}: {name}: an integer must have at most {MOST_BITS} bits, got {value.bit_length():,}")


def _too_deep(path: Path) -> UsageError:
    return UsageError(f"{path} nests brackets too deeply: at most {MOST_LEVELS} levels of tables and lists")
