"""From a study to predictions: best, fit and predict."""

import json
import shutil
import tomllib
import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn

from hpsearch.estimators.tabular import TabularModel
from hpsearch.results.load import load_results
from hpsearch.storage import opened
from hpsearch.version import __version__
from tests.cli.model_studies import ANIMALS, IRIS, ZOO, animals, run

PROBABILITIES = ("probability_ant", "probability_cat", "probability_dog, big")
INSTALLED = sklearn.__version__


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Folders with a study that has run."""
    folders = {}
    for name, text in (("iris", IRIS), ("animals", ANIMALS), ("zoo", ZOO)):
        folders[name] = tmp_path_factory.mktemp(name)
        run(folders[name], text)
    return folders


@pytest.fixture
def here(hpsearch, tmp_path, finished):
    """Copy a study into the current folder."""

    def copy(name):
        shutil.copytree(finished[name], tmp_path, dirs_exist_ok=True)
        return tmp_path

    return copy


def test_best_names_the_trial_with_the_best_validation_value(run, here):
    folder = here("iris")
    code, output, _ = run("best", "--json")
    best = json.loads(output)
    with opened(f"sqlite:///{folder / 'hpsearch.db'}", existing=True) as storage:
        trials = load_results(storage, "small").trials
    assert code == 0
    assert best["validation"] == trials["value"].max()
    chosen = trials[(trials["variant"] == best["variant"]) & (trials["repeat"] == best["repeat"])]
    chosen = chosen[chosen["number"] == best["trial"]].iloc[0]
    assert best["params"] == {name: chosen[f"params_{name}"] for name in ("learning_rate", "activation")}
    assert best["model"] == {"hidden_layer_sizes": [8], "epochs": 8} | best["params"]
    assert best["test"]["repeats"] == 2
    _, output, _ = run("best", "small", "--toml")
    assert tomllib.loads(output) == {"model": best["model"]}
    _, output, _ = run("best", "study.toml", "--variant", "tpe", "--json")
    assert json.loads(output)["variant"] == "tpe"


@pytest.mark.parametrize("name", ["iris", "animals"])
def test_the_program_that_best_prints_runs_in_any_folder(name, run, here, monkeypatch, tmp_path_factory, capsys):
    here(name)
    _, output, _ = run("best")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    exec(compile(output, "best.py", "exec"), {})
    kind, score = capsys.readouterr().out.split(": ")
    assert kind == "test accuracy"
    assert 0.5 < float(score) <= 1.0


def test_fit_and_predict_a_csv_file(run, here):
    folder = here("animals")
    code, output, _ = run("fit", "animals", "--keep-test")
    assert code == 0
    assert "Fitted to 48 rows: those for training and validation together, without the test rows." in output
    assert "Expect a test accuracy of" in output
    assert "Model: animals.model" in output
    code, output, _ = run("predict", "animals.model", "animals.csv", "--out", "predictions.csv")
    assert (code, output) == (0, "60 predictions: predictions.csv\n")
    predictions = pd.read_csv(folder / "predictions.csv")
    assert list(predictions) == ["prediction", "probability_ant", "probability_cat", "probability_dog, big"]
    assert (predictions["prediction"] == animals()["kind"]).mean() > 0.8
    model = TabularModel.load(folder / "animals.model")
    np.testing.assert_array_equal(predictions["prediction"], model.predict(animals().drop(columns="kind")))
    np.testing.assert_allclose(predictions.iloc[:, 1:], model.predict_proba(animals()))
    animals().drop(columns="kind").iloc[:, ::-1].to_csv("new.csv", index=False)
    assert run("predict", "animals.model", "new.csv")[1] == (folder / "predictions.csv").read_text()


def test_a_model_is_fitted_to_all_rows_and_says_so(run, here):
    folder = here("iris")
    _, output, _ = run("fit", "--out", "all.model")
    assert "Fitted to all 150 rows, those for validation and test too." in output
    about = TabularModel.load(folder / "all.model").about
    assert (about["study"], about["rows"], about["all_rows"], about["test"]["repeats"]) == ("small", 150, True, 2)


def test_what_does_not_fit_is_told_in_one_line(run, here):
    here("animals")
    run("fit", "--quiet")
    frame = animals().drop(columns=["size", "kind"]).assign(name="x", colour="green")
    frame.to_csv("new.csv", index=False)
    code, output, errors = run("predict", "animals.model", "new.csv", "--refuse-unknown")
    assert (code, output) == (2, "")
    assert errors == (
        "hpsearch: new.csv: does not fit the model: column 'size' is missing; additional column 'name', which training "
        "did not have; column 'colour' holds 'green', and training had only 'blue', 'grey', 'red'\n"
    )
    frame.assign(size=1.0).to_csv("new.csv", index=False)
    code, output, errors = run("predict", "animals.model", "new.csv", "--ignore-additional")
    assert (code, len(output.splitlines())) == (0, 61)
    assert errors == (
        "hpsearch: new.csv: column 'colour' holds 'green', and training had only 'blue', 'grey', 'red': it counts as a "
        "rare category, or as none\n"
    )


@pytest.mark.parametrize(
    ("variant", "columns", "line"),
    [
        ("machine", ["prediction"], "Its predictions are classes without probabilities: this estimator gives none."),
        ("boosted", ["prediction", *PROBABILITIES], "Early stopping holds 10% of these rows out."),
        ("neighbours", ["prediction", *PROBABILITIES], "trained on all other rows, on test rows that no search has"),
    ],
)
def test_estimators_of_libraries_are_fitted_and_predict(variant, columns, line, run, here):
    folder = here("zoo")
    code, output, errors = run("fit", "--variant", variant)
    assert (code, errors) == (0, "")
    assert line in output
    assert "Fitted to all 60 rows" in output
    assert run("predict", "zoo.model", "animals.csv", "--out", "predictions.csv")[0] == 0
    predictions = pd.read_csv(folder / "predictions.csv")
    assert list(predictions) == columns
    assert (predictions["prediction"] == animals()["kind"]).mean() > 0.7


def test_an_estimator_of_a_cross_validation_is_printed(run, here):
    here("zoo")
    _, output, _ = run("best", "--variant", "machine", "--estimator")
    names = {}
    exec(compile(output, "best.py", "exec"), names)
    _, text, _ = run("best", "--variant", "machine", "--json")
    settings = names["model"].get_params()
    assert {name: settings[name] for name in ("C", "gamma")} == json.loads(text)["params"]


def test_another_version_is_one_line(run, here, monkeypatch):
    here("zoo")
    run("fit", "--variant", "neighbours")
    monkeypatch.setattr("sklearn.__version__", "0.9")
    monkeypatch.setattr("hpsearch.estimators.tabular.__version__", "99")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        code, output, errors = run("predict", "zoo.model", "animals.csv")
    assert (code, len(output.splitlines())) == (0, 61), errors
    assert errors == (
        f"hpsearch: UserWarning: zoo.model: was saved with hpsearch {__version__}, and 99 is installed; "
        f"scikit-learn {INSTALLED}, and 0.9 is installed: predictions may differ\n"
    )


WRONG = {
    "an unknown study": (("best", "smal"), "holds no run of the study 'smal'"),
    "an unknown variant": (("fit", "--variant", "tp"), "--variant: unknown variant 'tp' (did you mean 'tpe'?)"),
    "an unknown task": (("best", "--task", "wine"), "--task: unknown task 'wine'"),
    "two forms": (("best", "--json", "--toml"), "--json can't be used with --toml"),
    "no storage": (("fit", "--storage", "sqlite:///other.db"), "there is no storage sqlite:///other.db"),
    "no model": (("predict", "none.model", "new.csv"), "none.model"),
    "a model that is none": (("predict", "study.toml", "new.csv"), "study.toml: is no saved hpsearch estimator"),
    "a place that can't be written": (("fit", "--out", "none/small.model"), "none/small.model: can't be written"),
}


@pytest.mark.parametrize("case", WRONG)
def test_errors_are_one_line(case, run, here):
    here("iris")
    arguments, message = WRONG[case]
    code, _, errors = run(*arguments)
    assert code == 2
    assert message in errors
    assert errors.count("\n") == 1


def test_data_that_changed_is_not_fitted(run, here):
    here("animals")
    animals().assign(tame=[True, False] * 30).to_csv("animals.csv", index=False)
    code, _, errors = run("fit", "--folder", ".")
    assert code == 2
    assert "the data is not what the stored trials were made with" in errors
