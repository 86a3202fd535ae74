"""The verdict of a comparison, with its statistics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hpsearch.analysis.comparison.paired import Scale
from hpsearch.analysis.comparison.run_values import Judged
from hpsearch.analysis.statistics.looks import Rule

Answer = Literal["better", "worse", "equivalent", "not resolved"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Verdict of a comparison with its statistics; None if undefined.

    Attributes
    ----------
    factor, level, against
        The verdict is about `level`, a level of `factor`.
    verdict
        ``"better"``, ``"worse"``, ``"equivalent"`` or ``"not resolved"``; see
        :func:`~hpsearch.analysis.comparison.verdicts.verdicts`.
    by_margin
        Better or worse by at least the margin.
    within_margin
        Whether *equivalent* holds, also beside better or worse: the difference is real, but smaller than the margin.
    effect
        Mean advantage of `level` over the pairs with two finite values: positive is better for either direction.
    low, high
        Its interval, simultaneous over all comparisons. The words better and worse are read off it.
    equal_low, equal_high
        Interval from which *equivalent* is read: one-sided, not divided by the number of comparisons. Only with a
        declared margin.
    rule
        ``"planned"``, ``"anytime"``, ``"planned and anytime"``, ``"signs"`` or ``"none"``: where the interval is from;
        see :func:`~hpsearch.analysis.statistics.looks.look`.
    level_percent
        Error level of the interval over all comparisons, in per cent; 0 without a rule.
    contradicted
        Whether the planned and the anytime-valid interval have no point in common. The second is shown alone.
    planned
        Whether the comparison is part of the first plan; True if no plan was stored.
    at_planned_budget
        Whether the runs have the plan's number of trials. Otherwise there is no verdict.
    margin
        Largest difference that counts as practically equal, as declared in the first plan.
    noise
        Standard deviation of a single training of the reference, robust, without failed trainings.
    within_noise
        Without a margin: the whole interval lies within ± `noise`.
    raw
        Effect as measured, `level` − `against`: negative is better if less is better.
    level_mean, against_mean
        Means over the pairs with two finite values.
    better, better_low, better_high
        P(level does better than against) and its 95 % interval.
    won, drawn
        Pairs won by `level`, and ties. A side without a finite value loses.
    repeats, repeats_asked, repeats_planned
        Pairs that count: those of the repeats 0, 1, … up to the first unfinished one. Repeats of the study, and of the
        first plan.
    comparisons
        Number of comparisons that the level is divided by.
    failed_level, failed_level_of, failed_against, failed_against_of
        Trainings without a sound value, and all trainings, of the pairs.
    failures_verdict
        ``"better"`` if `level` fails in fewer pairs, by the signs of the pairs in which one side alone failed.
    skewed
        Whether the differences are more skewed than 95 % of normal samples. The interval may then be wrong.
    needed
        Number of repeats that would probably resolve the comparison, by the anytime-valid interval alone. None if
        resolved, if there are fewer than 8 pairs, or above 100.
    planned_may_resolve
        Whether the planned number of repeats lies ahead and would probably resolve it.
    rows_low, rows_high
        Interval over repeats and test rows; None if the storage has no rows.
    tasks_low, tasks_high
        Interval with tasks as blocks; None below five tasks.
    budget, tasks, cells
        Trials per run; tasks, and cells of the other factors, in the mean of a pair.
    searched
        Whether all runs of both levels search, so that they have the same budget.
    judged, scale
        Kind and scale of the compared values; see :class:`~hpsearch.analysis.comparison.paired.Pairs`.
    """

    factor: str
    level: str
    against: str
    verdict: Answer
    by_margin: bool
    within_margin: bool
    effect: float | None
    low: float | None
    high: float | None
    equal_low: float | None
    equal_high: float | None
    rule: Rule
    level_percent: float
    contradicted: bool
    planned: bool
    at_planned_budget: bool
    margin: float | None
    noise: float | None
    within_noise: bool
    raw: float | None
    level_mean: float | None
    against_mean: float | None
    better: float | None
    better_low: float | None
    better_high: float | None
    won: int
    drawn: int
    repeats: int
    repeats_asked: int
    repeats_planned: int | None
    comparisons: int
    failed_level: int
    failed_level_of: int
    failed_against: int
    failed_against_of: int
    failures_verdict: Answer
    skewed: bool
    needed: int | None
    planned_may_resolve: bool
    rows_low: float | None
    rows_high: float | None
    tasks_low: float | None
    tasks_high: float | None
    budget: int
    tasks: int
    cells: int
    searched: bool
    judged: Judged
    scale: Scale

    @property
    def lost(self) -> int:
        """Pairs won by `against`."""
        return self.repeats - self.won - self.drawn

    @property
    def resolved(self) -> bool:
        """Whether the verdict says anything."""
        return self.verdict != "not resolved"
