"""Keeps two processes from running one study at the same time."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hpsearch.errors import RunError
from hpsearch.redaction import shown


@contextmanager
def sole_owner(url: str, study: str, wait: float = 0) -> Iterator[None]:
    """Hold `study` in the storage at `url` for this process; another on this machine is refused after `wait` seconds.

    The lock is a lock of the operating system (SQLite's), so it goes with its process however that dies.

    Raises
    ------
    RunError
        If another process holds it.
    """
    absolute = re.sub(r"^((?:sqlite|journal)[^:]*:///)(.*)", lambda m: m[1] + str(Path(m[2]).resolve()), url)
    digest = hashlib.sha256(f"{absolute}\n{study}".encode()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"hpsearch-locks-{getattr(os, 'getuid', int)()}"
    folder.mkdir(exist_ok=True)
    connection = sqlite3.connect(folder / digest, timeout=wait, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        connection.close()
        raise RunError(
            f"another process is running the study {study!r} in {shown(url)}: wait for it or stop it"
        ) from error
    try:
        yield
    finally:
        connection.close()
