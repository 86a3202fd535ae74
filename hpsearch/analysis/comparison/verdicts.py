"""Verdicts: one for each pairing of the study."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.comparison.level import ALPHA
from hpsearch.analysis.comparison.paired import Pairs, Scale, pairs
from hpsearch.analysis.comparison.pairings import pairings
from hpsearch.analysis.comparison.run_values import Judged, run_values
from hpsearch.analysis.statistics.holm import holm
from hpsearch.analysis.statistics.mean_difference import Basis, MeanDifference, mean_difference
from hpsearch.analysis.statistics.superiority import superiority
from hpsearch.results.results import Results

Answer = Literal["better", "worse", "equivalent", "not resolved"]
MarginSource = Literal["user", "retraining"]

ENOUGH_SAME = 6  # minimum pairs for "equivalent" without an interval


@dataclass(frozen=True)
class Verdict:
    """Verdict of a comparison with its statistics; None if undefined.

    Attributes
    ----------
    factor, level, against
        The verdict is about `level`, a level of `factor`.
    verdict
        ``"better"``, ``"worse"``, ``"equivalent"`` or ``"not resolved"``; see :func:`verdicts`.
    effect
        Mean over the pairs of the advantage of `level`: positive is better for either direction.
    low, high, low90, high90
        Its 95 % and 90 % intervals, not corrected for the number of comparisons.
    p, p_holm
        Two-sided p value of "no difference", and the same after Holm's correction over all comparisons.
    basis
        Test behind p: ``"t"``, ``"signs"`` or ``"none"``.
    margin, margin_source
        Largest difference that counts as practically equal: the larger of the user's and one standard deviation of
        retraining.
    raw
        Effect as measured, `level` − `against`: negative is better if less is better.
    level_mean, against_mean
        Means over the pairs.
    better, better_low, better_high
        P(level does better than against) and its 95 % interval.
    won, drawn
        Pairs won by `level`, and ties.
    repeats, repeats_asked
        Number of pairs, and of repeats in the plan.
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
    effect: float | None
    low: float | None
    high: float | None
    low90: float | None
    high90: float | None
    p: float | None
    p_holm: float | None
    basis: Basis
    margin: float | None
    margin_source: MarginSource | None
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
        """Whether the difference from zero is significant, regardless of its size."""
        return self.p_holm is not None and self.p_holm < ALPHA


def verdicts(results: Results) -> tuple[Verdict, ...]:
    """Return the verdict of every pairing, in the order of :func:`~hpsearch.analysis.comparison.pairings.pairings`.

    The first rule that applies decides:

    1. *equivalent*: the whole 90 % interval of the effect lies inside ± margin (two one-sided tests at 5 %). This
       comes first: a difference too small to matter is no reason to prefer a level, even if it is significant. If
       all differences are equal and there is no interval, it takes six pairs and a difference inside the margin.
    2. *better* or *worse*: p < 0.03 after Holm's correction over all comparisons of the study, and the effect is at
       least the margin. A comparison without a p value counts as 1 in the correction. The margin ensures that the
       difference matters.
    3. *not resolved*: the repeats do not separate the difference from chance, or it is significant but may be too
       small to matter.

    The level is 3 % instead of 5 %, so that at most 5 % of comparisons between equals are resolved. Differences of
    best values are skewed, and the t test keeps its level only approximately then.

    Without a margin (no retraining, and no ``[report] margin``) no verdict is *equivalent*.

    Sources: Holm 1979; two one-sided tests: Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15, 1987.
    """
    values = run_values(results)
    paired = [pairs(values, comparison) for comparison in pairings(results)]
    differences = [mean_difference(each.differences) for each in paired]
    adjusted = holm([1.0 if math.isnan(each.p) else each.p for each in differences])
    return tuple(
        _verdict(results, pair, difference, p_holm)
        for pair, difference, p_holm in zip(paired, differences, adjusted, strict=True)
    )


def _verdict(results: Results, paired: Pairs, difference: MeanDifference, p_holm: float) -> Verdict:
    margin, source = _margin(results, paired.retraining_sd)
    superior = superiority(paired.differences)
    is_tested = not math.isnan(difference.p)
    more_is_better = paired.scale == "metric" and results.sign > 0
    return Verdict(
        *paired.comparison[:3],
        verdict=_answer(paired.differences, difference, p_holm, margin),
        effect=_none_if_nan(difference.mean),
        low=_none_if_nan(difference.wide[0]),
        high=_none_if_nan(difference.wide[1]),
        low90=_none_if_nan(difference.narrow[0]),
        high90=_none_if_nan(difference.narrow[1]),
        p=_none_if_nan(difference.p),
        p_holm=p_holm if is_tested else None,
        basis=difference.basis,
        margin=margin,
        margin_source=source,
        raw=_none_if_nan(difference.mean if more_is_better else -difference.mean),
        level_mean=_mean(paired.frame["level"]),
        against_mean=_mean(paired.frame["against"]),
        better=_none_if_nan(superior.probability),
        better_low=_none_if_nan(superior.low),
        better_high=_none_if_nan(superior.high),
        won=int((paired.differences > 0).sum()),
        drawn=int((paired.differences == 0).sum()),
        repeats=len(paired.frame),
        repeats_asked=results.repeats,
        budget=results.budget,
        tasks=len(paired.tasks),
        cells=len(paired.comparison.variants),
        searched=not results.untuned & {*paired.comparison.variants, *paired.comparison.against_variants},
        judged=paired.judged,
        scale=paired.scale,
    )


def _answer(differences: NDArray[Any], estimate: MeanDifference, p_holm: float, margin: float | None) -> Answer:
    if margin is not None and _within(differences, estimate, margin):
        return "equivalent"
    if estimate.basis == "none" or p_holm >= ALPHA or abs(estimate.mean) < (margin or 0.0):
        return "not resolved"
    return "better" if _leans(differences, estimate) > 0 else "worse"


def _leans(differences: NDArray[Any], estimate: MeanDifference) -> float:
    """Return a positive number if the test favours the level, by the mean (t) or the signs (sign test)."""
    return estimate.mean if estimate.basis == "t" else float(np.sign(differences).sum())


def _within(differences: NDArray[Any], estimate: MeanDifference, margin: float) -> bool:
    if estimate.basis == "t":
        return -margin < estimate.narrow[0] and estimate.narrow[1] < margin
    return len(differences) >= ENOUGH_SAME and bool((np.abs(differences) < margin).all())


def _margin(results: Results, retraining_sd: float) -> tuple[float | None, MarginSource | None]:
    """Return the larger of the user's margin and one standard deviation of retraining; None if neither is positive."""
    report = results.settings.get("report", {})
    user = float(report.get("margin", 0.0) or 0.0) if hasattr(report, "get") else 0.0
    if retraining_sd > max(user, 0.0):
        return retraining_sd, "retraining"
    return (user, "user") if user > 0 else (None, None)


def _none_if_nan(number: float) -> float | None:
    return None if math.isnan(number) else float(number)


def _mean(values: Any) -> float | None:
    return _none_if_nan(float(values.mean())) if len(values) else None
