"""Leases: at most one program at a time writes to a run, wherever it runs.

A lease is a system attribute of the run's Optuna study. It names its holder and is renewed while the holder works. It
ends when it is given back, when its holder's process is gone from this machine, or when it is no longer renewed.
"""

from hpsearch.storage.leases.holder import Holder
from hpsearch.storage.leases.lease import (
    LEASE_SECONDS,
    HeldError,
    Lease,
    LeaseLostError,
    is_over,
    leased,
    lost_run,
    record_in,
)
from hpsearch.storage.leases.record import Record

__all__ = [
    "LEASE_SECONDS",
    "HeldError",
    "Holder",
    "Lease",
    "LeaseLostError",
    "Record",
    "is_over",
    "leased",
    "lost_run",
    "record_in",
]
