"""One run: a strategy on a task, once. Opens, resumes, confirms, finishes and tests it."""

from hpsearch.run.batches import trials_to_do
from hpsearch.run.budget import Budget
from hpsearch.run.confirmation import confirmed, confirms, incumbent
from hpsearch.run.description import Run
from hpsearch.run.pruning import with_stored_pruning
from hpsearch.run.rules import with_stored_rules
from hpsearch.run.running import changed_attributes, continue_run, create_run, open_run
from hpsearch.run.stored import check_attributes, is_run, read_runs
from hpsearch.run.testing import TEST, TEST_ROWS, test_of

__all__ = [
    "TEST",
    "TEST_ROWS",
    "Budget",
    "Run",
    "changed_attributes",
    "check_attributes",
    "confirmed",
    "confirms",
    "continue_run",
    "create_run",
    "incumbent",
    "is_run",
    "open_run",
    "read_runs",
    "test_of",
    "trials_to_do",
    "with_stored_pruning",
    "with_stored_rules",
]
