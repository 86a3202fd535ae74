"""Splits of this process that searched settings of the preparation gave, kept for later trials."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from hpsearch.data import Split

MOST_BYTES = 2**29
"""Size of all kept splits together in bytes; a larger split is not kept."""


class PreparedSplits:
    """Splits by key, the last used ones up to a size.

    Parameters
    ----------
    most_bytes
        Maximum size of all of them together in bytes.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._splits: dict[Hashable, Split] = {}  # the last used one last

    def get(self, key: Hashable, prepare: Callable[[], Split]) -> Split:
        """Return the split of `key`, prepared if it is not kept. Threads may prepare one twice."""
        rows = self._splits.pop(key, None)
        if rows is None:
            rows = prepare()
        if rows.nbytes <= self._most_bytes:
            self._splits[key] = rows
        for other in list(self._splits):
            if sum(each.nbytes for each in list(self._splits.values())) <= self._most_bytes:
                break
            self._splits.pop(other, None)
        return rows


PREPARED = PreparedSplits(MOST_BYTES)
"""Splits of this process."""
