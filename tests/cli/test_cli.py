"""The command line as a person meets it, in an empty folder."""

import json
import os
import subprocess
import sys
import time
import tomllib

import optuna
import pytest

from hpsearch.execution import execute
from hpsearch.execution.child.process import end_idle
from hpsearch.objectives import FAMILIES, MLPObjective
from hpsearch.storage import all_studies, open_storage, opened
from hpsearch.storage.leases import Holder, leased
from hpsearch.storage.optuna_private import study_id
from hpsearch.study.plan import plan
from hpsearch.study.shipped import shipped
from tests.combinations import more

SMALL = ["--trials", "3", "--repeats", "1", "--jobs", "1"]


def test_a_study_from_nothing_to_its_report_and_again(program, hpsearch, tmp_path):
    first = program("study", *SMALL)
    assert (first.returncode, first.stderr) == (0, "")
    for words in (
        "Learning rate and weight decay",
        "9 of 9 trials",
        "narrowing",
        "Best hyperparameters found: learning_rate",
    ):
        assert words in first.stdout
    assert "Report: reports/digits/report.html" in first.stdout
    assert "optuna-dashboard sqlite:///hpsearch.db" in first.stdout
    report = tmp_path / "reports" / "digits"
    files = {"report.html", "report.md", "summary.json", "figures", "data", "next.toml"}
    assert {path.name for path in report.iterdir()} == files

    summary = (report / "summary.json").read_bytes()
    again = hpsearch("study", *SMALL)
    assert "nothing is left to train" in again.stdout
    assert (report / "summary.json").read_bytes() == summary


@pytest.mark.long
def test_a_study_goes_on_and_a_report_alone_is_the_same(hpsearch, tmp_path):
    report = tmp_path / "reports" / "digits"
    assert hpsearch("study", *SMALL).returncode == 0
    done = hpsearch("study", "--trials", "4", "--repeats", "1")
    assert "The storage holds 9 of them already: going on from there." in done.stdout
    written = {path: path.read_bytes() for path in report.rglob("*") if path.is_file()}
    assert hpsearch("report").returncode == 0
    assert {path: path.read_bytes() for path in report.rglob("*") if path.is_file()} == written


