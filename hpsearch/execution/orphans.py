"""Processes that end soon after the process that they work for."""

from __future__ import annotations

import os
import signal
import threading
import time

_SECONDS = 0.1  # between two looks


def end_with(owner: int) -> None:
    """End this process, and its group if it leads one, soon after its parent `owner` is killed; watched by a thread."""
    threading.Thread(target=_watch, args=(owner,), daemon=True).start()


def _watch(owner: int) -> None:
    while os.getppid() == owner:
        time.sleep(_SECONDS)
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid() != os.getsid(0):
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
