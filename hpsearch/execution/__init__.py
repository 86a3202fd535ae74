"""Execution of a study: storage, processes, resumption, progress."""

from hpsearch.execution.executing import execute, prepare
from hpsearch.execution.progress import Progress, Start, State

__all__ = ["Progress", "Start", "State", "execute", "prepare"]
