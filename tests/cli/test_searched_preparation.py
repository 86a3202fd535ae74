"""From a study that searches how inputs are prepared to predictions: what was chosen is used throughout."""

import json
import shutil
import tomllib

import numpy as np
import pandas as pd
import pytest

from hpsearch.estimators.tabular import TabularModel
from hpsearch.report.sections.question import question_section
from hpsearch.results.load import load_results
from hpsearch.storage import opened
from tests.cli.model_studies import animals, run

DATA = """
[data]
source = "csv"
path = "animals.csv"
target = "kind"
"""
SEARCH = """
[space]
data.scaling = { choices = ["minmax", "none"] }
data.imputation = { choices = ["mean", "most_frequent"], when = { "data.scaling" = "minmax" } }
data.max_categories = { low = 2, high = 3 }
[search]
strategies = ["random"]
trials = 5
repeats = 1
retrain = 1
"""
MODELS = {
    "network": """[model]
hidden_layer_sizes = [6]
epochs = 50
batch_size = 16
optimizer = "adam"
learning_rate = 0.02
""",
    "machine": '[model]\nfamily = "estimator"\nestimator = "svm"\nC = 0.5\n',
    "folds": '[model]\nfamily = "estimator"\nestimator = "logistic_regression"\n',
}


def holes():
    """The animals, some without a size, some of them large."""
    frame = animals(90)
    return frame.assign(size=frame["size"].pow(3).where(np.arange(90) % 6 > 0))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Folders with a study that has run."""
    folders = {}
    for name, model in MODELS.items():
        folders[name] = tmp_path_factory.mktemp(name)
        validation = 'validation = "3-fold"\n' if name == "folds" else ""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.cli.model_studies.animals", holes)
            run(folders[name], f'name = "small"\n{DATA}{validation}{model}{SEARCH}')
    return folders


@pytest.fixture(params=MODELS)
def here(request, hpsearch, tmp_path, finished):
    """Copy a study into the current folder, and return it."""
    shutil.copytree(finished[request.param], tmp_path, dirs_exist_ok=True)
    return tmp_path


one_model = pytest.mark.parametrize("here", ["machine"], indirect=True)


def chosen(run):
    return json.loads(run("best", "--json")[1])


def test_trials_store_what_they_chose(run, here):
    with opened(f"sqlite:///{here / 'hpsearch.db'}", existing=True) as storage:
        trials = load_results(storage, "small").trials
    scalings = trials["params_data.scaling"]
    assert set(scalings) == {"minmax", "none"}
    assert (trials["params_data.imputation"].notna() == (scalings == "minmax")).all()
    assert trials["params_data.max_categories"].isin([2, 3]).all()


def test_best_says_what_was_chosen(run, here, capsys, monkeypatch, tmp_path_factory):
    best = chosen(run)
    names = {name.removeprefix("data.") for name in best["params"]}
    assert best["data"].keys() == names >= {"scaling", "max_categories"}
    assert not any(name.startswith("data.") for name in best["model"])
    toml = tomllib.loads(run("best", "--toml")[1])
    assert toml == {"data": best["data"], "model": best["model"]}
    (_, program, _), (_, estimator, _) = run("best"), run("best", "--estimator")
    for key, value in best["data"].items():
        assert f"{key}={value!r}" in program
        assert f"{key}={value!r}" in estimator
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    exec(compile(program, "best.py", "exec"), {})
    score = float(capsys.readouterr().out.split(": ")[1])
    assert 0.5 < score <= 1
    if "MLP" not in program:  # a network's training depends on a seed
        assert score == pytest.approx(best["test"]["mean"])


def test_a_model_is_prepared_as_the_trial_was_and_predicts(run, here):
    best = chosen(run)
    assert run("fit", "--keep-test")[0] == 0
    model = TabularModel.load(here / "small.model")
    assert (
        sum(name.startswith("colour") for name in model.preparation.feature_names)
        == best["params"]["data.max_categories"]
    )
    assert (model.factor == 1).all() == (best["params"]["data.scaling"] == "none")
    assert run("predict", "small.model", "animals.csv", "--out", "predictions.csv")[0] == 0
    assert (pd.read_csv(here / "predictions.csv")["prediction"] == holes()["kind"]).mean() > 0.6


@one_model
def test_the_space_is_in_the_report_and_before_a_study_begins(run, here):
    with opened(f"sqlite:///{here / 'hpsearch.db'}", existing=True) as storage:
        space = question_section(load_results(storage, "small")).data["space"]
    assert list(space["parameter"]) == ["data.scaling", "data.imputation", "data.max_categories"]
    assert "data.scaling = minmax" in list(space["when"])
    assert "data.scaling: minmax or none" in run("show", "small")[1]
    code, output, _ = run("study", "study.toml", "--dry-run", "--trials", "8")
    assert (code, "of which 5 are stored already" in output) == (0, True)


@one_model
def test_a_key_in_two_places_is_refused_in_one_line(run, here):
    text = (here / "study.toml").read_text().replace("[model]", 'scaling = "standard"\n[model]')
    (here / "study.toml").write_text(text)
    code, _, errors = run("study", "study.toml")
    assert code == 2
    assert errors.endswith("[space] data.scaling: is fixed in [data] too (at 'standard'); leave it in one of them\n")
