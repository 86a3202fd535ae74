"""Execution of a study: storage, processes, resumption, progress."""

from hpsearch.execution.executing import execute, prepare
from hpsearch.execution.progress import Progress, Start

__all__ = ["Progress", "Start", "execute", "prepare"]
