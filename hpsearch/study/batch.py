"""Batch of a study: how many trials before a trial it does not see, so that they may run at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hpsearch.strategies.lag import can_lag
from hpsearch.strategies.pruners import PRUNERS
from hpsearch.study.runs import Plan
from hpsearch.study.variant import is_untuned

MOST_BY_DEFAULT = 8
"""Maximum default: with a larger batch, a search learns noticeably later."""


def settled(plan: Plan, stored: Mapping[str, Mapping[str, Any]], jobs: int) -> Plan:
    """Return the plan with its batch.

    The plan's batch has priority, then the stored one; `jobs` does not change them. At the first start, a study of one
    run has a batch of as many trials as `jobs`, at most `MOST_BY_DEFAULT`. Several runs are spread over the jobs
    instead.

    Parameters
    ----------
    plan
        Plan of the study.
    stored
        Attributes of the stored runs, by name.
    jobs
        Number of processes.
    """
    if plan.batch is not None:
        return plan
    contents = [each["content"] for each in stored.values() if each.get("study") == plan.name and "content" in each]
    batch = max(map(_batch_of, contents)) if contents else _default(plan, jobs)
    return replace(plan, batch=batch)


def _batch_of(content: Mapping[str, Any]) -> int:
    search = content.get("search")
    batch = search.get("batch", 0) if isinstance(search, Mapping) else 0
    return batch if isinstance(batch, int) else 0


def _default(plan: Plan, jobs: int) -> int:
    """Return the batch of a new study: 0 where nothing would be gained, or where a pruner has none."""
    if jobs == 1 or len(plan.objectives) * len(plan.variants) * plan.repeats > 1:
        return 0
    [variant] = plan.variants.values()
    [objective] = variant.objectives.values()
    if is_untuned(objective) or objective.looked_up or not can_lag(PRUNERS[variant.pruner]()):
        return 0
    return min(jobs, MOST_BY_DEFAULT)