def test_quiet_is_quiet(hpsearch, capfd):
    end_idle()  # the process that trains is a new one, whose output is captured too
    done = hpsearch("study", "--trials", "1", "--repeats", "1", "--jobs", "1", "--strategies", "tpe", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_storage_and_a_folder_of_ones_own(hpsearch, tmp_path):
    done = hpsearch("study", *SMALL, "--strategies", "tpe", "--storage", "journal:///j.log", "--out", "here")
    assert done.returncode == 0
    assert (tmp_path / "here" / "digits" / "report.html").is_file()
    summary = json.loads((tmp_path / "here" / "digits" / "summary.json").read_text())
    assert "tpe" in json.dumps(summary)
    assert "random" not in done.stdout


STUDY = """
name = "both"
[data]
source = ["iris", "wine"]
[model]
epochs = 2
[space]
learning_rate = { low = 1e-4, high = 1.0, log = true }
[search]
strategies = ["random", "random-confirmed"]
trials = 5
repeats = 2
[strategies.random-confirmed]
strategy = "random"
confirm = 1
"""


def test_several_tasks_are_told_apart_within_80_columns(hpsearch, tmp_path):
    (tmp_path / "both.toml").write_text(STUDY)
    done = hpsearch("study", "both.toml", "--jobs", "1")
    warned = "hpsearch: confirm = 1 takes 3 of the 5 trials of a run, and the search has only 2"
    assert (done.returncode, done.stderr) == (0, f"{warned}: take trials >= 6, or no confirm\n")
    for words in (
        "2 tasks: iris, wine",
        "random, random-confirmed: 8 runs (2 × 2 × 2) of 5 trials",
        "40 of 40 trials",
        "iris: accuracy, more is better",
        "Over 2 tasks",
        "Best hyperparameters found for wine: learning_rate",
    ):
        assert words in done.stdout
    tables = [line for line in done.stdout.splitlines() if set("│┃┏└") & set(line)]
    assert len(tables) > 12
    assert max(map(len, tables)) <= 80
    chosen = hpsearch("study", "both.toml", "--jobs", "1", "--strategies", "random-confirmed")
    assert "nothing is left to train" in chosen.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["study", "nowhere.toml"], "there is no study file nowhere.toml"),
        (["study", "digitz"], "unknown study 'digitz' (did you mean 'digits'?)"),
        (["study", "--trials", "0"], "--trials: must be greater than or equal to 1, got 0"),
        (["study", "--trials", "-3"], "--trials: must be greater than or equal to 1, got -3"),
        (["study", "--trials", "many"], "--trials"),
        (["study", "--repeats", "0"], "--repeats: must be greater than or equal to 1, got 0"),
        (["study", "--seed", "-1"], "--seed: must be greater than or equal to 0, got -1"),
        (["study", "--jobs", "0"], "--jobs must be at least 1"),
        (["study", "--data", "mine.csv"], "a data set that needs no file, got the file 'mine.csv': write a study file"),
        (["study", "zero-weights", "--data", "digits", "--trials", "5"], "--trials has no effect on the study 'zero"),
        (["study", "--strategies", "random,tep"], "--strategies: unknown strategy 'tep' (did you mean 'tpe'?)"),
        (["study", "--confirm", "-1"], "--confirm: must be greater than or equal to 0, got -1"),
        (
            ["study", "--confirm", "10"],
            "--confirm: confirm = 10 takes 3 × 10 = 30 trials, which must be fewer than the 30",
        ),
        (["study", "--pruner", "medain"], "--pruner: unknown pruner 'medain' (did you mean 'median'?)"),
        (["study", "--storage", "sqlite:////nowhere/a.db"], "cannot open the storage"),
        (["study", "--storage", "postgresql://me:s3cr3t@127.0.0.1:1/x"], "postgresql://me:***@127.0.0.1:1/x"),
        (["study", "--storage", "hpsearch.db"], "a storage is given by its URL"),
        (["study", "--unknown"], "--unknown"),
        (["stduy"], "stduy"),
        (["report"], "there is no storage sqlite:///hpsearch.db"),
    ],
)
def test_bad_input_is_one_line_and_2_and_writes_nothing(hpsearch, tmp_path, arguments, words):
    done = hpsearch(*arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("hpsearch: ")
    assert words in done.stderr
    assert "s3cr3t" not in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_number_of_jobs_is_refused_before_anything_is_printed(hpsearch):
    done = hpsearch("study", "--jobs", "0")
    assert (done.stdout, done.stderr) == ("", "hpsearch: --jobs must be at least 1, or -1 for one a core, got 0\n")


@pytest.mark.parametrize("arguments", [["study", "--unknown"], more(["study", "nowhere.toml"]), more(["report"])])
def test_the_program_refuses_as_its_commands_do(program, hpsearch, tmp_path, arguments):
    done, expected = program(*arguments), hpsearch(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected.stderr)
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_written_is_refused_before_the_search(hpsearch, tmp_path):
    (tmp_path / "file").touch()
    for out in ("file", "file/below"):
        done = hpsearch("study", *SMALL, "--out", out)
        assert done.returncode == 2
        assert "is a file, not a folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_unfinished_study_has_a_report(hpsearch, tmp_path):
    storage = open_storage(f"sqlite:///{tmp_path / 'hpsearch.db'}")
    execute(plan("digits", {"trials": 2, "repeats": 1, "strategies": ["random"]}), storage)
    # What a run that was killed leaves: fewer trials than it was given.
    study = optuna.load_study(study_name="digits/random/00", storage=storage)
    study.set_user_attr("trials", 9)
    study.set_user_attr("plan", study.user_attrs["plan"] | {"trials": 9})
    done = hpsearch("report")
    assert done.returncode == 0
    assert "after 2 of 9 trials" in done.stdout
    assert "nan" not in done.stdout


def test_debug_shows_the_traceback(hpsearch):
    assert "Traceback" in hpsearch("study", "nowhere.toml", "--debug").stderr


def test_a_study_that_is_not_in_the_storage_is_named_with_those_that_are(hpsearch):
    execute(plan("digits", {"trials": 1, "repeats": 1, "strategies": ["random"]}), "sqlite:///hpsearch.db")
    done = hpsearch("report", "wine")
    assert done.returncode == 2
    assert "holds no run of the study 'wine' (it holds digits)" in done.stderr


def test_another_process_running_the_study_is_a_failure(hpsearch, tmp_path):
    url = f"sqlite:///{tmp_path / 'hpsearch.db'}"
    execute(plan("digits", {"trials": 1, "repeats": 1}), url)
    with opened(url) as storage:
        run = all_studies(storage)[0]
        with leased(storage, study_id(run), run.study_name, Holder.here()):
            done = hpsearch("study", *SMALL[2:], "--trials", "4")
    assert done.returncode == 1
    assert "another process is running the study 'digits'" in done.stderr
    assert f"(process {os.getpid()} on " in done.stderr


def test_list_names_what_can_be_chosen(hpsearch):
    printed = hpsearch("list").stdout
    for name in ("digits", "narrowing", "median", "mnist", "relu", "he", "sgd", "cosine"):
        assert name in printed


def test_list_shows_each_study_that_ships_with_its_title_on_a_line_of_its_own(hpsearch):
    lines = hpsearch("list").stdout.splitlines()
    for name, path in shipped().items():
        title = tomllib.loads(path.read_text())["title"]
        assert [line.split(maxsplit=1) for line in lines if line.startswith(f"  {name} ")] == [[name, title]]


def test_list_names_the_settings_of_each_family_that_has_some(hpsearch):
    lines = dict(line.split(": ", 1) for line in hpsearch("list").stdout.splitlines() if ": " in line)
    families = [family for family in FAMILIES.values() if family.default_model()]
    assert MLPObjective in families
    for family in families:
        assert lines[f"settings of {family.family} ([model], [space])"].split(", ") == list(family.default_model())
    assert sum(kind.startswith("settings of") and "[model]" in kind for kind in lines) == len(families)


@pytest.mark.parametrize("command", [[], ["study"], ["report"], ["list"]])
def test_help_teaches(hpsearch, command):
    done = hpsearch(*command, "--help")
    assert done.returncode == 0
    assert "Usage:" in done.stdout


def test_no_command_is_a_call_for_help(program):
    done = program()
    assert (done.returncode, done.stdout) == (0, program("--help").stdout)


HEAVY = ("numpy", "optuna", "sklearn", "pandas", "matplotlib", "scipy", "pydantic", "joblib", "rich", "jinja2")


@pytest.mark.parametrize("code", ["import hpsearch", "from hpsearch.cli import main"])
def test_importing_costs_nothing(code):
    printed = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(sorted(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert not [name for name in HEAVY if f"'{name}'" in printed]


def test_a_report_that_is_refused_loads_nothing_that_draws(tmp_path):
    code = "import sys; from hpsearch.cli import main\ntry: main()\nfinally: print([*sys.modules])"
    done = subprocess.run([sys.executable, "-c", code, "report"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "'hpsearch.storage'" in done.stdout
    assert "'matplotlib'" not in done.stdout


def test_help_answers_in_half_a_second_or_twice_the_time_of_numpy(program):
    def fastest(run) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        return min(times)

    numpy = fastest(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True))
    assert fastest(lambda: program("--help")) <= max(0.5, 2 * numpy)


def test_every_public_name_loads():
    import hpsearch

    for name in hpsearch.__all__:
        assert getattr(hpsearch, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'serach'"):
        hpsearch.serach  # noqa: B018
