from pathlib import Path

import pytest

from hpsearch.config import find, read, shipped
from hpsearch.errors import UsageError
from hpsearch.study import plan

GOOD = """
name = "mine"
[model]
optimizer = "sgd"
epochs = 2
[space]
learning_rate = { low = 1e-4, high = 1.0, log = true }
[search]
trials = 3
"""


@pytest.fixture
def write(tmp_path):
    def write_study(text: str) -> str:
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return str(path)

    return write_study


def test_every_shipped_study_is_valid_and_named_as_its_file():
    assert "digits" in shipped()
    for name in shipped():
        assert read(name).name == name


def test_a_file_is_read_and_the_rest_has_defaults(write):
    study = read(write(GOOD))
    assert (study.name, study.search.trials, study.search.pruner) == ("mine", 3, "none")
    assert study.search.strategies == ["random", "narrowing", "tpe"]


def test_options_of_the_command_line_come_before_the_file(write):
    study = read(write(GOOD), {"trials": 7, "repeats": None, "strategies": ["tpe"]})
    assert (study.search.trials, study.search.strategies) == (7, ["tpe"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "", "there is no study file"),
        ('name = "mine"', 'name = "mine', "is not valid TOML: Illegal character '\\n' (at line 2"),
        ("trials = 3", "trails = 3", "[search] trails: unknown key 'trails' (did you mean 'trials'?)"),
        ("[model]", "[modle]", "modle: unknown key 'modle' (did you mean 'model'?)"),
        ("epochs = 2", "epoch = 2", "[model] epoch: unknown key 'epoch' (did you mean 'epochs'?)"),
        ("learning_rate = {", "learning_rat = {", "[space] learning_rat: unknown key"),
        ("high = 1.0", "hgih = 1.0", "[space] learning_rate: unknown key 'hgih' (did you mean 'high'?)"),
        ('"sgd"', '"sdg"', "[model] unknown optimizer 'sdg' (did you mean 'sgd'?): choose from"),
        ("trials = 3", 'strategies = ["tep"]', "[search] strategies: unknown strategy 'tep' (did you mean 'tpe'?)"),
        ("trials = 3", "strategies = []", "[search] strategies: must not be empty"),
        ("trials = 3", 'strategies = ["tpe", "tpe"]', "[search] strategies: names 'tpe' twice"),
        ("trials = 3", 'pruner = "medain"', "[search] pruner: unknown pruner 'medain' (did you mean 'median'?)"),
        ("trials = 3", "trials = 0", "[search] trials: must be greater than or equal to 1, got 0"),
        ("trials = 3", "trials = -2", "[search] trials: must be greater than or equal to 1, got -2"),
        ("trials = 3", "trials = 2.5", "[search] trials: must be integer, got 2.5"),
        ("trials = 3", "trials = true", "[search] trials: must be integer, got True"),
        ("[model]", '[data]\nsource = "digit"\n[model]', "[data] unknown source 'digit' (did you mean 'digits'?)"),
        (
            "[model]",
            '[data]\nsuorce = "digits"\n[model]',
            "[data] suorce: unknown key 'suorce' (did you mean 'source'?)",
        ),
        ("1e-4", "2.0", "[space] learning_rate: low must be below high, got low = 2.0, high = 1.0"),
        ("1e-4", "0.0", "[space] learning_rate: a log range must start above 0, got low = 0.0"),
        ("epochs = 2", "learning_rate = 0.1", "[space] learning_rate: is fixed in [model] too (at 0.1)"),
        ("epochs = 2", "epochs = 0", "[model] epochs must be"),
        ("[space]", "[space]\ndropout = { low = 0.0, high = 1.5 }", "[space] dropout must be"),
        ("[space]", '[space]\nactivation = { choices = ["relu", "rulu"] }', "[space] unknown activation 'rulu'"),
        ('name = "mine"', 'name = "a/b"', "name: must be letters, digits"),
        ('name = "mine"', "", "name: is missing"),
        ("learning_rate = { low = 1e-4, high = 1.0, log = true }", "", "space: must not be empty"),
    ],
)
def test_a_bad_file_is_refused_in_one_line_that_names_it(write, old, new, words):
    path = write(GOOD.replace(old, new, 1)) if old else "nowhere.toml"
    with pytest.raises(UsageError) as error:
        plan(path)
    message = str(error.value)
    assert words in message
    assert path in message
    assert "\n" not in message


def test_a_bad_option_is_named_rather_than_the_file(write):
    with pytest.raises(UsageError, match=r"^--trials: must be greater than or equal to 1, got 0$"):
        read(write(GOOD), {"trials": 0})


def test_a_name_that_does_not_ship_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"unknown study 'digit' \(did you mean 'digits'\?\): choose from digits"):
        find("digit")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_bytes(b'name = "\xff\xfe"')
    with pytest.raises(UsageError, match="is not UTF-8"):
        read(str(path))


def test_a_whole_number_range_of_a_float_setting_is_a_range_of_floats(write):
    text = GOOD.replace("[space]", "[space]\nwarmup_epochs = { low = 0, high = 3 }")
    dist = plan(write(text)).objective.space["warmup_epochs"]
    assert type(dist).__name__ == "FloatDistribution"


def test_the_shipped_studies_are_where_a_checkout_has_them():
    assert Path(shipped()["digits"]).is_file()
