"""Trainings in a child process that can be killed: `ChildTrainer`."""

from hpsearch.execution.child.trainer import ChildTrainer

__all__ = ["ChildTrainer"]
