"""Limit BLAS to one thread, because the number of threads changes the rounding of matrix products."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import OpenBLASController, ThreadpoolController


class OneThread:
    """Process-wide limit of BLAS to one thread while any Python thread is inside `hold`.

    Threads inside `hold` are counted: if two overlapping threads set and restored the limit separately, it could stay
    at one permanently. Other users of threadpoolctl, such as scikit-learn, can't change the limit meanwhile:
    threadpoolctl gives control to the first thread. They can't restore it either: if one set its limit before the first
    `hold` and leaves before the last one ends, its limit remains. One race is left: a thread that is inside OpenBLAS'
    own call while the limit is set may finish it afterwards, and that `hold` then runs with its number of threads.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._holders = 0
        self._controller: ThreadpoolController | None = None
        self._limit: Any = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Limit BLAS to one thread until the block ends."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._limit is None:
                # Finding the libraries takes milliseconds and setting their limit microseconds, so cache them.
                self._controller = self._controller or ThreadpoolController()
                _release_control()
                self._limit = self._controller.limit(limits=1, user_api="blas")
            self._holders += 1

    def _leave(self) -> None:
        with self._lock:
            self._holders = max(0, self._holders - 1)
            if not self._holders and self._limit is not None:
                _release_control()
                self._limit.restore_original_limits()
                _release_control()
                self._limit = None

    def start_anew(self) -> None:
        """Reset lock and count in a forked process, which has only the forking thread.

        The limit is not changed; the next thread that leaves `hold` restores it.
        """
        self._lock = Lock()
        self._holders = 0


def kernels() -> list[str]:
    """Return the loaded BLAS libraries, each with the processor architecture of its kernels; equal ones once."""
    libraries = ThreadpoolController().select(user_api="blas").info()
    names = (f"{each['internal_api']} {each.get('architecture') or ''}".strip() for each in libraries)
    return sorted(set(names))


def _release_control() -> None:
    """Allow any thread to set the limit: threadpoolctl otherwise accepts only the first one that did."""
    OpenBLASController.clear_controlling_thread(force=True)


ONE_BLAS_THREAD = OneThread()
"""Single instance, as the limit is process-wide."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ONE_BLAS_THREAD.start_anew)
