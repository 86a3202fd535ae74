"""What became of the trials when the machinery, not the objective, failed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from joblib.externals.loky.process_executor import TerminatedWorkerError
from optuna.storages import BaseStorage

from hpsearch.errors import RunError
from hpsearch.storage import STORAGE_ERRORS, shown

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


@contextmanager
def explained(place: str | BaseStorage) -> Iterator[None]:
    """Say what became of the trials.

    Raises
    ------
    RunError
        In place of an error of the storage, its disk or the processes; other errors pass.
    """
    where = shown(place) if isinstance(place, str) else "the storage"
    kept = f"finished trials are kept in {where}, and the same call goes on from them"
    try:
        yield
    except TerminatedWorkerError as error:
        raise RunError(f"a worker process died (killed, or out of memory): {kept}") from error
    except STORAGE_ERRORS as error:
        raise RunError(f"the storage failed ({_root_reason(error)}): {kept}") from error
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise RunError(f"the storage failed ({error.strerror}): {kept}") from error


def _root_reason(error: BaseException) -> str:
    """The first line of the error that all others came from: optuna and SQLAlchemy word theirs after it."""
    while (earlier := error.__cause__ or error.__context__) is not None:
        error = earlier
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
