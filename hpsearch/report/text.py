"""Formatting of numbers, names and sentences; each renderer passes its own escape function."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hpsearch.text import plain

Fact = int | float | str
Facts = Mapping[str, Fact]
Escape = Callable[[str], str]

NOTHING = "–"  # placeholder for a missing number


def number(value: float, digits: int = 4) -> str:
    """Format a measured number to `digits` significant digits; integers in full.

    >>> [number(x) for x in (0.966789, 0.5, 1, 0.00001234567, 1234567.8, float("nan"), float("-inf"))]
    ['0.9668', '0.5000', '1', '1.235e-05', '1234568', '–', '−∞']
    """
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if isinstance(value, int) or value == 0 or 10 ** (digits - 1) <= abs(value) < 1e15:
        return str(round(value))
    return f"{value:#.{digits}g}"


def aligned(values: Iterable[float], digits: int = 4) -> Callable[[float], str]:
    """Return a function that formats the numbers with the same decimals, `digits` significant digits for the largest.

    If they differ by a factor of 100 or more, each number gets `digits` significant digits instead.

    >>> write = aligned([0.00947, 0.0102])
    >>> write(0.00947), write(0.0102)
    ('0.00947', '0.01020')
    """
    sizes = [abs(each) for each in values if math.isfinite(each) and each != 0]
    if not sizes or max(sizes) >= 100 * min(sizes):
        return lambda each: number(each, digits)
    decimals = max(digits - 1 - math.floor(math.log10(max(sizes))), 0)
    return lambda each: f"{each:.{decimals}f}" if math.isfinite(each) else number(each)


def value(anything: Any) -> str:
    """Format the value of a hyperparameter or setting: short numbers, comma-separated lists, else `str`."""
    if isinstance(anything, bool) or anything is None:
        return str(anything).lower() if anything is not None else "none"
    if isinstance(anything, int | float):
        return f"{anything:.6g}" if math.isfinite(anything) else number(anything)
    if isinstance(anything, list | tuple):
        return ", ".join(value(each) for each in anything) or "none"
    if isinstance(anything, Mapping):
        return ", ".join(f"{key} = {value(each)}" for key, each in anything.items())
    return plain(str(anything))


def listing(names: Iterable[str], conjunction: str = "and") -> str:
    """Join names as in a sentence: ``a, b and c``."""
    *most, last = [plain(name) for name in names] or [NOTHING]
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def plural(count: float, word: str) -> str:
    """Return the word in singular or plural, by count.

    >>> plural(1, "strategy"), plural(2, "strategy"), plural(2, "trial")
    ('strategy', 'strategies', 'trials')
    """
    if count == 1:
        return word
    return f"{word.removesuffix('y')}ies" if word.endswith("y") else f"{word}s"


class _Written:
    """A fact in a sentence, formatted by the format specification if any, then escaped."""

    def __init__(self, fact: Fact, escape: Escape) -> None:
        self.fact, self.escape = fact, escape

    def __format__(self, spec: str) -> str:
        fact = self.fact
        if isinstance(fact, str):
            return self.escape(plain(fact))
        return self.escape(format(fact, spec) if spec and math.isfinite(fact) else number(fact))


def fill(sentence: str, facts: Facts, escape: Escape = str) -> str:
    """Replace the ``{names}`` in a sentence by the facts.

    The sentence is trusted and not escaped; facts may contain user input and are escaped. All numbers in prose are
    facts, so that ``summary.json`` contains them.
    """
    return sentence.format_map({name: _Written(fact, escape) for name, fact in facts.items()})
