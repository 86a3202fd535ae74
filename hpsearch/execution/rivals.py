"""Other programs at work on a study."""

from __future__ import annotations

import logging
import time
from collections.abc import Container, Iterable

from optuna.storages import BaseStorage

from hpsearch.errors import RunError
from hpsearch.storage import all_studies, shown
from hpsearch.storage.leases import Record, is_over, record_in
from hpsearch.storage.optuna_private import FrozenStudy

PAUSE = 0.5  # seconds between two looks at runs that other programs hold

_log = logging.getLogger(__name__)


def await_rivals(
    study: str, names: Container[str], studies: Iterable[FrozenStudy], storage: BaseStorage, place: str | BaseStorage
) -> None:
    """Wait until the leases of other programs on the runs `names` have ended, as after the death of another machine.

    `studies` are those of the storage, as they were just read.

    Raises
    ------
    RunError
        One of them is at work.
    """
    first: dict[str, Record] = {}
    is_said = False
    while rivals := _rivals(names, studies):
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
        studies = all_studies(storage)


def _rivals(names: Container[str], studies: Iterable[FrozenStudy]) -> dict[str, Record]:
    """Return the leases that have not ended, by run."""
    records = {study.study_name: record_in(study.system_attrs) for study in studies if study.study_name in names}
    return {name: record for name, record in records.items() if record is not None and not is_over(record)}
