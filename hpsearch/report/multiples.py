"""Which of many tasks have panels of their own."""

from __future__ import annotations

from collections.abc import Sequence

from hpsearch.report.text import Fact, plural

MOST = 12  # panels of one figure that shows several tasks


def few(tasks: Sequence[str], each: int, facts: dict[str, Fact]) -> tuple[list[str], tuple[str, ...]]:
    """The tasks that a figure with `each` panels a task shows, and a sentence about those that it leaves out.

    They are the first in the study's order, as many as twelve panels have room for, and at least one: an order that
    looked at the results would choose the tasks that flatter some strategy.
    """
    shown = list(tasks)[: max(MOST // max(each, 1), 1)]
    left = len(tasks) - len(shown)
    facts |= {"tasks_drawn": len(shown), "tasks_left": left}
    if not left:
        return shown, ()
    first = "the first {tasks_drawn} tasks" if len(shown) > 1 else "the first task"
    told = f"Drawn: {first} of the study; the data hold the other {{tasks_left}} {plural(left, 'task')} too."
    return shown, (told,)
