"""Exceptions that travel between processes, with their type, message and traceback."""

from __future__ import annotations

import pickle
import traceback

import cloudpickle


def packed(error: BaseException) -> bytes:
    """Return an exception as bytes; one that can't be pickled becomes one with its type, name and message."""
    lines = "".join(traceback.format_exception(error))
    for same in (error, _stand_in_for(error, type(error)), _stand_in_for(error, Exception)):
        try:
            data = cloudpickle.dumps((same, lines))
            if str(pickle.loads(data)[0]) == str(error):
                return bytes(data)
        except Exception:  # pickling runs arbitrary code
            continue
    return pickle.dumps((RuntimeError(type(error).__name__), lines))


def unpacked(data: bytes) -> BaseException:
    """Return the exception, caused by one that shows the traceback of the other process."""
    error, lines = pickle.loads(data)
    assert isinstance(error, BaseException)  # as it was packed
    error.__cause__ = _OtherProcessError(lines)
    return error


class _OtherProcessError(Exception):
    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


def _stand_in_for(error: BaseException, kind: type[BaseException]) -> BaseException | None:
    try:
        return _stand_in(kind, type(error).__name__, str(error))
    except Exception:  # the class may not allow subclasses
        return None


def _stand_in(kind: type[BaseException], name: str, message: str) -> BaseException:
    """Return an exception of a subclass of `kind` with this name and message, which can be pickled if `kind` can."""
    methods = {
        "__init__": lambda _self, *_arguments: None,
        "__str__": lambda _self: message,
        "__reduce__": lambda _self: (_stand_in, (kind, name, message)),
    }
    error: BaseException = type(name, (kind,), methods)(message)
    if isinstance(error, SystemExit):
        error.code = message
    return error
