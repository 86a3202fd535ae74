"""A study that is one search: its output says what was found, how good it is, and what to run next."""

import shutil

import optuna
import pytest

from hpsearch.storage import open_storage
from tests.cli.model_studies import ANIMALS, IRIS
from tests.cli.model_studies import run as run_study


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("animals")
    run_study(folder, ANIMALS)
    return folder


@pytest.fixture
def here(hpsearch, tmp_path, finished):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_the_plan_of_a_search_compares_nothing(run, here):
    _, output, _ = run("study", "study.toml", "--jobs", "1")
    assert "A search with random of 2 trials, seed 0; kept in sqlite:///hpsearch.db\n" in output
    assert "1 run" not in output


def test_the_answer_is_printed_with_the_commands_that_follow(run, here):
    _, output, _ = run("report", "animals")
    assert output.startswith("Expect a test accuracy of ")
    assert "\nThe best hyperparameters:\n  learning_rate  0." in output
    assert "\nTest scores:\n  these hyperparameters, trained once more  " in output
    assert "  hpsearch study reports/animals/next.toml\n" in output
    assert "Train these hyperparameters for use:\n  hpsearch fit animals\n" in output
    page = (here / "reports" / "animals" / "report.md").read_text()
    assert "To train these hyperparameters for use: hpsearch fit animals." in page


def test_a_storage_of_ones_own_is_part_of_the_commands(run, here):
    (here / "hpsearch.db").rename(here / "other.db")
    _, output, _ = run("report", "animals", "--storage", "sqlite:///other.db")
    assert "  hpsearch fit animals --storage sqlite:///other.db\n" in output


def test_a_search_that_was_stopped_has_a_score(run, here):
    study = optuna.load_study(study_name="animals/random/00", storage=open_storage("sqlite:///hpsearch.db"))
    study.set_user_attr("trials", 9)
    study.set_user_attr("plan", study.user_attrs["plan"] | {"trials": 9})
    _, output, _ = run("report", "animals")
    assert output.startswith("The search was stopped after 2 of 9 trials. Expect a test accuracy of ")


def test_a_comparison_keeps_its_table(run, hpsearch, tmp_path):
    run_study(tmp_path, IRIS)
    _, output, _ = run("report")
    assert "strategy" in output
    assert "hpsearch fit" not in output
