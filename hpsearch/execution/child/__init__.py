"""Trainings in a child process that can be killed: `hpsearch.execution.child.trainer.ChildTrainer`."""
