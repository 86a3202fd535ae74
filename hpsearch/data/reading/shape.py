"""Limits of a table's rows and columns."""

from hpsearch.data.limits import MOST_CELLS, MOST_COLUMNS, MOST_ROWS
from hpsearch.errors import DataError


def check_shape(rows: int, columns: int, source: object) -> None:
    """Refuse a table that is too large.

    Raises
    ------
    DataError
        With the limit.
    """
    for noun, number, most in (
        ("columns", columns, MOST_COLUMNS),
        ("rows", rows, MOST_ROWS),
        ("values", rows * columns, MOST_CELLS),
    ):
        if number > most:
            raise DataError(f"{source}: has {number:,} {noun}, and at most {most:,} are read")
