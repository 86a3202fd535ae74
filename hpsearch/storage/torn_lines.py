"""Incomplete last lines of journals, as after a crash."""

from __future__ import annotations

import itertools
import logging
import os
import shutil
from pathlib import Path
from typing import IO

_BLOCK = 65_536  # bytes read at once in search of a line's begin

_log = logging.getLogger(__name__)


def set_torn_line_aside(path: Path, file: IO[bytes]) -> None:
    """Move an incomplete last line to a separate file, and seek the end of the journal.

    The next operation would be appended to it and lost with it.
    """
    end = file.seek(0, os.SEEK_END)
    start = _start_of_last_line(file, end)
    if start == end:
        return
    file.seek(start)
    kept = _keep(path, file.read())
    file.truncate(start)
    file.seek(start)
    _log.warning("%s ended in a torn line, as after a crash: its %d bytes are in %s", path, end - start, kept)


def _start_of_last_line(file: IO[bytes], end: int) -> int:
    """Where the line begins that has no end; the end of the file if all lines have one."""
    stop = end
    while stop > 0:
        begin = max(0, stop - _BLOCK)
        file.seek(begin)
        line_end = file.read(stop - begin).rfind(b"\n")
        if line_end >= 0:
            return begin + line_end + 1
        stop = begin
    return 0


def _keep(path: Path, content: bytes) -> Path:
    """Write the content to a new file beside `path`, with its permissions."""
    for number in itertools.count(1):
        kept = path.with_name(f"{path.name}.torn-{number}")
        try:
            with kept.open("xb") as file:
                shutil.copymode(path, kept)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            continue
        break
    return kept
