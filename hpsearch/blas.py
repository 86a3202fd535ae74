"""One BLAS thread: a matrix product on two threads has other last bits than on one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import OpenBLASController, ThreadpoolController


class OneThread:
    """Limits BLAS to one thread as long as any Python thread is inside `hold`.

    The limit is the whole process'. Two threads that each set it and put back what they found would leave it at one
    for ever, if the first comes out while the second is inside; so they are counted. Others that set it through
    threadpoolctl meanwhile, as scikit-learn does, are not heard: threadpoolctl gives the control to the first thread
    inside. Their putting back is not heard either: where one of them was inside before the first of us came and
    leaves before the last of us goes, the limit stays as that one had set it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._controller: ThreadpoolController | None = None
        self._limit: Any = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """One thread until the block ends."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._limit is None:
                # Finding the libraries takes milliseconds, setting their limit microseconds: they are found once.
                self._controller = self._controller or ThreadpoolController()
                _release_control()
                self._limit = self._controller.limit(limits=1, user_api="blas")
            self._inside += 1

    def _leave(self) -> None:
        with self._lock:
            self._inside = max(0, self._inside - 1)
            if not self._inside and self._limit is not None:
                _release_control()
                self._limit.restore_original_limits()
                _release_control()
                self._limit = None

    def start_anew(self) -> None:
        """In a process that was forked off: of those inside, at most the thread that forked is there.

        The limit is left as it is; the next to leave puts it back.
        """
        self._lock = Lock()
        self._inside = 0


def _release_control() -> None:
    """Let any thread set the limit next: threadpoolctl ignores all but the first that did."""
    OpenBLASController.clear_controlling_thread(force=True)


ONE_BLAS_THREAD = OneThread()
"""The limit is one for the process, and so is this."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=ONE_BLAS_THREAD.start_anew)
