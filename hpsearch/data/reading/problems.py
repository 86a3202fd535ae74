"""Problems of a table, reported in one error."""

from __future__ import annotations

from hpsearch.errors import DataError

_MOST_SHOWN = 10


class Problems:
    """Collects the problems of a table; keeps the first ten, and counts the others.

    Parameters
    ----------
    source
        Where the table is from, for the message.
    """

    def __init__(self, source: object) -> None:
        self._source = source
        self._shown: list[str] = []
        self._number = 0

    def add(self, problem: str) -> None:
        """Add a problem, a sentence that says what to do."""
        self._number += 1
        if len(self._shown) < _MOST_SHOWN:
            self._shown.append(problem)

    def refuse(self) -> None:
        """Raise an error with all problems, if there are any.

        Raises
        ------
        DataError
            With one line.
        """
        if self._number:
            more = self._number - len(self._shown)
            raise DataError(f"{self._source}: {'; '.join(self._shown)}{f'; and {more:,} more problems' * bool(more)}")
