"""Files that a command writes."""

from __future__ import annotations

from pathlib import Path

from hpsearch.errors import UsageError


def written(path: Path, content: str | bytes) -> None:
    """Write a file.

    Raises
    ------
    UsageError
        If it can't be written; the message begins with ``--out``.
    """
    data = content.encode("utf-8", errors="backslashreplace") if isinstance(content, str) else content
    try:
        path.write_bytes(data)
    except (OSError, ValueError) as error:  # ValueError: a NUL
        raise UsageError(f"--out: {path} can't be written: {getattr(error, 'strerror', None) or error}") from error
