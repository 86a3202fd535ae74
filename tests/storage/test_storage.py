import math

import optuna
import pytest
from optuna.storages import RDBStorage

from hpsearch.errors import StorageError, UsageError
from hpsearch.redaction import redacted
from hpsearch.storage import check_url, open_existing, open_storage, opened, read_studies
from hpsearch.storage.optuna_private import newest_schema


@pytest.fixture(params=["sqlite", "journal"])
def url(request, tmp_path):
    return f"{request.param}:///{tmp_path / 'trials'}"


def add_trials(url, count):
    study = optuna.create_study(storage=open_storage(url), study_name="s", load_if_exists=True)
    for _ in range(count):
        study.tell(study.ask(), 1.0)


def test_what_was_stored_is_there_when_opened_again(url):
    add_trials(url, 2)
    add_trials(url, 1)
    assert len(optuna.load_study(study_name="s", storage=open_existing(url)).trials) == 3


def test_sqlite_lets_readers_read_while_a_process_writes(tmp_path):
    storage = open_storage(f"sqlite:///{tmp_path / 'a.db'}")
    with storage.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////nowhere/at/all/a.db", "there is no folder"),
        ("journal:////nowhere/at/all/a.log", "there is no folder"),
        ("nonsense", "no such form of address"),
        ("oracle+unheard://x/y", "no such form of address"),
        ("postgresql://me:s3cr3t@127.0.0.1:1/db", "127.0.0.1"),
    ],
)
def test_what_cannot_be_opened_is_refused_without_the_password(url, reason):
    with pytest.raises(StorageError) as error:
        open_storage(url)
    assert reason in str(error.value)
    assert "s3cr3t" not in str(error.value)


def test_a_file_that_is_no_database_is_refused_and_kept(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(StorageError, match="not a database"):
        open_storage(f"sqlite:///{path}")
    assert path.read_text() == "Dear Sir or Madam, " * 100


def test_a_storage_that_is_to_be_read_is_not_created(url, tmp_path):
    with pytest.raises(StorageError, match="there is no storage"):
        open_existing(url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", [None, 3, "hpsearch.db", ""])
def test_what_is_no_url_is_refused(given):
    with pytest.raises(UsageError, match="a storage is given by its URL"):
        check_url(given)


def fill(study):
    """A trial of every state, with everything that a trial may hold."""

    def objective(trial):
        x = trial.suggest_float("x", 1e-3, 1, log=True)
        kind = trial.suggest_categorical("kind", ["a", None, 3, True])
        value = x * (trial.suggest_int("n", 1, 9) if kind == "a" else 1)
        for step in (2, 1):
            trial.report(math.inf if step == 2 and trial.number == 1 else value / step, step)
        trial.set_user_attr("history", {"loss": [1.0, None], "name": "ü"})
        if trial.number == 3:
            raise optuna.TrialPruned
        return [value, -math.inf, math.inf, value, math.nan, value][trial.number]

    study.optimize(objective, n_trials=6)
    study.enqueue_trial({"x": 0.5})
    study.ask().suggest_float("x", 1e-3, 1, log=True)
    study.enqueue_trial({"x": 0.25})


@pytest.mark.filterwarnings("ignore:Choices for a categorical")
def test_studies_read_at_once_are_what_optuna_reads_one_by_one(url):
    with opened(url) as storage:
        for name in ("mine/a", "other", "mine/b", "mine/empty"):
            study = optuna.create_study(storage=storage, study_name=name, direction="maximize")
            study.set_user_attr("of", {"name": name})
            if name != "mine/empty":
                fill(study)
        found = read_studies(storage, lambda name: name.startswith("mine/"))
        assert [study.study_name for study in found] == ["mine/a", "mine/b", "mine/empty"]
        for read in found:
            study = optuna.load_study(study_name=read.study_name, storage=storage)
            assert read.get_trials() == study.get_trials()
            assert [list(map(repr, trial.params.items())) for trial in read.trials] == [
                list(map(repr, trial.params.items())) for trial in study.trials
            ]  # order and types too
            waiting = (optuna.trial.TrialState.WAITING,)
            assert read.get_trials(deepcopy=False, states=waiting) == study.get_trials(states=waiting)
            assert (read.direction, read.user_attrs) == (study.direction, study.user_attrs)
        assert len(read_studies(storage)) == 4


def test_the_versions_of_the_tables_are_loaded_once_a_process(tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with opened(url) as storage:
        optuna.create_study(study_name="s", storage=storage)
    monkeypatch.setattr("alembic.script.ScriptDirectory.from_config", None)
    for existing in (False, True):
        with opened(url, existing=existing) as storage:
            assert optuna.get_all_study_names(storage) == ["s"]


def test_the_newest_version_of_the_tables_is_what_optuna_says():
    assert newest_schema() == RDBStorage("sqlite://").get_head_version()


def test_the_version_of_a_new_database_is_stored_as_optuna_does(tmp_path):
    with opened(f"sqlite:///{tmp_path / 'a.db'}"):
        pass
    plain = RDBStorage(f"sqlite:///{tmp_path / 'a.db'}")
    assert plain.get_current_version() == plain.get_head_version()


@pytest.mark.parametrize("url", ["grpc://me:s3cret@h:1/x", "nonsense://x"])
def test_the_form_of_a_proxys_address_is_not_taken_for_a_password(url):
    with pytest.raises(StorageError) as error:
        open_storage(url)
    assert "grpc://HOST:13000" in redacted(str(error.value))
    assert "s3cret" not in str(error.value)
