"""Stored form of a lease."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

from hpsearch.storage.leases.holder import Holder

KEY = "hpsearch:lease"
"""System attribute of a run's Optuna study."""


@dataclass(frozen=True)
class Record:
    """Lease of a run as stored.

    Attributes
    ----------
    token
        Identifier of this lease. Each takeover creates a new one.
    holder
        Program that holds it.
    beat
        Number of renewals.
    seconds
        Time after which a lease that is not renewed ends.
    """

    token: str
    holder: Holder
    beat: int
    seconds: float

    def text(self) -> str:
        """Return it as JSON."""
        return as_text(asdict(self))

    @classmethod
    def of(cls, value: Any) -> Self | None:
        """Return the record in an attribute's value; None if the lease is free or the value invalid."""
        try:
            return cls(**{**value, "holder": Holder(**value["holder"])})
        except (TypeError, KeyError):
            return None


def as_text(value: Any) -> str:
    """Return the value as the one JSON text that is compared."""
    return json.dumps(value, sort_keys=True)


def as_value(text: str) -> Any:
    """Return the value of a JSON text; None if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None
