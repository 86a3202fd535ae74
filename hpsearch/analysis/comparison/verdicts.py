"""Which strategy is better: one verdict for each comparison that was fixed beforehand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.comparison.paired import Pairs, Scale, pairs
from hpsearch.analysis.comparison.pairings import pairings
from hpsearch.analysis.comparison.run_values import Judged, run_values
from hpsearch.analysis.statistics.holm import holm
from hpsearch.analysis.statistics.mean_difference import Basis, MeanDifference, mean_difference
from hpsearch.analysis.statistics.superiority import superiority
from hpsearch.results.results import Results

Answer = Literal["better", "worse", "equivalent", "not resolved"]
MarginSource = Literal["user", "retraining"]

ALPHA = 0.03
ENOUGH_SAME = 6  # pairs without an interval that make two strategies equivalent


@dataclass(frozen=True)
class Verdict:
    """What the pairs of a comparison allow to be said; None stands for a number that there is none of.

    Attributes
    ----------
    strategy, against
        The verdict is about `strategy`.
    verdict
        ``"better"``, ``"worse"``, ``"equivalent"`` or ``"not resolved"``; see :func:`verdicts`.
    effect
        Mean over the pairs of how much better `strategy` is: positive is better, whatever the direction.
    low, high, low90, high90
        Its 95 % and 90 % intervals, each for this comparison alone.
    p, p_holm
        Two-sided p value of "no difference", and the same after Holm's correction over all comparisons.
    basis
        What p is from: ``"t"``, ``"signs"`` or ``"none"``.
    margin, margin_source
        Differences up to it count as practically equal; the larger of the user's and one standard deviation of
        retraining.
    raw
        The effect as it was measured, `strategy` − `against`: negative is better where less is.
    strategy_mean, against_mean
        Means over the pairs.
    better, better_low, better_high
        P(strategy does better than against) and its 95 % interval.
    won, drawn
        Pairs in which `strategy` did better, and just as well.
    repeats, repeats_asked
        Pairs, and repeats that the study asks for.
    budget, tasks
        Trials a run, and tasks that a pair is a mean over.
    judged, scale
        What was compared; see :class:`~hpsearch.analysis.comparison.paired.Pairs`.
    """

    strategy: str
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
    strategy_mean: float | None
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
    judged: Judged
    scale: Scale

    @property
    def lost(self) -> int:
        """Pairs in which `against` did better."""
        return self.repeats - self.won - self.drawn

    @property
    def resolved(self) -> bool:
        """Whether the difference is told from zero, be it large enough to matter or not."""
        return self.p_holm is not None and self.p_holm < ALPHA


def verdicts(results: Results) -> tuple[Verdict, ...]:
    """The verdict of every comparison, in the order of :func:`~hpsearch.analysis.comparison.pairings.pairings`.

    Rule, first that applies:

    1. *equivalent*: the whole 90 % interval of the effect lies inside ± margin (two one-sided tests at 5 %). This
       comes first: a difference that is surely too small to matter is not a reason to prefer a strategy, even where
       enough repeats have told it from zero. Where all differences are equal and there is no interval, it takes six
       pairs and a difference inside the margin.
    2. *better* or *worse*: p < 0.03 after Holm's correction over all comparisons of the study (one that has no p value
       yet counts as 1), and the effect is at least the margin: what these words promise is a difference that counts.
    3. *not resolved*: chance and skill can't be told apart by these repeats, or a difference can be told from zero but
       not from one that is too small to matter.

    The level is 3 % and not 5 %, since what is promised is that at most 5 % of comparisons of equals are told apart:
    where differences are skewed, as those of best values are, the t test keeps its level only nearly.

    Without a margin (no retraining, none in ``[report] margin``) nothing is called equivalent.

    Sources: Holm 1979; two one-sided tests: Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15, 1987.
    """
    values = run_values(results)
    found = [pairs(values, comparison) for comparison in pairings(results)]
    differences = [mean_difference(each.differences) for each in found]
    adjusted = holm([1.0 if math.isnan(each.p) else each.p for each in differences])
    return tuple(
        _verdict(results, pair, difference, p_holm)
        for pair, difference, p_holm in zip(found, differences, adjusted, strict=True)
    )


def _verdict(results: Results, found: Pairs, difference: MeanDifference, p_holm: float) -> Verdict:
    margin, source = _margin(results, found.retraining_sd)
    superior = superiority(found.differences)
    is_tested = not math.isnan(difference.p)
    more_is_better = found.scale == "metric" and results.sign > 0
    return Verdict(
        *found.comparison,
        verdict=_answer(found.differences, difference, p_holm, margin),
        effect=_known(difference.mean),
        low=_known(difference.wide[0]),
        high=_known(difference.wide[1]),
        low90=_known(difference.narrow[0]),
        high90=_known(difference.narrow[1]),
        p=_known(difference.p),
        p_holm=p_holm if is_tested else None,
        basis=difference.basis,
        margin=margin,
        margin_source=source,
        raw=_known(difference.mean if more_is_better else -difference.mean),
        strategy_mean=_mean(found.frame["strategy"]),
        against_mean=_mean(found.frame["against"]),
        better=_known(superior.probability),
        better_low=_known(superior.low),
        better_high=_known(superior.high),
        won=int((found.differences > 0).sum()),
        drawn=int((found.differences == 0).sum()),
        repeats=len(found.frame),
        repeats_asked=results.repeats,
        budget=results.budget,
        tasks=len(found.tasks),
        judged=found.judged,
        scale=found.scale,
    )


def _answer(differences: NDArray[Any], found: MeanDifference, p_holm: float, margin: float | None) -> Answer:
    if margin is not None and _within(differences, found, margin):
        return "equivalent"
    if found.basis == "none" or p_holm >= ALPHA or abs(found.mean) < (margin or 0.0):
        return "not resolved"
    return "better" if _leans(differences, found) > 0 else "worse"


def _leans(differences: NDArray[Any], found: MeanDifference) -> float:
    """Above 0 where the test that found a difference found the strategy better: by its mean, or by its signs."""
    return found.mean if found.basis == "t" else float(np.sign(differences).sum())


def _within(differences: NDArray[Any], found: MeanDifference, margin: float) -> bool:
    if found.basis == "t":
        return -margin < found.narrow[0] and found.narrow[1] < margin
    return len(differences) >= ENOUGH_SAME and bool((np.abs(differences) < margin).all())


def _margin(results: Results, retraining_sd: float) -> tuple[float | None, MarginSource | None]:
    """The larger of the user's margin and one standard deviation of retraining; none where neither is above 0."""
    report = results.settings.get("report", {})
    user = float(report.get("margin", 0.0) or 0.0) if hasattr(report, "get") else 0.0
    if retraining_sd > max(user, 0.0):
        return retraining_sd, "retraining"
    return (user, "user") if user > 0 else (None, None)


def _known(number: float) -> float | None:
    return None if math.isnan(number) else float(number)


def _mean(values: Any) -> float | None:
    return _known(float(values.mean())) if len(values) else None
