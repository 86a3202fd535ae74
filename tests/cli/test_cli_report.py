"""The report command: on studies of hpsearch, and on any Optuna storage."""

import optuna
import pytest

from hpsearch.storage import open_storage

OBJECTIVE = {"random": optuna.samplers.RandomSampler, "B/<b> $x$": optuna.samplers.TPESampler}


@pytest.fixture
def stored(tmp_path):
    """A journal file with two studies that Optuna made alone."""
    url = f"journal:///{tmp_path / 'plain.log'}"
    storage = open_storage(url)
    for name, sampler in OBJECTIVE.items():
        study = optuna.create_study(study_name=name, storage=storage, sampler=sampler(seed=1))
        study.optimize(lambda trial: (trial.suggest_float("x", -5.0, 5.0) - 2) ** 2, n_trials=12)
    return url


def test_two_plain_studies_are_compared(hpsearch, tmp_path, stored):
    names = [part for name in OBJECTIVE for part in ("--study-name", name)]
    done = hpsearch("report", "--storage", stored, *names)
    assert (done.returncode, done.stderr) == (0, "")
    made = list((tmp_path / "reports").iterdir())
    assert len(made) == 1
    assert made[0].name.startswith("random-and-B-b-x-")
    page = (made[0] / "report.html").read_text()
    assert "B/&lt;b&gt; $x$" in page
    assert "<b>" not in page
    assert not (made[0] / "next.toml").exists()


def test_one_plain_study_has_a_report_in_a_folder_of_its_name(hpsearch, tmp_path, stored):
    done = hpsearch("report", "--storage", stored, "--study-name", "random")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "reports" / "random" / "report.md").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "holds no study of hpsearch, but Optuna studies: name them with --study-name, one or more of random, B/"),
        (["--study-name", "randon"], "unknown study 'randon' (did you mean 'random'?): choose from"),
        (["digits", "--study-name", "random"], "got 'digits' and 'random'"),
        (["random"], "hpsearch did not make the study 'random': name it with --study-name"),
    ],
)
def test_what_is_not_there_is_one_line_and_2_and_writes_nothing(hpsearch, tmp_path, stored, arguments, words):
    done = hpsearch("report", "--storage", stored, *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert not (tmp_path / "reports").exists()
