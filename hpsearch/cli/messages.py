"""Standard error: each message is one clean line."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hpsearch.redaction import redacted
from hpsearch.text import plain, shorten

STORAGE_VARIABLE = "HPSEARCH_STORAGE"
DEFAULT_STORAGE = "sqlite:///hpsearch.db"
LONGEST = 1_000  # characters of a message


def say(message: str) -> None:
    """Print the message on standard error: one line of bounded length, without passwords and invisible characters."""
    print(f"hpsearch: {shorten(plain(without_passwords(message)), LONGEST)}", file=sys.stderr)


def without_passwords(text: str) -> str:
    """Return the text without the passwords of URLs, also of those on the command line and in the environment."""
    return redacted(text, [*sys.argv[1:], os.environ.get(STORAGE_VARIABLE, "")])


@contextmanager
def logged(*, quiet: bool) -> Iterator[None]:
    """Say what hpsearch logs and what warnings tell, for as long as the context lasts; if `quiet`, errors alone."""
    logger, handler = logging.getLogger("hpsearch"), _Handler(logging.ERROR if quiet else logging.WARNING)
    before, warnings.showwarning = warnings.showwarning, _silent if quiet else _show
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        warnings.showwarning = before


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


def _show(message: Warning | str, category: type[Warning], *_place: Any, **_more: Any) -> None:
    say(f"{category.__name__}: {message}")


def _silent(*_warning: Any, **_more: Any) -> None:
    pass
