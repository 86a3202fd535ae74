"""Error messages for failures outside the objective, with the state of the trials."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pickle import PicklingError

from joblib.externals.loky.process_executor import TerminatedWorkerError
from optuna.storages import BaseStorage

from hpsearch.errors import DamagedStorageError, HpsearchError, RunError, UsageError
from hpsearch.storage import STORAGE_ERRORS, all_studies, damage_in, damaged, file_of, opened, shown

_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)

_UNSENT = "Could not pickle the task"  # joblib's words


@contextmanager
def explained(place: str | BaseStorage) -> Iterator[None]:
    """Add the state of the trials to storage and process errors.

    Raises
    ------
    DamagedStorageError
        In place of an error of a storage that is damaged.
    RunError
        Replaces an error of the storage, its disk or the processes; other errors pass unchanged.
    UsageError
        In place of joblib's error for an objective that can't be pickled.
    """
    try:
        yield
    except TerminatedWorkerError as error:
        raise RunError(f"a worker process died (killed, or out of memory): {_outlook(place)}") from error
    except PicklingError as error:
        if _UNSENT not in str(error):  # the objective's own
            raise
        reason = str(error.__cause__).strip('"\n ').splitlines()[-1]
        raise UsageError(f"the objective can't be sent to other processes ({reason}): take jobs = 1") from error
    except STORAGE_ERRORS as error:
        kind = damage_in(error)
        if kind is not None:
            raise damaged(place, kind) from error
        raise RunError(f"the storage failed ({_root_reason(error)}): {_outlook(place)}") from error
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise RunError(f"the storage failed ({error.strerror}): {_outlook(place)}") from error


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
        raise RunError(
            f"the objective called sys.exit({error.code!r}) in the run {run!r}: {_outlook(place)}"
        ) from error


def _outlook(place: str | BaseStorage) -> str:
    """Return what remains of the trials, and whether the same call continues from them.

    Raises
    ------
    DamagedStorageError
        If the storage is damaged.
    """
    state = f"finished trials are kept in {shown(place) if isinstance(place, str) else 'the storage'}"
    path = file_of(place) if isinstance(place, str) else None
    if path is not None:
        if not path.exists():
            return f"there is no file {path} any more, and the trials are gone with it"
        _look_for_damage(str(place))
    return f"{state}, and the same call goes on from them"


def _look_for_damage(url: str) -> None:
    try:
        with opened(url, existing=True) as storage:
            all_studies(storage)
    except DamagedStorageError:
        raise
    except (HpsearchError, OSError, *STORAGE_ERRORS):
        return  # a full disk has no room to look, either


def _root_reason(error: BaseException) -> str:
    """Return the first line of the root error, which Optuna and SQLAlchemy wrap."""
    while (earlier := error.__cause__ or error.__context__) is not None:
        error = earlier
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
