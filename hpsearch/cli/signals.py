"""Signals that ask the program to end are what Ctrl-C is."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = ("SIGTERM", "SIGHUP")  # what service managers, containers and closed terminals send
_PATIENCE = 5.0  # seconds in which a further signal does not interrupt what the first one began to clean up
_AGAIN = 0.05  # seconds after which an interrupt that was lost is repeated


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Raise KeyboardInterrupt where one of the signals arrives, for as long as the context lasts.

    A signal that the caller of the program ignores, as nohup does, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():  # Python lets no other thread set handlers
        yield
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    replaced = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    interrupts = _Interrupts()
    for number in replaced:
        signal.signal(number, interrupts.handle)
    before, sys.unraisablehook = sys.unraisablehook, interrupts.repeat
    try:
        yield
    finally:
        sys.unraisablehook = before
        for number in replaced:
            signal.signal(number, signal.SIG_DFL)


class _Interrupts:
    """Turns signals into exceptions, and repeats one that Python dropped.

    A signal's handler may run within a destructor or the callback of a weak reference. What is raised there does not
    propagate: Python hands it to ``sys.unraisablehook``, and the program would go on.
    """

    def __init__(self) -> None:
        self._number = signal.SIGINT
        self._last = -_PATIENCE
        self._hook = sys.unraisablehook

    def handle(self, number: int, _frame: object) -> None:
        """Raise, unless the program is ending already."""
        if time.monotonic() - self._last >= _PATIENCE:
            self._last, self._number = time.monotonic(), signal.Signals(number)
            raise KeyboardInterrupt(self._number.name)

    def repeat(self, unraisable: Any) -> None:
        """Send the signal again if what could not be raised is an interrupt; else do what was done before."""
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            self._hook(unraisable)
            return
        self._last = -_PATIENCE
        timer = threading.Timer(_AGAIN, signal.pthread_kill, (threading.main_thread().ident, self._number))
        timer.daemon = True
        timer.start()
