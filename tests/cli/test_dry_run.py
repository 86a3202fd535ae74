"""A dry run counts and times what a study would train, and leaves no trace."""

import json

import pytest

from tests.cli.model_studies import ANIMALS, IRIS, animals
from tests.cli.model_studies import run as run_study


@pytest.fixture
def here(hpsearch, tmp_path):
    (tmp_path / "study.toml").write_text(IRIS)
    return tmp_path


def dry(run, *options):
    code, output, errors = run("study", "study.toml", "--dry-run", "--json", *options)
    assert code == 0, errors
    return json.loads(output)


def test_it_counts_what_a_study_trains_and_writes_nothing(run, here, with_baselines):
    work = dry(run, "--jobs", "1")
    assert work | {"seconds": 0} == {
        "study": "small", "dry_run": True, "tasks": 1, "variants": 2, "repeats": 2, "runs": 4, "trials": 12,
        "stored": 0, "epochs": 96, "retrainings": 8, "baselines": 6, "processes": 1, "seconds": 0, "limit": None,
        "goes_on_from": None, "taken_over": [], "likely": {},
    }  # fmt: skip
    assert 0 < work["seconds"] < 60
    assert [path.name for path in here.iterdir()] == ["study.toml"]


def test_its_words_are_those_numbers(run, here, with_baselines):
    code, output, _ = run("study", "study.toml", "--dry-run", "--jobs", "1", "--for", "20m")
    assert code == 0
    assert "12 trials: 2 variants × 2 repeats × 3 trials, 96 epochs in all\n" in output
    assert "8 retrainings of the winners, for the test\n" in output
    assert "6 simple models, for comparison\n" in output
    assert "with 1 process on this machine, by a few timed trials; no trial begins after 20 min.\n" in output
    assert [path.name for path in here.iterdir()] == ["study.toml"]


def test_options_of_the_study_count(run, here, with_baselines):
    assert dry(run, "--strategies", "tpe", "--trials", "5", "--repeats", "3")["trials"] == 15
    assert dry(run, "--quick")["baselines"] == 0


def test_what_is_stored_is_not_trained_again(run, here):
    run_study(here, IRIS)
    before = {path: path.read_bytes() for path in here.iterdir()}
    assert dry(run)["stored"] == 12
    assert dry(run)["seconds"] == 0
    more = dry(run, "--trials", "6")
    assert (more["trials"], more["stored"]) == (24, 12)
    assert {path: path.read_bytes() for path in here.iterdir()} == before
    _, output, _ = run("study", "study.toml", "--dry-run")
    assert "All trials are stored already.\n" in output


def test_trials_that_are_not_comparable_are_refused(run, here):
    run_study(here, IRIS)
    (here / "study.toml").write_text(IRIS.replace("epochs = 8", "epochs = 9"))
    code, _, errors = run("study", "study.toml", "--dry-run")
    assert code == 2
    assert "model.epochs" in errors


def test_one_run_is_spread_over_all_processes(run, here):
    animals().to_csv(here / "animals.csv", index=False)
    (here / "study.toml").write_text(ANIMALS)
    assert dry(run, "--jobs", "4", "--trials", "20")["processes"] == 4


@pytest.mark.parametrize("option", [["--prepare"], ["--dask", "tcp://localhost:1"]])
def test_it_goes_with_nothing_that_executes_elsewhere(option, run, here):
    assert run("study", "study.toml", "--dry-run", *option) == (
        2,
        "",
        f"hpsearch: --dry-run can't be used with {option[0]}\n",
    )
