"""Take a lease, renew it in the background, give it back."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from optuna.storages import BaseStorage

from hpsearch.background import repeated
from hpsearch.errors import RunError
from hpsearch.storage.damage import STORAGE_ERRORS
from hpsearch.storage.leases.holder import Holder
from hpsearch.storage.leases.places import InDatabase, InJournal, InTrials, Place, place_of
from hpsearch.storage.leases.record import KEY, Record, as_value

LEASE_SECONDS = 60.0
"""Default time after which a lease that is not renewed ends."""

_NO_GUARD = nullcontext()

_RENEWALS = 6  # within this time

_SEEN: dict[str, tuple[int, float]] = {}  # token of another's lease → its beat, and since when it was seen here
_SEEN_LOCK = threading.Lock()


class HeldError(RunError):
    """Another program holds the run."""


class LeaseLostError(RunError):
    """Another program has taken the run over; nothing more is written to it here."""


class Lease:
    """Right to write to a run. `check` and the fences refuse writes after another program has taken the run over."""

    def __init__(self, place: Place | None, study: int, name: str, record: Record) -> None:
        self._place, self._study, self._name = place, study, name
        self._record = record
        self._lock = threading.Lock()  # renewals and the end of the lease

    @property
    def needs_checks(self) -> bool:
        """Whether the storage has no fence, so that the owner must check the lease before writes."""
        return isinstance(self._place, InTrials)

    def check(self) -> None:
        """Check that the run is still this program's.

        Raises
        ------
        LeaseLostError
            It is not.
        """
        if self._place is not None:
            self._compare(self._place.read(self._study))

    def check_within(self, connection: sa.Connection) -> None:
        """Check it within a transaction of the database. Nobody can take the run over before the transaction ends.

        Raises
        ------
        LeaseLostError
            It is no longer this program's.
        """
        if isinstance(self._place, InDatabase):
            self._compare(self._place.read_with(connection, self._study, lock=True))

    def renew(self) -> None:
        """Store that the holder is alive.

        Raises
        ------
        LeaseLostError
            Another has taken the run over.
        """
        with self._lock:
            renewed = replace(self._record, beat=self._record.beat + 1)
            if self._place is None:
                return
            if not self._place.swap(self._study, self._record.text(), renewed.text()):
                text = self._place.read(self._study)
                self._compare(text)  # the last renewal was stored, though its answer was lost
                renewed = Record.of(as_value(text or "")) or renewed
            self._record = renewed

    def give_back(self) -> None:
        """End the lease, if it is still this program's."""
        with self._lock:
            if self._place is not None:
                self._place.swap(self._study, self._record.text(), None)

    def _compare(self, text: str | None) -> None:
        if text is not None and self._record.token in text:
            return
        now = None if text is None else Record.of(as_value(text))
        by = f"{now.holder} has taken it over" if now else "its lease is gone"
        raise LeaseLostError(lost_run(self._name, by))


def lost_run(name: str, reason: str) -> str:
    """Return the message that the lease of a run is lost."""
    return f"lost the run {name!r}, since {reason}: nothing more is written to it here"


@contextmanager
def leased(
    storage: BaseStorage,
    study: int,
    name: str,
    holder: Holder,
    seconds: float = LEASE_SECONDS,
    guard: AbstractContextManager[object] = _NO_GUARD,
) -> Iterator[Lease]:
    """Hold the lease of a run within the context, and renew it in a separate thread.

    Parameters
    ----------
    study, name
        Number and name of the run's Optuna study in `storage`.
    holder
        This program. It may take its own lease over, as after the death of one of its processes.
    seconds
        Time after which the lease ends if it is not renewed.
    guard
        Held while the lease is renewed.

    Raises
    ------
    HeldError
        If another program holds it.
    """
    place = place_of(storage, seconds)
    record = Record(uuid.uuid4().hex, holder, 0, seconds)
    if place is not None:
        _take(place, study, name, record)
    lease = Lease(place, study, name, record)
    writer = place.writer if isinstance(place, InJournal) else None
    if writer is not None:
        writer.fence = lease.check
    try:
        with _renewed(lease, seconds / _RENEWALS, guard):
            yield lease
    finally:
        if writer is not None:
            writer.fence = None
        with suppress(*STORAGE_ERRORS, OSError):  # it expires
            lease.give_back()


def _take(place: Place, study: int, name: str, record: Record) -> None:
    old = place.read(study)
    current = None if old is None else Record.of(as_value(old))
    if current is None or current.holder.call == record.holder.call or is_over(current):
        if place.swap(study, old, record.text()):
            return
        old = place.read(study)
        current = None if old is None else Record.of(as_value(old))
        if current is not None and current.token == record.token:  # it was stored, though the answer was lost
            return
    raise HeldError(f"another process is running {name!r}")


def is_over(record: Record) -> bool:
    """Return whether another's lease has ended: its process has, or it was not renewed while this program watched."""
    if record.holder.has_ended():
        return True
    with _SEEN_LOCK:
        beat, since = _SEEN.get(record.token, (-1, 0.0))
        if beat != record.beat:
            _SEEN[record.token] = record.beat, time.monotonic()
            return False
    return time.monotonic() - since > record.seconds


def record_in(attributes: Mapping[str, Any]) -> Record | None:
    """Return the lease in the system attributes of a run's Optuna study; None if it is free."""
    return Record.of(attributes.get(KEY))


def _renewed(lease: Lease, interval: float, guard: AbstractContextManager[object]) -> AbstractContextManager[None]:
    def renew() -> bool:
        try:
            with guard:
                lease.renew()
        except LeaseLostError:
            return False  # the next write reports it
        except (*STORAGE_ERRORS, OSError):
            pass  # the run's own writes report a lasting error
        return True

    return repeated(renew, interval)
