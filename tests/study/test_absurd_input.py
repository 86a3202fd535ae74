"""Absurd study files and options are refused in one line, at once and in little memory."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
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
    "a number in hexadecimal digits": (
        f"[search]\ntrials = 0x{'f' * 5000}",
        "an integer must have at most 128 bits, got",
    ),
    "a key of many parts": (f"[model]\n{'a.' * 100_000}b = 1", "nests brackets too deeply: at most 20 levels"),
    "a key of many parts in braces": (f"[model]\na = {{ {'a.' * 100_000}b = 1 }}", "nests brackets too deeply"),
    "tables in tables": (f"[{'a.' * 50}b]\nx = 1", "nests brackets too deeply"),
    "lists in a choice": (
        f"[space]\nactivation = {{ choices = [{'[' * 30}1{']' * 30}] }}",
        "nests brackets too deeply",
    ),
    "a strategy many times": (f"[search]\nstrategies = {['tpe'] * 100_000}", "strategies: names 'tpe' twice"),
    "many strategies": (
        f"[search]\nstrategies = {[f'a{index}' for index in range(60_000)]}",
        "unknown strategy 'a0'",
    ),
    "a seed of 129 bits": (f"[search]\nseed = {2**128}", "an integer must have at most 128 bits, got 129"),
    "confirming too much": (f"[search]\nconfirm = {10**18}", "confirm: must be less than or equal to 10000000"),
    "a round of too many trials": (f"[strategies.narrowing]\nround = {2**63}", "round must be from 1 to 10000000"),
    "too many candidates": (f"[strategies.narrowing]\ncandidates = {10**9}", "candidates must be from 1 to 10000"),
    "a grid of too many points": (f"[strategies.grid]\npoints = {10**9}", "must be less than or equal to 10000"),
    "too many random trials": (f"[strategies.tpe]\nn_startup_trials = {2**70}", "less than or equal to 10000000"),
    "too many layers": (f"[model]\nhidden_layer_sizes = [{'9,' * 100_000}]", "at most 1,000 layers, got 100,000"),
    "a layer of too many units": (
        "[model]\nhidden_layer_sizes = [1000000000]",
        "must fit in memory, got 64 inputs, hidden_layer_sizes (1000000000,), 10 outputs: more than 100,000,000",
    ),
    "layers too large together": ("[model]\nhidden_layer_sizes = [20000, 20000]", "more than 100,000,000 parameters"),
    "a choice of a layer too large": (
        "[space]\nhidden_layer_sizes = { choices = [[9], [99999, 99999]] }",
        "more than 100,000,000 parameters",
    ),
    "a range up to a layer too large": ("[space]\nhidden_layer_sizes = { low = 1, high = 999999999 }", "must fit in"),
    "too many pieces": ('[model]\nactivation = "maxout"\npieces = 100000000', "must fit in memory"),
    "too many epochs": (f"[model]\nepochs = {10**18}", "[model] epochs must be at most 1,000,000, got"),
    "a range up to too many epochs": (f"[space]\nepochs = {{ low = 1, high = {10**18} }}", "epochs must be at most"),
    "a batch beyond 64 bits": (
        f"[model]\nbatch_size = {2**63}",
        "batch_size must be at most 9,223,372,036,854,775,807",
    ),
    "rows beyond 64 bits": (f"[data]\ntrain = {2**63}", "train must be at most 9,223,372,036,854,775,807"),
    "too many choices": (
        f"[space]\nbatch_size = {{ choices = {list(range(1, 1002))} }}",
        "choices must be at most 1,000, got 1,001",
    ),
    "too small a step": (
        "[space]\nmomentum = { low = 0.1, high = 0.9, step = 1e-300 }",
        "at most 1,000,000,000,000,000",
    ),
    "an end beyond sums": ("[space]\nl1 = { low = 0.0, high = 1.7e308 }", "high must be from -1e+300 to 1e+300"),
    "an integer end beyond 64 bits": (
        f"[space]\nbatch_size = {{ low = 1, high = {2**63} }}",
        "high must be from -9.22",
    ),
    "a log range from denormal numbers": (
        "[space]\nl1 = { low = 1e-310, high = 1.0, log = true }",
        "a log range must start at 1e-300 or above",
    ),
    "a number that is none": ("[space]\nl1 = { low = nan, high = 1.0 }", "low must be a finite number, got nan"),
    "an endless number": ("[space]\nl1 = { low = 0.0, high = inf }", "high must be a finite number, got inf"),
    "a long text for a number": (
        f'[model]\nepochs = "{"x" * 100_000}"',
        f"epochs must be a whole number >= 1, got '{'x' * 50}… (100,002 characters)",
    ),
    "too many trials": ("[search]\ntrials = 1000000000000", "must be less than or equal to 10000000"),
}


def study(text: str | None) -> str:
    """Return a study file around the absurd text; None stands for a NUL in a path."""
    if text is None:
        data = '[data]\nsource = "csv"\npath = "a\\u0000b"\ntarget = "y"\n'
    else:
        data = "" if "[data]" in text else DIGITS
    title, rest = (f"{text}\n", "") if text and text.startswith(("title", "x =", "#")) else ("", text or "")
    space = "" if "[space]" in rest else "[space]\nlearning_rate = { low = 0.1, high = 1.0 }\n"
    return f'name = "absurd"\n{title}{data}{space}{rest}\n'


@pytest.mark.parametrize("name", FILES)
def test_an_absurd_study_file_is_refused_in_one_line(name, tmp_path):
    text, message = FILES[name]
    file = tmp_path / "absurd.toml"
    file.write_text(study(text), encoding="utf-8")
    with pytest.raises(UsageError) as error:
        plan(str(file))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 1_000


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_no_study_file(make, tmp_path):
    make(tmp_path / "study.toml")
    with pytest.raises(UsageError, match="there is no study file"):
        plan(str(tmp_path / "study.toml"))


LIMITED = """
import resource, sys
from pathlib import Path
import sklearn.datasets
from hpsearch.errors import UsageError
from hpsearch.study.plan import plan
resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        plan(str(path))
    except UsageError as error:
        print(path.name)
