"""``[data] path`` starts from the study file; what is stored is the path as it was written."""

import pickle
import tomllib
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from hpsearch import MLPObjective
from hpsearch.analysis.next_study import next_study, toml_text
from hpsearch.errors import UsageError
from hpsearch.execution import execute
from hpsearch.objectives import source
from hpsearch.results.load import load_results
from hpsearch.study.plan import plan
from tests.analysis.diagnostics.planted import planted

STUDY = """
name = "mine"
[data]
source = "csv"
path = {path}
target = "kind"
[model]
epochs = 1
[space]
learning_rate = {{ low = 1e-4, high = 1.0, log = true }}
[search]
strategies = ["random"]
trials = 2
repeats = 1
retrain = 0
"""


def rows(path: Path, shift: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("length,kind\n" + "".join(f"{i * 7 % 40 + shift},{'ab'[i % 2]}\n" for i in range(40)))


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study file in a folder of its own, with files of the same names there and where one stands."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder, shift in ((here, 0), (there, 100)):
        rows(folder / "rows" / "a.csv", shift)
        rows(folder / "rows" / "b.csv", shift + 50)
    (there / "mine.toml").write_text(STUDY.format(path='"rows/a.csv"'))
    monkeypatch.chdir(here)
    return there / "mine.toml"


def first_row(objective: MLPObjective) -> float:
    return float(objective._source.dataset.x[0, 0])


@pytest.mark.parametrize("written", ["absolute", "relative"])
def test_a_path_starts_from_the_study_file_and_is_stored_as_written(study, written):
    path = str(study) if written == "absolute" else "../there/mine.toml"
    ((task, objective),) = plan(path).objectives.items()
    assert first_row(objective) == 100
    assert task == objective.content["data"]["path"] == "rows/a.csv"
    assert plan(path).content["data"]["path"] == "rows/a.csv"


def test_in_python_a_path_starts_from_the_current_folder(study):
    data = {"source": "csv", "path": "rows/a.csv", "target": "kind"}
    objective = MLPObjective(data)
    assert (first_row(objective), objective.folder) == (0, None)
    elsewhere = MLPObjective(data, folder=study.parent)
    assert (first_row(elsewhere), elsewhere.folder) == (100, str(study.parent.resolve()))
    assert {**elsewhere.content["data"], "fingerprint": None} == {**objective.content["data"], "fingerprint": None}


def test_absolute_paths_and_those_of_a_home_folder_stay(study, monkeypatch):
    monkeypatch.setenv("HOME", str(Path.cwd()))
    for path in (str(Path.cwd() / "rows" / "a.csv"), "~/rows/a.csv"):
        study.write_text(STUDY.format(path=f'"{path}"'))
        (objective,) = plan(str(study)).objectives.values()
        assert (first_row(objective), objective.folder) == (0, None)


def test_each_of_several_paths_starts_there(study):
    study.write_text(STUDY.format(path='["rows/a.csv", "rows/b.csv"]'))
    objectives = plan(str(study)).objectives
    assert {task: first_row(objective) for task, objective in objectives.items()} == {
        "rows/a.csv": 100,
        "rows/b.csv": 150,
    }


def test_a_file_that_is_only_where_one_stands_is_missed_where_it_was_looked_for(study):
    (study.parent / "rows" / "a.csv").unlink()
    with pytest.raises(UsageError) as error:
        plan(str(study))
    assert str(error.value) == f"{study}: {study.parent.resolve()}/rows/a.csv: can't be read: No such file or directory"


def test_another_process_that_stands_elsewhere_reads_the_same_file(study, monkeypatch, tmp_path):
    (objective,) = plan("../there/mine.toml").objectives.values()
    sent = pickle.dumps(objective)
    monkeypatch.setattr(source, "LOADED", type(source.LOADED)())
    monkeypatch.chdir(tmp_path)
    assert first_row(pickle.loads(sent)) == 100


def test_a_storage_that_does_not_say_the_folder_is_continued(study, monkeypatch):
    """As of a version before this rule, which read paths from where one stood. Its data is in this process only."""
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    storage = optuna.storages.InMemoryStorage()
    older = plan(str(study))
    (objective,) = older.objectives.values()
    objective._source = replace(objective._source, folder=None)
    source.LOADED[objective._source] = plan(str(study)).objectives["rows/a.csv"]._source.dataset
    execute(older, storage)
    assert load_results(storage, "mine").folder is None
    execute(plan(str(study), {"trials": 4, "repeats": 2}), storage)
    results = load_results(storage, "mine")
    assert results.runs["task"].tolist() == ["rows/a.csv"] * 2
    assert results.folder == str(study.parent.resolve())


def test_the_next_study_reads_the_same_file_from_any_folder(tmp_path):
    folder = str(tmp_path / "there")
    results = planted("edge")

    def path_of_next(path, folder):
        settings = results.settings | {"data": {"source": "csv", "path": path, "target": "kind"}}
        return tomllib.loads(toml_text(next_study(replace(results, settings=settings, folder=folder))))["data"]["path"]

    assert path_of_next("rows/a.csv", folder) == f"{folder}/rows/a.csv"
    assert path_of_next(["a.csv", "/b.csv"], folder) == [f"{folder}/a.csv", "/b.csv"]
    assert path_of_next("rows/a.csv", None) == "rows/a.csv"
