"""Calls that are repeated in the background."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def repeated(action: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call `action` every so many `seconds` in a separate thread within the context, until it returns False."""
    over = threading.Event()

    def poll() -> None:
        while not over.wait(seconds) and action() is not False:
            pass

    thread = threading.Thread(target=poll, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
