"""What a diagnostic finds: a level, the evidence, advice, and what of the study file to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["fail", "warn", "unknown", "pass"]
LEVELS: tuple[Level, ...] = ("fail", "warn", "unknown", "pass")  # the gravest first

Fact = int | float | str


@dataclass(frozen=True)
class Change:
    """One key of a study file that is to have another value.

    Attributes
    ----------
    path
        Tables and key, such as ``("space", "learning_rate", "high")``.
    value
        The new value; None takes the key out.
    old
        What it is now; None where the file does not say.
    reason
        Half a sentence.
    """

    path: tuple[str, ...]
    value: Any
    old: Any
    reason: str


@dataclass(frozen=True)
class Finding:
    """The answer of one diagnostic about one task.

    Attributes
    ----------
    key
        Of `DIAGNOSTICS`.
    title
        The answer in a few words, as it stands.
    evidence, advice
        Sentences; ``{names}`` in them stand for `facts`. `advice` is empty where nothing is to be done.
    """

    key: str
    task: str
    level: Level
    title: str
    evidence: str
    advice: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()

    @property
    def fires(self) -> bool:
        """Whether something is wrong."""
        return self.level in {"fail", "warn"}
