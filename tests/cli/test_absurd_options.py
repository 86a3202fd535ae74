"""Absurd arguments of the command line: one short line, exit code 2, nothing written."""

import os

import pytest

STUDY = 'name = "s"\n[data]\nsource = "{}"\n[model]\nepochs = 1\n[space]\nl1 = {{ low = 0.0, high = 1.0 }}\n'
LONG = "x" * 5_000

ARGUMENTS = {
    "a million million repeats": (["--repeats", "1000000000000"], "--repeats: must be less than or equal to 100000"),
    "so many trials": (["--trials", str(10**18)], "--trials: must be less than or equal to 10000000, got 1"),
    "too many runs": (["--repeats", "99999"], "at most 100,000 runs, got 1 tasks × 3 strategies × 99999 repeats"),
    "thousands of digits": (["--trials", "9" * 5_000], "Invalid value for '--trials'"),
    "four thousand digits": (["--confirm", "9" * 4_000], "--confirm: must be less than or equal to 10000000, got 999"),
    "a long seed": (["--seed", str(2**128)], "--seed: must be less than or equal to 3402823669"),
    "so many jobs": (["--jobs", str(10**18)], "jobs must be at most 1,000, got 1000000000000000000"),
    "many strategies": (["--strategies", "tpe," * 20_000], "--strategies: names 'tpe' twice"),
    "a duration without an end": (["--trial-timeout", "inf"], "--trial-timeout must be a duration > 0 such as 90, 60s"),
    "a long duration": (
        ["--trial-timeout", "9" * 4_000],
        "--trial-timeout must be a duration > 0 such as 90, 60s, 20m",
    ),
    "a long pruner": (["--pruner", LONG], "--pruner: unknown pruner 'xxx"),
    "a long study": ([LONG], "unknown study 'xxx"),
    "a long study file": ([f"{LONG}.toml"], "there is no study file xxx"),
    "NUL in a study file": (["a\0b.toml"], r"there is no study file a\x00b.toml: embedded null"),
    "NUL in the report's folder": (["--out", "a\0b"], "Invalid value for '--out'"),
    "a long folder": (["--out", LONG], "File name too long"),
    "a deep folder": (["--out", "x/" * 50_000], "File name too long"),
    "NUL in the data's folder": (["mnist.toml", "--data-dir", "a\0b"], "Invalid value for '--data-dir'"),
    "a long folder of data": (["mnist.toml", "--data-dir", LONG], "mnist.toml: no train-images-idx3-ubyte(.gz) in xxx"),
    "NUL in a storage": (["--storage", "sqlite:///a\0b"], r"sqlite:///a\x00b: embedded null"),
    "a folder as study": (["folder.toml"], "there is no study file folder.toml: Is a directory"),
    "a pipe as study": (["pipe.toml"], "there is no study file pipe.toml: Not a regular file"),
    "a device as study": (["zero.toml"], "there is no study file zero.toml: Not a regular file"),
    "a circle of links as study": (["circle.toml"], "there is no study file circle.toml: Too many levels"),
    "a study of 10 GB": (["large.toml"], "large.toml is larger than a study file may be: 1,000,000 bytes"),
    "noise as study": (["noise.toml"], "noise.toml is not valid TOML: byte 0 is not UTF-8"),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_absurd_arguments_are_refused_in_one_short_line(run, tmp_path, name):
    arguments, message = ARGUMENTS[name]
    (tmp_path / "mnist.toml").write_text(STUDY.format("mnist"))
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    (tmp_path / "circle.toml").symlink_to("circle.toml")
    (tmp_path / "noise.toml").write_bytes(b"\xff\xfe\x00")
    with (tmp_path / "large.toml").open("wb") as file:
        file.truncate(10 * 2**30)  # takes no room on the disk
    before = set(tmp_path.iterdir())
    code, _, error = run("study", *arguments)
    assert (code, error.count("\n")) == (2, 1)
    assert message in error
    assert len(error) < 1_100
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("kind", ["csv", "npz"])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (r"a\u0000b", r"NUL"),
        ("/dev/zero", "Not a regular file"),
        ("pipe", "Not a regular file"),
        (".", "Is a directory"),
        (LONG, "File name too long"),
        ("~no-such-user/a.csv", "Could not determine home directory"),
    ],
)
def test_paths_of_data_that_have_no_end_or_no_file_are_refused(run, tmp_path, kind, path, reason):
    os.mkfifo(tmp_path / "pipe")
    text = STUDY.format(f'{kind}"\npath = "{path}"\ntarget = "y').replace("{{", "{").replace("}}", "}")
    (tmp_path / "s.toml").write_text(text)
    code, out, error = run("study", "s.toml")
    assert (code, out, error.count("\n")) == (2, "", 1)
    assert reason in error
    assert len(error) < 1_100
