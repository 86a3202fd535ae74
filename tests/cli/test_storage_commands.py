"""What a storage holds: ls, show, export and rm."""

import json
import shutil
from importlib.util import find_spec

import optuna
import pandas as pd
import pytest

from hpsearch.storage import open_storage
from hpsearch.storage.leases import Holder, leased
from hpsearch.storage.optuna_private import study_id
from hpsearch.version import __version__
from tests.cli.model_studies import IRIS
from tests.cli.model_studies import run as run_study


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    run_study(folder, IRIS)
    url = f"sqlite:///{folder / 'hpsearch.db'}"
    other = optuna.create_study(storage=open_storage(url), study_name="theirs")
    other.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    return folder


@pytest.fixture
def here(hpsearch, tmp_path, finished):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return tmp_path


def studies(run):
    return {each["name"]: each for each in json.loads(run("ls", "--json")[1])}


def test_the_version_is_printed(run):
    assert run("--version") == (0, f"hpsearch {__version__}\n", "")


def test_studies_are_listed(run, here):
    ours, theirs = studies(run)["small"], studies(run)["theirs"]
    assert ours == {
        "name": "small", "is_ours": True, "runs": 4, "trials": 12, "metric": "accuracy", "best": ours["best"],
        "goes_on_from": None,
    }  # fmt: skip
    assert 0.5 < ours["best"] <= 1.0
    assert (theirs["is_ours"], theirs["runs"], theirs["trials"]) == (False, 1, 1)
    code, output, _ = run("ls")
    assert code == 0
    assert "small" in output
    assert "(another program's)" in output


def test_a_study_is_shown(run, here):
    content = json.loads(run("show", "--json")[1])
    assert (content["study"], content["runs"], content["runs_complete"]) == ("small", 4, 4)
    assert content["trials"] == {"COMPLETE": 12}
    assert content["space"]["activation"] == {"choices": ["relu", "tanh"]}
    assert set(content["best"][0]["params"]) == {"learning_rate", "activation"}
    code, output, _ = run("show", "small")
    assert code == 0
    assert "4 of 4 runs are complete; trials: 12 complete" in output
    assert "\n  learning_rate: 0.01 to 1, log\n" in output
    assert "\n  activation: relu or tanh\n" in output
    assert "Best hyperparameters found" in output


def test_trials_are_exported(run, here):
    assert run("export", "small", "--out", "trials.csv") == (0, "12 trials: trials.csv\n", "")
    trials = pd.read_csv("trials.csv")
    assert len(trials) == 12
    assert {"variant", "repeat", "number", "state", "value", "params_learning_rate"} <= set(trials)
    code, _, errors = run("export", "--out", "trials.xlsx")
    assert (code, errors) == (2, "hpsearch: --out must end in .csv or .parquet, got 'trials.xlsx'\n")


@pytest.mark.skipif(find_spec("pyarrow") is not None, reason="pyarrow is installed")
def test_parquet_without_pyarrow_is_one_line(run, here):
    code, _, errors = run("export", "--out", "trials.parquet")
    assert code == 2
    assert "needs pyarrow" in errors


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_parquet_holds_what_csv_holds(run, here):
    assert run("export", "--out", "trials.parquet")[0] == 0
    assert len(pd.read_parquet("trials.parquet")) == 12


def test_nothing_is_deleted_without_yes(run, here):
    code, _, errors = run("rm", "small")
    assert code == 2
    assert errors.startswith("hpsearch: rm would delete 4 runs with 12 trials of 'small' in sqlite:///hpsearch.db")
    assert set(studies(run)) == {"small", "theirs"}


def test_a_study_is_deleted_and_others_stay(run, here):
    code, output, _ = run("rm", "small", "--yes")
    assert (code, output) == (0, "Deleted 4 runs with 12 trials of 'small' in sqlite:///hpsearch.db\n")
    assert set(studies(run)) == {"theirs"}
    code, _, errors = run("rm", "theirs", "--yes")
    assert code == 2
    assert "it holds no study that hpsearch made" in errors
    assert set(studies(run)) == {"theirs"}


def test_one_run_is_named_in_the_singular(run, here):
    storage = open_storage("sqlite:///hpsearch.db")
    for study in optuna.get_all_study_names(storage):
        if study.startswith("small/") and study != "small/random/00":
            optuna.delete_study(study_name=study, storage=storage)
    assert "would delete 1 run with 3 trials of 'small'" in run("rm", "small")[2]


def test_a_study_that_another_program_runs_stays(run, here):
    storage, holder = open_storage("sqlite:///hpsearch.db"), Holder.here()
    study = optuna.load_study(study_name="small/tpe/01", storage=storage)
    with leased(storage, study_id(study), study.study_name, holder):
        code, _, errors = run("rm", "small", "--yes")
    holder.end()
    assert code == 1
    assert "another process is running the study 'small'" in errors
    assert studies(run)["small"]["runs"] == 4


def test_a_journal_is_listed_and_deleted(run, hpsearch, tmp_path):
    journal = "journal:///trials.log"
    study = optuna.create_study(storage=open_storage(journal), study_name="theirs", direction="maximize")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    (listed,) = json.loads(run("ls", "--json", "--storage", journal)[1])
    assert (listed["trials"], listed["best"]) == (2, study.best_value)
