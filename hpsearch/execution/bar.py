"""Progress as a bar: in a terminal or a notebook, on standard error; nothing elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from markupsafe import Markup

from hpsearch.checks import true_or_false
from hpsearch.execution.progress import Progress, State
from hpsearch.text import plain, short

_OFTEN = 0.2  # seconds between two drawings of a notebook's bar


@contextmanager
def calls(progress: Callable[[int, int], None] | bool | None, metric: str) -> Iterator[Progress | None]:
    """Return what is called with the states of a search: a bar for True, or what calls the user's function.

    Raises
    ------
    UsageError
        If `progress` is neither a function nor a truth value.
    """
    if callable(progress):
        yield lambda state: progress(state.done, state.planned)
    elif progress is not None and true_or_false("progress", progress):
        with bar(metric) as advance:
            yield advance
    else:
        yield None


@contextmanager
def bar(metric: str) -> Iterator[Callable[[State], None] | None]:
    """Show a bar that follows the states it is called with; None outside of notebooks and terminals.

    A notebook shows it below the cell, a terminal on standard error, where it disappears at the end.
    """
    if _is_notebook():
        yield _NotebookBar(metric)
    elif sys.stderr is not None and sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        more = TextColumn("{task.fields[more]}", markup=False)
        columns = (TextColumn("trials"), BarColumn(), MofNCompleteColumn(), more)
        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("trials", total=None, more="")
            yield lambda state: progress.update(
                task, completed=state.done, total=state.planned, more=", ".join(details(state, metric))
            )
    else:
        yield None


def details(state: State, metric: str) -> list[str]:
    """Return the best value so far, the time left and the workers, as far as they are known."""
    parts = []
    if state.best is not None:
        parts.append(f"best {short(metric)} {state.best:.4g}")
    if state.workers and state.done < state.planned:
        if state.seconds_left is not None:
            parts.append(f"{time_text(state.seconds_left)} left")
        parts.append(f"{state.workers} worker{'s' if state.workers > 1 else ''}")
    return parts


def time_text(seconds: float) -> str:
    """Return a time as people say it.

    >>> time_text(42), time_text(150), time_text(8000)
    ('42 s', '3 min', '2.2 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _is_notebook() -> bool:
    """Return whether the process is the kernel of a notebook; IPython is asked only if it is there."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


class _NotebookBar:
    """Bar in the output of a notebook's cell, replaced at most every `_OFTEN` seconds."""

    def __init__(self, metric: str) -> None:
        self._metric, self._next = metric, 0.0
        self._handle: Any = None

    def __call__(self, state: State) -> None:
        """Show the state."""
        now = time.monotonic()
        if now < self._next and state.done < state.planned:
            return
        self._next = now + _OFTEN
        display: Any = import_module("IPython.display")  # it is there in a notebook, and no dependency
        more = ", ".join([f"{state.done} of {state.planned} trials", *details(state, self._metric)])
        shown = display.HTML(
            Markup('<progress value="{}" max="{}" aria-label="trials"></progress> {}').format(
                state.done, max(state.planned, 1), plain(more)
            )
        )
        if self._handle is None:
            self._handle = display.display(shown, display_id=True)
        else:
            self._handle.update(shown)
