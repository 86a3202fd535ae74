"""Wrong factors are refused in one short line that names the file, the factor and the level; nothing is written."""

import pytest

from hpsearch.errors import UsageError
from hpsearch.study.plan import plan
from tests.commands import call
from tests.factor_files import over, written
from tests.study.bad_factors import BAD


@pytest.mark.parametrize("name", BAD)
def test_wrong_factors_are_refused_in_one_line(name, tmp_path):
    changes, words = BAD[name]
    path = written(tmp_path, changes=changes)
    with pytest.raises(UsageError) as error:
        plan(path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    for each in words:
        assert each in message
    assert "\n" not in message
    assert message.isprintable()
    assert len(message) < 1_000 + len(path)


def test_a_typo_of_the_file_itself_is_not_blamed_on_a_factor(tmp_path):
    path = written(tmp_path, changes={"model": {"optimiser": "sgd"}} | over("model.l1", 0.1, 0.2))
    with pytest.raises(UsageError, match=r"small.toml: \[model\] optimiser: unknown key 'optimiser'"):
        plan(path)


def test_of_several_factors_the_wrong_one_is_named(tmp_path):
    crossed = over("model.activation", "relu", "tanh", factor="one")["factors"] | over("model.epochs", 1, 0)["factors"]
    path = written(tmp_path, changes={"factors": crossed})
    with pytest.raises(UsageError) as error:
        plan(path)
    assert str(error.value) == f"{path}: [factors.it] '0': [model] epochs must be a whole number >= 1, got 0"


def test_levels_that_are_wrong_together_are_both_named(tmp_path):
    crossed = over("model.initializer", "normal", "he") | {}
    crossed["factors"]["scale"] = {"key": "model.initializer_std", "values": [0.01, 0.1]}
    path = written(tmp_path, changes=crossed)
    with pytest.raises(UsageError) as error:
        plan(path)
    assert "[factors.it] 'he', [factors.scale] '0.01'" in str(error.value)
    assert "model.initializer_std has no effect: initializer 'he' does not use it" in str(error.value)


@pytest.mark.parametrize(
    "name",
    [
        "an unknown key",
        "a spread that the initializer does not use",
        "one level",
        "a seed",
        "too many points",
        "a label with NUL",
        "one key of two factors",
        "a factor named strategy",
        "too many runs",
        "an empty factor",
    ],
)
def test_the_command_line_ends_with_2_and_writes_nothing(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, changes=BAD[name][0])
    result = call("study", path, "--storage", f"sqlite:///{tmp_path / 'a.db'}", columns=2_000)
    assert result.returncode == 2
    assert result.stderr.startswith("hpsearch: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["small.toml"]


@pytest.mark.parametrize(
    ("only", "words"),
    [
        (
            "optimiser=sgd",
            "--only: unknown factor 'optimiser' (did you mean 'optimizer'?): choose from optimizer, strategy",
        ),
        ("optimizer=sdg", "--only optimizer: unknown level 'sdg' (did you mean 'sgd'?): choose from adam, sgd"),
        ("optimizer", "--only must be FACTOR=LEVEL, such as optimizer=SGD, got 'optimizer'"),
        ("strategy=tpe", "--only strategy: unknown level 'tpe': choose from random"),
    ],
)
def test_a_part_that_is_not_in_the_study_is_refused(only, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, changes=over("model.optimizer", "sgd", "adam", factor="optimizer"))
    result = call("study", path, "--only", only, "--storage", f"sqlite:///{tmp_path / 'a.db'}", columns=2_000)
    assert (result.returncode, result.stderr) == (2, f"hpsearch: {words}\n")
    assert [each.name for each in tmp_path.iterdir()] == ["small.toml"]
