"""Programs that hold leases, and whether one has certainly ended."""

from __future__ import annotations

import os
import platform
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_AT_WORK: set[str] = set()  # calls of this process that have not ended


@dataclass(frozen=True)
class Holder:
    """Program that holds runs: one call of ``execute``, whichever of its processes does the work.

    Attributes
    ----------
    call
        Identifier of the call.
    host, pid
        Name of the machine, and the main process there.
    machine
        Identifier of the running system and its process numbers; empty if unknown.
    started
        Start time of the process, as its system counts; empty if unknown. A number may be given to a later process.
    """

    call: str
    host: str
    pid: int
    machine: str
    started: str

    @classmethod
    def here(cls) -> Holder:
        """Return a new holder in this process. It holds until `end` is called or the process ends."""
        pid = os.getpid()
        holder = cls(uuid.uuid4().hex, platform.node(), pid, _machine(), _start_of(pid))
        _AT_WORK.add(holder.call)
        return holder

    def end(self) -> None:
        """Note that the call has ended, so that the next one in this process need not wait for its leases."""
        _AT_WORK.discard(self.call)

    def is_local(self) -> bool:
        """Return whether its process runs, or ran, where this one does."""
        return self.machine != "" and self.machine == _machine()

    def has_ended(self) -> bool:
        """Return whether the call, or its process, has certainly ended; False if that cannot be known here."""
        if not self.is_local():
            return False
        if not _exists(self.pid) or self.started != _start_of(self.pid):
            return True
        return self.pid == os.getpid() and self.call not in _AT_WORK

    def __str__(self) -> str:
        """Return its name in messages."""
        return f"process {self.pid} on {self.host}"


@cache
def _machine() -> str:
    """Return what tells this running system, and the namespace of its process numbers, from all others."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state_of(pid) != "Z"


def _start_of(pid: int) -> str:
    fields = _fields(pid)
    return fields[19] if len(fields) > 19 else ""  # field 22 of proc(5), counted from the third


def _state_of(pid: int) -> str:
    return next(iter(_fields(pid)), "")


def _fields(pid: int) -> list[str]:
    """Return the fields of the process's state after its name, which may contain blanks."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
