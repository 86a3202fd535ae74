"""The claims of a study as a family of tests: those of its first plan, and the error that each may make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hpsearch.analysis.claims.cells import Labels, cells
from hpsearch.analysis.claims.claim import Claim
from hpsearch.analysis.comparison.level import levels
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.statistics.looks import Shares
from hpsearch.results.results import Results


class Family(NamedTuple):
    """Claims of a study.

    Attributes
    ----------
    claims
        Claims in the study file.
    labels
        Levels of each factor: the plan's, then those added later.
    plan
        The first plan; None if none was stored before the first trial.
    planned
        For each claim, whether the plan has it, with the same cells. Without a plan, all.
    comparisons
        Number of claims in the plan; without a plan, of all.
    every
        Number of the plan's claims and of those added or changed later.
    """

    claims: tuple[Claim, ...]
    labels: Labels
    plan: Mapping[str, Any] | None
    planned: tuple[bool, ...]
    comparisons: int
    every: int

    def shares(self, place: int) -> Shares:
        """Return the levels of the claim at `place`.

        The errors of the plan's claims are at most 5 % together: those of the planned look and of all other looks are
        divided by their number. A claim that the plan does not have has no planned look.
        """
        planned, anytime = levels(self.plan)
        if self.plan is None or not self.planned[place]:
            return Shares(None, 0.0, anytime / self.every, 0.0, anytime / self.every)
        each = planned / self.comparisons, anytime / self.comparisons
        return Shares(int(self.plan["repeats"]), *each, *each)


def claims_of(results: Results) -> tuple[Claim, ...]:
    """Return the claims of the study file; none for studies without a file."""
    table = results.settings.get("claims") or ()
    return tuple(Claim.model_validate(each) for each in table)


def family(results: Results) -> Family:
    """Compare the study's claims with its first plan."""
    claims = claims_of(results)
    plan = results.first_plan
    stored: Sequence[Any] = (plan or {}).get("claims") or ()
    of_plan = {name: tuple(map(str, labels)) for name, labels in ((plan or {}).get("factors") or {}).items()}
    labels = {
        name: tuple(dict.fromkeys((*of_plan.get(name, ()), *results.factors.get(name, ()))))
        for name in (*results.factors, *(name for name in of_plan if name not in results.factors))
    }
    count = max(len(claims), 1)
    if plan is None:
        return Family(claims, labels, None, (True,) * len(claims), count, count)
    same_tasks = set(plan.get("tasks", tasks(results))) == set(tasks(results))
    first = [Claim.model_validate({"text": "-", **each}).rule() for each in stored]
    planned = tuple(
        same_tasks and claim.rule() in first and cells(results, claim, labels) == cells(results, claim, of_plan)
        for claim in claims
    )
    added = sum(claim.rule() not in first for claim in claims)
    return Family(claims, labels, plan, planned, max(len(first), 1), max(len(first) + added, 1))
