"""Choice of the objectives that train in a child process."""

from __future__ import annotations

from hpsearch.execution.child.trainer import ChildTrainer
from hpsearch.objectives.base import Objective
from hpsearch.run.trainer import Here, Trainer


def is_isolated(objective: Objective, jobs: int) -> bool:
    """Return whether an objective trains in a child process, which can be killed.

    Not if its values are looked up: nothing can hang. With one job, not if a call may change objects of the caller, as
    a plain function in a notebook does.
    """
    if objective.looked_up:
        return False
    return jobs != 1 or not objective.shares_state


def trainer_of(objective: Objective, *, isolated: bool, trial_timeout: float | None = None) -> Trainer:
    """Return the trainer of an objective, a context manager."""
    return (ChildTrainer if isolated else Here)(objective, trial_timeout)
