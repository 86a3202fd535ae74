"""Files named by users: where they are, and whether they can be read."""

from __future__ import annotations

import os
from pathlib import Path

from hpsearch.checks import unreadable
from hpsearch.errors import DataError


def located(path: str | os.PathLike[str], folder: str | os.PathLike[str] | None = None) -> Path:
    """Return where the file at `path` is; a relative path starts from `folder`, or the current folder if None.

    Raises
    ------
    DataError
        If it starts from the home folder of a user who does not exist.
    """
    try:
        expanded = Path(path).expanduser()
    except RuntimeError as error:  # of ~name without such a user
        raise DataError(f"{path}: can't be read: {error}") from error
    return expanded if folder is None else Path(folder) / expanded


def check_readable(path: Path, expected: str = "") -> None:
    """Refuse a path without a regular file; `expected` words what it was to be read as.

    Raises
    ------
    DataError
        With the reason.
    """
    reason = unreadable(path)
    if reason is not None:
        raise DataError(f"{path}: can't be read{expected}: {reason}")
