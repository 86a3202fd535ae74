"""Files that a command writes."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from shutil import copyfileobj
from typing import IO

from hpsearch.errors import UsageError


def written(path: Path, content: str | bytes) -> None:
    """Write a file.

    Raises
    ------
    UsageError
        If it can't be written; the message begins with ``--out``.
    """
    copied(path, BytesIO(content.encode("utf-8", errors="backslashreplace") if isinstance(content, str) else content))


def copied(path: Path, content: IO[bytes]) -> None:
    """Write the rest of an open file to a file; errors as of `written`."""
    try:
        with path.open("wb") as file:
            copyfileobj(content, file)
    except (OSError, ValueError) as error:  # ValueError: a NUL
        raise UsageError(f"--out: {path} can't be written: {getattr(error, 'strerror', None) or error}") from error


def check_folder(out: Path) -> None:
    """Refuse a folder that can't be written to now, rather than when the search is over."""
    try:
        there = out.absolute()
        while not there.exists():
            there = there.parent
    except (OSError, ValueError) as error:  # too long, a NUL
        raise UsageError(f"--out: {out}: {getattr(error, 'strerror', None) or error}") from error
    if not there.is_dir():
        raise UsageError(f"--out: {there} is a file, not a folder")
    if not os.access(there, os.W_OK):
        raise UsageError(f"--out: {there} can't be written to")
