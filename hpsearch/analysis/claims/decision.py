"""Decision on a claim: the word, with the effect and the interval behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hpsearch.analysis.claims.claim import Direction
from hpsearch.analysis.claims.rules import Word
from hpsearch.analysis.statistics.looks import Rule

Effect = Literal["difference", "share", "order"]


@dataclass(frozen=True)
class Decision:
    """Word on a claim, with the effect and the interval behind it.

    Attributes
    ----------
    text, source
        The sentence, and where it is from.
    word
        ``"holds"``, ``"does not hold"`` (resolved against), or ``"not resolved"``.
    effect, low, high
        Mean and interval in units of the measure, positive in the claim's direction: of the least favourable cell for
        *every*, of the most favourable one for *any*. For *most*, the share of cells that are won. For *equal*, the
        difference with its interval for equivalence. None if undefined, as where only the order counts.
    effect_is
        What `effect` is: a difference, a share of cells, or undefined since only the order counts.
    measure, reduced
        Name of the measure, and which number of it is compared.
    direction, across
        ``"more"``, ``"less"`` or ``"equal"``; ``"every"``, ``"most"`` or ``"any"``.
    compared
        The comparison in words, such as ``"with against without"``.
    cell
        Levels of the cell that is shown; empty if there is one cell, and for *most*.
    margin
        Largest difference that counts as equal; None for other directions.
    cells, cells_for
        Number of cells, and of those in which more repeats agree with the claim than contradict it.
    won, drawn, lost
        Number of repeats in which the shown cell, or for *most* the share of cells, agrees with the claim, does
        neither, or contradicts it.
    repeats, repeats_planned
        Paired repeats in the cell with the fewest; number in the plan, None without one.
    exact
        Whether repeats do not differ, so that the sign of the difference decides.
    diverged
        Number of runs in it that diverged.
    rule, level_percent
        Source of the interval as in :class:`~hpsearch.analysis.statistics.looks.Look`, and its level over all claims.
    claims
        Number of claims that the level is divided by.
    planned
        Whether the claim was in the plan that was stored before the first trial.
    needed, planned_may_resolve
        Number of repeats that would probably resolve it (None: more than 100, or unknown), and whether the planned
        number will probably do.
    reason
        Why it is not resolved, as half a sentence; empty otherwise.
    """

    text: str
    source: str
    word: Word
    effect: float | None
    low: float | None
    high: float | None
    effect_is: Effect
    measure: str
    reduced: str
    direction: Direction
    across: str
    compared: str
    cell: str
    margin: float | None
    cells: int
    cells_for: int
    won: int
    drawn: int
    lost: int
    repeats: int
    repeats_planned: int | None
    exact: bool
    diverged: int
    rule: Rule
    level_percent: float
    claims: int
    planned: bool
    needed: int | None
    planned_may_resolve: bool
    reason: str
