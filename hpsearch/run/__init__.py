"""A run: one strategy on one task, once. Opened, continued where it stopped, confirmed, finished, tested."""

from hpsearch.run.budget import Budget
from hpsearch.run.confirmation import confirmed, confirms, incumbent
from hpsearch.run.description import Direction, Objective, Run
from hpsearch.run.quiet import quiet_optuna
from hpsearch.run.running import continue_run, is_done, open_run, trials_to_do

__all__ = [
    "Budget",
    "Direction",
    "Objective",
    "Run",
    "confirmed",
    "confirms",
    "continue_run",
    "incumbent",
    "is_done",
    "open_run",
    "quiet_optuna",
    "trials_to_do",
]
