"""Garbage collection of the program."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS = 100_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect garbage once in `OBJECTS` new objects instead of 700, within the context.

    Imports and figures make many objects that stay: looking through them takes a sixth of a report's time.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