for line in Path("/proc/self/status").read_text().splitlines():  # ru_maxrss counts the parent of a process, too
    if line.startswith("VmHWM:"):
        print(int(line.split()[1]) // 1024, "MB")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits and units of memory are Linux'")
@pytest.mark.long
def test_all_of_them_are_refused_at_once_and_in_little_memory(tmp_path):
    """In one process that may have 3 GB of addresses and a minute; it takes 300 MB and seconds."""
    names = {f"{index:03d}.toml": name for index, name in enumerate(FILES)}
    for file, name in names.items():
        (tmp_path / file).write_text(study(FILES[name][0]), encoding="utf-8")
    large = tmp_path / f"{len(names):03d}.toml"
    with large.open("wb") as file:
        file.truncate(10 * 2**30)  # takes no room on the disk
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    *refused, memory = done.stdout.splitlines()
    assert (done.returncode, done.stderr, refused) == (0, "", [*names, large.name])
    assert int(memory.split()[0]) < 700


def test_numpy_integers_are_whole_numbers():
    found = hpsearch.compare(
        lambda trial: trial.suggest_float("x", 0, 1), strategies=["random"], trials=np.int64(2), repeats=np.int32(1),
        seed=np.uint8(3), jobs=np.int64(1), retrain=np.int64(0), confirm=np.int64(0),
    )  # fmt: skip
    assert len(found.trials) == 2


HUGE = 10**5000  # Python refuses to write it
ARGUMENTS = [
    ("trials", HUGE, "trials must be at most 10,000,000, got int too large to show"),
    ("repeats", HUGE, "repeats must be at most 9,223,372,036,854,775,807, got int too large to show"),
    ("seed", HUGE, "seed must be at most 340,282,366,920,938,463,463,374,607,431,768,211,455, got int"),
    ("retrain", 10**18, "retrain must be at most 10,000,000, got 1000000000000000000"),
    ("confirm", -HUGE, "confirm must be a whole number >= 0, got int too large to show"),
    ("jobs", HUGE, "jobs must be at most 1,000, got int too large to show"),
    ("jobs", 1.5, "jobs must be at least 1, or -1 for one a core, got 1.5"),
    ("name", "x" * 100_000, "name must be 1 to 200 printable characters, got 'xxx"),
    ("name", "a\0b", "name must be 1 to 200 printable characters, got 'a\\x00b'"),
    ("name", "\ud800", "name must be 1 to 200 printable characters, got '\\ud800'"),
    ("name", "", "name must be 1 to 200 printable characters, got ''"),
    ("strategies", {"x" * 100_000: "random"}, "the label of a strategy must be 1 to 200 printable characters, got"),
    ("strategies", {"a": {"strategy": "narrowing", "candidates": 10**9}}, "candidates must be from 1 to 10000, got"),
    ("pruner", HUGE, "unknown pruner int too large to show: choose from"),
]


@pytest.mark.parametrize(("name", "value", "message"), ARGUMENTS, ids=[message for _, _, message in ARGUMENTS])
def test_absurd_arguments_are_refused_in_one_short_line(name, value, message):
    with pytest.raises(UsageError) as error:
        hpsearch.compare(lambda trial: trial.suggest_float("x", 0, 1), **{name: value})
    assert message in str(error.value)
    assert len(str(error.value)) < 1_000


def test_an_objective_that_returns_more_than_a_float_is_named():
    with pytest.raises(UsageError, match="an objective must return a number, got int too large to show"):
        hpsearch.search(lambda trial: HUGE, trials=1)


def test_python_callers_meet_the_same_bounds():
    with pytest.raises(UsageError, match="at most 100,000 runs, got 1 tasks × 3 strategies × 1000000000000 repeats"):
        hpsearch.compare(lambda trial: trial.suggest_float("x", 0, 1), repeats=10**12)
    with pytest.raises(UsageError, match="trials must be at most 10,000,000"):
        hpsearch.search(lambda trial: trial.suggest_float("x", 0, 1), trials=10**12)
    with pytest.raises(UsageError, match="the report can't be written to"):
        hpsearch.compare(
            lambda trial: trial.suggest_float("x", 0, 1), strategies=["random"], trials=2, repeats=1, report="a\0b"
        )
