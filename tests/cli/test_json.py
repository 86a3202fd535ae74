"""Every command prints one JSON document with --json, and its progress elsewhere."""

import json
import shutil

import pytest
import typer

from hpsearch.cli import app
from tests.cli.model_studies import ANIMALS
from tests.cli.model_studies import run as run_study

STUDY = ANIMALS.replace('name = "animals"', 'name = "more"')

# Command → its arguments in a folder with the finished study "animals", and keys of the document or of its first entry.
COMMANDS = {
    "init": (["animals.csv", "--target", "kind"], {"file", "study", "columns", "task", "expected_seconds", "next"}),
    "study": (["more.toml", "--jobs", "1"], {"study", "best", "report", "complete", "verdicts", "claims", "baselines"}),
    "worker": (["sqlite:///hpsearch.db", "more"], {"study", "complete", "command"}),
    "report": (["animals"], {"study", "best", "report", "storage", "runs_complete"}),
    "gallery": (["reports"], {"gallery"}),
    "list": ([], {"studies", "strategies", "data sets", "metrics"}),
    "best": (["animals"], {"study", "params", "model", "validation", "test"}),
    "fit": (["animals"], {"model", "study", "rows", "params", "test"}),
    "predict": (["animals.model", "animals.csv"], {"model", "rows", "predicted", "counts", "predictions"}),
    "ls": ([], {"name", "runs", "trials", "best"}),
    "show": (["animals"], {"study", "space", "trials", "best"}),
    "export": (["animals"], {"study", "file", "trials", "columns"}),
    "rm": (["animals", "--yes"], {"deleted", "runs", "trials", "storage"}),
}

FIRST = {  # what must be done before
    "worker": ["study", "more.toml", "--prepare", "--quiet"],
    "gallery": ["report", "animals", "--quiet"],
    "predict": ["fit", "animals", "--quiet"],
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("animals")
    run_study(folder, ANIMALS)
    (folder / "more.toml").write_text(STUDY)
    return folder


@pytest.fixture
def here(hpsearch, tmp_path, finished, monkeypatch):
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    monkeypatch.setattr("hpsearch.objectives.supervised.SupervisedObjective.baselines", ())
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


def document(run, command, *arguments):
    code, output, errors = run(command, *arguments, "--json")
    assert code == 0, errors
    return json.loads(output)


def test_the_table_has_every_command():
    assert set(COMMANDS) == set(typer.main.get_command(app).commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_output_is_one_document(command, run, here):
    if command in FIRST:
        assert run(*FIRST[command])[0] == 0
    arguments, keys = COMMANDS[command]
    content = document(run, command, *arguments)
    assert keys <= set(content[0] if isinstance(content, list) else content)


def test_the_document_of_a_study_holds_the_numbers_that_are_printed(run, here):
    content = document(run, "study", "study.toml", "--jobs", "1")
    shown = document(run, "show", "animals")
    assert {key: content[key] for key in shown} == shown
    (best,) = content["best"]
    assert best["params"] == document(run, "best")["params"]
    assert content["complete"] is True
    assert (here / content["report"]).is_file()


def test_progress_goes_to_standard_error(run, here):
    code, output, errors = run("study", "more.toml", "--jobs", "1", "--json")
    assert code == 0
    assert "2 of 2 trials" in errors
    assert "2 of 2 trials" not in output
    assert run("study", "more.toml", "--jobs", "1", "--json", "--quiet")[2] == ""


def test_predictions_in_a_file_are_not_in_the_document(run, here):
    run("fit", "animals", "--quiet")
    content = document(run, "predict", "animals.model", "animals.csv", "--out", "new.csv")
    assert "predictions" not in content
    assert content["file"] == "new.csv"
    assert sum(content["counts"].values()) == content["predicted"] == 60


def test_an_error_leaves_standard_output_empty(run, here):
    code, output, errors = run("show", "none", "--json")
    assert (code, output) == (2, "")
    assert errors.startswith("hpsearch: ")
