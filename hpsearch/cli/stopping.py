"""A command that the user stops: what it finished is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hpsearch.errors import HpsearchError


class StoppedError(HpsearchError):
    """The user stopped a study; what it finished is stored."""


@contextmanager
def stoppable(storage: str) -> Iterator[None]:
    """Say on Ctrl-C where the finished trials are."""
    from hpsearch.storage import shown

    try:
        yield
    except KeyboardInterrupt:
        kept = f"the finished trials are in {shown(storage)}"
        raise StoppedError(f"stopped: {kept}, and the same command goes on from them") from None
