"""Execution of a study: storage, processes, resumption, progress."""

from hpsearch.execution.executing import execute, prepare
from hpsearch.execution.progress import Progress, Start, State
from hpsearch.execution.until_resolved import execute_until_resolved

__all__ = ["Progress", "Start", "State", "execute", "execute_until_resolved", "prepare"]
