"""Which comparisons the first plan has, and what share of the error each of them may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from hpsearch.analysis.comparison.level import levels
from hpsearch.analysis.comparison.pairings import Pairing, level_pairs, pairings
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.statistics.looks import Shares
from hpsearch.results.results import Results

Named = tuple[str, str, str]  # factor, level, against


class Design(NamedTuple):
    """The comparisons of a study, and those of its first plan.

    Attributes
    ----------
    plan
        The first plan; None if none was stored before the first trial.
    comparisons
        Number of the plan's comparisons; without a plan, of all.
    every
        Number of the plan's comparisons and of those added later.
    planned
        Comparisons that the plan has, with the same tasks and no other levels in their means. Without a plan, all.
    """

    plan: Mapping[str, Any] | None
    comparisons: int
    every: int
    planned: frozenset[Named]

    @property
    def margin(self) -> float | None:
        """The margin that was declared in the first plan; None without."""
        margin = float((self.plan or {}).get("margin") or 0.0)
        return margin if margin > 0 else None

    def shares(self, comparison: Pairing) -> Shares:
        """Return the levels of a comparison.

        A comparison that the plan does not have has no planned look, and its anytime share is divided by all.
        """
        planned, anytime = levels(self.plan)
        if self.plan is None or named(comparison) not in self.planned:
            return Shares(None, 0.0, anytime / self.every, 0.0, anytime)
        return Shares(
            int(self.plan["repeats"]), planned / self.comparisons, anytime / self.comparisons, planned, anytime
        )


def design(results: Results) -> Design:
    """Compare the study with its first plan."""
    present = {named(each): each for each in pairings(results)}
    plan = results.first_plan
    if plan is None:
        return Design(None, max(len(present), 1), max(len(present), 1), frozenset(present))
    factors = {factor: tuple(map(str, labels)) for factor, labels in plan["factors"].items()}
    stored = {
        (factor, *pair)
        for factor, labels in factors.items()
        for pair in level_pairs(replace(results, factors=factors), factor, labels)
    }
    same_tasks = set(plan.get("tasks", tasks(results))) == set(tasks(results))
    kept = frozenset(
        name for name, each in present.items() if same_tasks and name in stored and _as_planned(results, factors, each)
    )
    return Design(plan, max(len(stored), 1), max(len(stored | present.keys()), 1), kept)


def named(comparison: Pairing) -> Named:
    """Return factor, level and against."""
    return comparison.factor, comparison.level, comparison.against


def _as_planned(results: Results, factors: Mapping[str, tuple[str, ...]], comparison: Pairing) -> bool:
    """Return whether the means of a comparison are over levels of the plan only."""
    return all(
        label in factors.get(factor, results.factors.get(factor, ())[:1])
        for variant in comparison.variants
        for factor, label in results.levels[variant].items()
    )
