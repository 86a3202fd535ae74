"""Execute a study until every claim or comparison is resolved, or a limit of repeats is reached."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from optuna.storages import BaseStorage

from hpsearch.analysis.claims import Decision, decided
from hpsearch.analysis.comparison.verdicts import Verdict, verdicts
from hpsearch.errors import UsageError
from hpsearch.execution.executing import execute
from hpsearch.results.load import load_results
from hpsearch.results.results import Results
from hpsearch.storage import opened
from hpsearch.study.runs import Plan

_FIRST = 5  # repeats before the first look; fewer can't resolve anything
_ONE_BY_ONE = 20  # repeats up to which one is added at a time; then a tenth of them

Answers = Sequence[Verdict] | Sequence[Decision]
"""What a study is to resolve: its claims; without claims its comparisons."""

Looked = Callable[[int, Answers], None]


def execute_until_resolved(
    plan: Plan, storage: str | BaseStorage, *, looked: Looked | None = None, **arguments: Any
) -> bool:
    """Execute repeats of `plan` until none of its claims is *not resolved*, at most all of its repeats.

    Without claims it is about the comparisons. The words hold at every look, so looking after each repeat is allowed.
    The number of repeats depends on the values alone, not on the number of processes.

    Parameters
    ----------
    looked
        Called after each look with the number of repeats and the words. All stored repeats count, which may be more
        than the plan has.
    arguments
        Further arguments of `execute`.

    Returns
    -------
    Whether the study ended by itself: false if its time was over.

    Raises
    ------
    UsageError
        If nothing is compared; otherwise as `execute`.
    """
    if not plan.until_resolved:
        raise ValueError("the plan must say until_resolved, since its verdicts have another rule")
    if len(plan.variants) < 2 and not plan.content.get("claims"):
        raise UsageError("--until-resolved needs variants to compare, and the study has one")
    begin = time.monotonic()
    before = 0  # repeats until the last look
    for repeats in _looks(plan.repeats):
        spent = time.monotonic() - begin
        left = None if plan.seconds is None else max(0.0, plan.seconds - spent)
        if before and left is not None and left < spent / before * (repeats - before):
            return False
        if not execute(replace(plan, repeats_now=repeats, seconds=left), storage, **arguments):
            return False
        before = repeats
        with opened(storage) as here:
            found = _answers(load_results(here, plan.name))
        compared = max((each.repeats for each in found), default=0)
        if repeats < min(compared, plan.repeats):
            continue  # the storage holds more: look where an uninterrupted study would
        if looked is not None:
            looked(max(compared, repeats), found)
        if not any(map(_is_open, found)):
            break
    return True


def _answers(results: Results) -> Answers:
    return decided(results) or verdicts(results)


def _is_open(answer: Verdict | Decision) -> bool:
    word = answer.word if isinstance(answer, Decision) else answer.verdict
    return word == "not resolved"


def _looks(limit: int) -> Iterator[int]:
    """Yield the numbers of repeats after which to look."""
    repeats = min(_FIRST, limit)
    while repeats < limit:
        yield repeats
        repeats = min(limit, repeats + max(1, repeats // 10 if repeats >= _ONE_BY_ONE else 1))
    yield limit
