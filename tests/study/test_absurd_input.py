"""Absurd study files and options are refused in one line, at once and in little memory."""

import os

import pytest

import hpsearch
from hpsearch.errors import UsageError
from hpsearch.study.plan import plan

DIGITS = '[data]\nsource = "digits"\n'
FILES = {
    "a number of 5,000 digits": (f"[search]\ntrials = {'9' * 5000}", "has a number with too many digits"),
    "brackets in brackets": (f"x = {'[' * 3000}{']' * 3000}", "nests brackets too deeply"),
    "text that only begins like a list": ('[space]\nactivation = { choices = ["[1"] }', "unknown activation '[1'"),
    "a list in quotes": ('[space]\nhidden_layer_sizes = { choices = ["[1]"] }', "reads as a list: write it as one"),
    "a list of lists of tables": (
        "[space]\nhidden_layer_sizes = { choices = [[2020-01-01]] }",
        "a choice that is a list must hold strings, numbers or booleans",
    ),
    "NUL in a path": (None, "path must not hold NUL characters"),
    "a long title": (f'title = "{"a" * 100_000}"', "title: must have at most 1,000 characters, got 100,000"),
    "a large file": (f"# {'a' * 2_000_000}", "is larger than a study file may be: 1,000,000 bytes"),
    "too many runs": ("[search]\nrepeats = 50000", "at most 100,000 runs, got 1 tasks × 3 strategies × 50000 repeats"),
    "too many repeats": ("[search]\nrepeats = 1000000000000", "must be less than or equal to 100000"),
    "too many trials": ("[search]\ntrials = 1000000000000", "must be less than or equal to 10000000"),
}


@pytest.mark.parametrize("name", FILES)
def test_an_absurd_study_file_is_refused_in_one_line(name, tmp_path):
    text, message = FILES[name]
    file = tmp_path / "absurd.toml"
    first = '[data]\nsource = "csv"\npath = "a\\u0000b"\ntarget = "y"\n' if text is None else DIGITS
    title, rest = (f"{text}\n", "") if text and text.startswith(("title", "x =", "#")) else ("", text or "")
    space = "" if "[space]" in rest else "[space]\nlearning_rate = { low = 0.1, high = 1.0 }\n"
    file.write_text(f'name = "absurd"\n{title}{first}{space}{rest}\n', encoding="utf-8")
    with pytest.raises(UsageError) as error:
        plan(str(file))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_no_study_file(make, tmp_path):
    make(tmp_path / "study.toml")
    with pytest.raises(UsageError, match="there is no study file"):
        plan(str(tmp_path / "study.toml"))


def test_python_callers_meet_the_same_bounds():
    with pytest.raises(UsageError, match="at most 100,000 runs, got 1 tasks × 3 strategies × 1000000000000 repeats"):
        hpsearch.compare(lambda trial: trial.suggest_float("x", 0, 1), repeats=10**12)
    with pytest.raises(UsageError, match="trials must be at most 10,000,000"):
        hpsearch.search(lambda trial: trial.suggest_float("x", 0, 1), trials=10**12)
    with pytest.raises(UsageError, match="the report can't be written to"):
        hpsearch.compare(
            lambda trial: trial.suggest_float("x", 0, 1), strategies=["random"], trials=2, repeats=1, report="a\0b"
        )
