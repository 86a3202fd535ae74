"""Findings of diagnostics: level, evidence, advice, and changes to the study file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Literal

Level = Literal["fail", "warn", "unknown", "pass"]
LEVELS: tuple[Level, ...] = ("fail", "warn", "unknown", "pass")  # most severe first

Fact = int | float | str


class Gravity(IntEnum):
    """What it costs to ignore a warning; a rule gives it to its warnings."""

    NONE = 0
    """No warning."""
    WASTE = 1
    """Time is lost, the result stands."""
    MISSED = 2
    """A better result is likely to be missed."""
    MISLEADING = 3
    """The result is not what it looks like."""


@dataclass(frozen=True)
class Change:
    """Proposed new value for one key of a study file.

    Attributes
    ----------
    path
        Tables and key, such as ``("space", "learning_rate", "high")``.
    value
        New value; None removes the key.
    old
        Current value; None if the file has none.
    reason
        Reason, as half a sentence.
    """

    path: tuple[str, ...]
    value: Any
    old: Any
    reason: str


@dataclass(frozen=True)
class Finding:
    """Result of one diagnostic for one task.

    Attributes
    ----------
    key
        Key in `DIAGNOSTICS`.
    title
        Result in a few words, without placeholders.
    evidence, advice
        Sentences; ``{names}`` in them are replaced by `facts`. `advice` is empty if no action is needed.
    gravity
        What it costs to ignore the warning; `Gravity.NONE` if the rule does not fire.
    """

    key: str
    task: str
    level: Level
    title: str
    evidence: str
    advice: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    gravity: Gravity = Gravity.NONE

    @property
    def fires(self) -> bool:
        """Whether the finding reports a problem."""
        return self.level in {"fail", "warn"}


def gravest(findings: Iterable[Finding], most: int = 3) -> list[Finding]:
    """Return at most `most` warnings, the gravest first: by gravity, then by level, then in the given order."""
    warnings = [each for each in findings if each.fires]
    return sorted(warnings, key=lambda each: (-each.gravity, LEVELS.index(each.level)))[:most]
