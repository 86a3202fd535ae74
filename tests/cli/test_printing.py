"""What is printed of a study where nothing is searched."""

from io import StringIO

import pytest
from optuna.storages import InMemoryStorage
from rich.console import Console

from hpsearch.cli.printing import print_plan, print_results
from hpsearch.execution import execute
from hpsearch.results.load import load_results
from tests.factor_files import RATE, over, planned


@pytest.fixture
def console():
    return Console(file=StringIO(), width=200)


def test_runs_without_a_search_are_one_training_each(tmp_path, console):
    print_plan(console, planned(tmp_path, changes=over("model.optimizer", "sgd", "adam") | {"space": {}}), "a.db")
    assert "2 runs (2 × 1) of one training, seed 0" in console.file.getvalue()


def test_runs_that_search_have_their_trials(tmp_path, console):
    searching = over("model.optimizer", "sgd", "adam") | {"space": {"learning_rate": RATE}}
    print_plan(console, planned(tmp_path, changes=searching), "a.db")
    assert "2 runs (2 × 1) of 3 trials, seed 0" in console.file.getvalue()


def test_the_best_training_is_named_where_there_are_no_hyperparameters(tmp_path, console):
    plan, storage = planned(tmp_path, changes=over("model.optimizer", "sgd", "adam") | {"space": {}}), InMemoryStorage()
    execute(plan, storage)
    print_results(console, load_results(storage, plan.name))
    text = console.file.getvalue()
    assert "Best training: " in text
    assert "hyperparameters" not in text
