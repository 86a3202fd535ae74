"""What a page speaks for, in one sentence: these data, tables or tasks, and what differs among repeats."""

from __future__ import annotations

import pandas as pd

from hpsearch.analysis.comparison.scopes import TASKS
from hpsearch.analysis.exact import all_are_exact
from hpsearch.analysis.incumbents import tasks
from hpsearch.report.judging import RETRAINED, judging
from hpsearch.report.precision import rows_of_test
from hpsearch.report.repeats import repeats
from hpsearch.report.text import Fact
from hpsearch.results.results import Results


def scope(results: Results, facts: dict[str, Fact]) -> str:
    """Return the sentence, and add its numbers to `facts`.

    Repeats differ in their seeds and in the split of the other rows into training and validation rows; the test rows
    are the same in all. By time, they differ in their seeds alone, see `REPEATS`.
    """
    if all_are_exact(results):
        return "This page speaks for these settings: nothing in them is random, so they give the same numbers again."
    count, rows = len(tasks(results)), rows_of_test(results)
    facts["scope_tasks"] = count
    blocks = count >= TASKS and len(results.variants) > 1
    others = "for other {} only where an interval has them as blocks" if blocks else "not for other {}"
    if judging(results) is not RETRAINED:
        tables = "this table" if count == 1 else "these {scope_tasks} tables"
        return f"This page speaks for {tables}: for other repeats of the same searches, {others.format('tables')}."
    if rows is None:
        what = "this {subject}" if count == 1 else "these {scope_tasks} {subjects}"
        failed = results.runs.get("test_failed", pd.Series([0]))
        tested = results.runs["test_values"].map(len).any() or failed.any()
        by = "" if tested else ", by validation values, which are optimistic"
        kind = repeats(results)
        if kind is not None:
            data = "these data" if count == 1 else "these {scope_tasks} tasks"
            return (
                f"This page speaks for {data}: for {kind.one if results.repeats == 1 else kind.differ}{by}. {kind.note}"
            )
        return f"This page speaks for {what}: for other repeats of the same searches{by}."
    if count == 1:
        facts["scope_rows"] = rows
    what, same = ("these data", "{scope_rows} test rows") if count == 1 else ("these {scope_tasks} tasks", "test rows")
    ending = "" if count == 1 else f"; {others.format('tasks')}"
    if results.repeats == 1:
        return f"This page speaks for {what}: for one split, with its {same}{ending}."
    splits = "for other seeds and other splits into training and validation rows"
    return f"This page speaks for {what}: {splits}, with the same {same}{ending}."
