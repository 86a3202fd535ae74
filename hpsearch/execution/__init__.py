"""Execution of a study: storage, processes, resumption, progress.

Names are loaded on first use: a process that trains imports a module of this package, and needs no storage.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hpsearch.execution.executing import execute, prepare
    from hpsearch.execution.progress import Progress, Start, State
    from hpsearch.execution.until_resolved import execute_until_resolved

_MODULES = {
    "Progress": "hpsearch.execution.progress",
    "Start": "hpsearch.execution.progress",
    "State": "hpsearch.execution.progress",
    "execute": "hpsearch.execution.executing",
    "execute_until_resolved": "hpsearch.execution.until_resolved",
    "prepare": "hpsearch.execution.executing",
}

__all__ = ["Progress", "Start", "State", "execute", "execute_until_resolved", "prepare"]


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'hpsearch.execution' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
