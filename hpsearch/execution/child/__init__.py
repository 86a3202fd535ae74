"""Trainings in a process of their own, which can be ended: `ChildTrainer`."""

from hpsearch.execution.child.trainer import ChildTrainer

__all__ = ["ChildTrainer"]
