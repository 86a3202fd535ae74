"""Other programs at work on a study."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from optuna.storages import BaseStorage, InMemoryStorage

from hpsearch.errors import RunError
from hpsearch.storage import all_studies, shown
from hpsearch.storage.leases import Record, is_over, record_in

PAUSE = 0.5  # seconds between two looks at runs that other programs hold

_log = logging.getLogger(__name__)


def await_rivals(study: str, names: Sequence[str], storage: BaseStorage, place: str | BaseStorage) -> None:
    """Wait until the leases of other programs have ended, as after the death of another machine.

    Raises
    ------
    RunError
        One of them is at work.
    """
    first: dict[str, Record] = {}
    is_said = False
    while rivals := _rivals(names, storage):
        for name, record in rivals.items():
            begun = first.setdefault(name, record)
            if record.holder.is_local() or (record.token, record.beat) != (begun.token, begun.beat):
                where = f" in {shown(place)}" if isinstance(place, str) else ""
                raise RunError(
                    f"another process is running the study {study!r}{where} ({record.holder}): wait for it or stop it"
                )
        if not is_said:
            _log.warning("waiting for up to %d seconds: %s may still be at work", record.seconds, record.holder)
            is_said = True
        time.sleep(PAUSE)


def _rivals(names: Sequence[str], storage: BaseStorage) -> dict[str, Record]:
    """Return the leases that have not ended, by run."""
    if isinstance(storage, InMemoryStorage):
        return {}
    asked = set(names)
    records = {
        study.study_name: record_in(study.system_attrs) for study in all_studies(storage) if study.study_name in asked
    }
    return {name: record for name, record in records.items() if record is not None and not is_over(record)}
