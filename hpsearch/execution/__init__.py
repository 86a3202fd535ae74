"""Executes a study: opens its storage, spreads its runs over processes, resumes what was stopped, counts progress."""

from hpsearch.execution.executing import execute
from hpsearch.execution.progress import Progress, Start

__all__ = ["Progress", "Start", "execute"]
