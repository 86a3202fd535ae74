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
_MOST_DECIMALS = 7  # numbers that need more are written with an exponent


class Measured(float):
    """A number that is written with two significant digits of its uncertainty.

    Attributes
    ----------
    uncertainty
        Half the width of its interval, or its standard deviation; NaN if unknown.
    percent
        Whether to write it in per cent, which is followed by the sign.
    """

    uncertainty: float
    percent: bool

    def __new__(cls, value: float, uncertainty: float = math.nan, *, percent: bool = False) -> Measured:
        """Attach the uncertainty to the value."""
        number = super().__new__(cls, value)
        number.uncertainty, number.percent = uncertainty, percent
        return number

    def written(self) -> str:
        """Return the number as text."""
        if not self.percent or math.isnan(self):
            return measured(self, self.uncertainty)
        return f"{measured(100 * self, 100 * self.uncertainty)} %"


def measured(value: float, uncertainty: float) -> str:
    """Format a number to two significant digits of its uncertainty; to three of its own if that is unknown or zero.

    >>> measured(0.966789, 0.0038), measured(-0.0123, 0.2), measured(12345.6, 220), measured(0.5, float("nan"))
    ('0.9668', '−0.01', '12350', '0.500')
    """
    places = _decimals(uncertainty)
    if places is None or not math.isfinite(value) or abs(value) >= 1e15:
        return number(value, 3)
    rounded = round(float(value), places) + 0.0  # without the sign of a negative zero
    if places > _MOST_DECIMALS and rounded:
        digits = math.floor(math.log10(abs(rounded))) + places
        return signed(f"{rounded:.{max(digits, 0)}e}")
    return signed(f"{rounded:.{max(places, 0)}f}")


def _decimals(uncertainty: float) -> int | None:
    """Return the decimals of two significant digits, negative for tens; None without an uncertainty."""
    if not math.isfinite(uncertainty) or uncertainty <= 0:
        return None
    places = 1 - math.floor(math.log10(uncertainty))
    return places - 1 if round(uncertainty * 10.0**places) >= 100 else places  # 0.0996 is 0.10


def signed(text: str) -> str:
    """Replace the hyphen before a number by the minus sign that figures have."""
    return f"−{text[1:]}" if text.startswith("-") else text


def number(value: float, digits: int = 3) -> str:
    """Format a number of unknown uncertainty to `digits` significant digits; integers in full.

    >>> [number(x) for x in (0.966789, 0.5, 1, 0.00001234567, 1234567.8, float("nan"), float("-inf"))]
    ['0.967', '0.500', '1', '1.23e-05', '1234568', '–', '−∞']
    """
    if math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if isinstance(value, int) or value == 0 or 10 ** (digits - 1) <= abs(value) < 1e15:
        return signed(str(round(value)))
    return signed(f"{value:#.{digits}g}".removesuffix("."))


def aligned(values: Iterable[float], digits: int = 3) -> Callable[[float], str]:
    """Return a function that formats the numbers with the same decimals, `digits` significant digits for the largest.

    If they differ by a factor of 100 or more, each number gets `digits` significant digits instead.

    >>> write = aligned([0.00947, 0.0102])
    >>> write(0.00947), write(0.0102)
    ('0.0095', '0.0102')
    """
    sizes = [abs(each) for each in values if math.isfinite(each) and each != 0]
    if not sizes or max(sizes) >= 100 * min(sizes):
        return lambda each: number(each, digits)
    decimals = max(digits - 1 - math.floor(math.log10(max(sizes))), 0)
    return lambda each: signed(f"{each:.{decimals}f}") if math.isfinite(each) else number(each)


def value(anything: Any, digits: int = 6) -> str:
    """Format the value of a hyperparameter or setting: short numbers, comma-separated lists, else `str`."""
    if isinstance(anything, bool) or anything is None:
        return str(anything).lower() if anything is not None else "none"
    if isinstance(anything, int):
        return str(anything)
    if isinstance(anything, float):
        return f"{anything:.{digits}g}" if math.isfinite(anything) else number(anything)
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
        if isinstance(fact, Measured):
            return self.escape(fact.written().removesuffix(" %") if spec == "bare" else fact.written())
        return self.escape(signed(format(fact, spec)) if spec and math.isfinite(fact) else number(fact))


def fill(sentence: str, facts: Facts, escape: Escape = str) -> str:
    """Replace the ``{names}`` in a sentence by the facts.

    The sentence is trusted and not escaped; facts may contain user input and are escaped. All numbers in prose are
    facts, so that ``summary.json`` contains them.
    """
    return sentence.format_map({name: _Written(fact, escape) for name, fact in facts.items()})
