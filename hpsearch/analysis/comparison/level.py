"""Error levels of the comparisons. A separate module, since worker processes import it and should start fast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

ALPHA = 0.05
"""Chance of any false better or worse over all comparisons of a study and all looks at them."""

ANYTIME = 0.01
"""Part of it for looks at other numbers of repeats than the planned one; the planned look has the rest."""

FAILURES = 0.01
"""Chance of a false verdict on failure rates, over all comparisons and looks; not part of `ALPHA`."""


class Levels(NamedTuple):
    """Levels over all comparisons: of the look at the planned number of repeats, and of all other looks together."""

    planned: float
    anytime: float


def levels(plan: Mapping[str, Any] | None) -> Levels:
    """Split the level by the first plan: 4 % + 1 %; with ``until_resolved`` 1 % + 4 %; without a plan 0 + 5 %."""
    if plan is None:
        return Levels(0.0, ALPHA)
    rest = ALPHA - ANYTIME
    return Levels(ANYTIME, rest) if plan.get("until_resolved") else Levels(rest, ANYTIME)
