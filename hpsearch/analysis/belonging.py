"""Tasks whose rows belong together, or have weights."""

from __future__ import annotations

from hpsearch.data.row_columns import KEYS
from hpsearch.results.results import Results


def row_keys(results: Results, task: str) -> tuple[str, ...]:
    """Return which of ``group``, ``time`` and ``weight`` the data of a task has, in this order."""
    tables = [each.data for (own, _), each in results.definitions.items() if own == task]
    return tuple(key for key in KEYS if any(table.get(key) for table in tables))
