"""Error messages for failures outside the objective, with the state of the trials."""

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
    """Add the state of the trials to storage and process errors.

    Raises
    ------
    RunError
        Replaces an error of the storage, its disk or the processes; other errors pass unchanged.
    """
    state = _state(place)
    try:
        yield
    except TerminatedWorkerError as error:
        raise RunError(f"a worker process died (killed, or out of memory): {state}") from error
    except STORAGE_ERRORS as error:
        raise RunError(f"the storage failed ({_root_reason(error)}): {state}") from error
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise RunError(f"the storage failed ({error.strerror}): {state}") from error


@contextmanager
def exits_are_failures(run: str, place: str | BaseStorage) -> Iterator[None]:
    """Keep an objective from ending the program.

    Raises
    ------
    RunError
        Replaces the SystemExit of ``sys.exit``.
    """
    try:
        yield
    except SystemExit as error:
        raise RunError(f"the objective called sys.exit({error.code!r}) in the run {run!r}: {_state(place)}") from error


def _state(place: str | BaseStorage) -> str:
    where = shown(place) if isinstance(place, str) else "the storage"
    return f"finished trials are kept in {where}, and the same call goes on from them"


def _root_reason(error: BaseException) -> str:
    """Return the first line of the root error, which Optuna and SQLAlchemy wrap."""
    while (earlier := error.__cause__ or error.__context__) is not None:
        error = earlier
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
