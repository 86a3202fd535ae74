"""What reads a storage changes neither its file nor its folder, whatever state a writer has left it in."""

import contextlib
import gc
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import optuna
import pytest
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage

from hpsearch.errors import StorageError
from hpsearch.storage import open_existing, open_storage, opened, read_studies
from tests.combinations import some
from tests.storage.states import STATES, after_a_crash, in_log_mode, made, made_more


def contents(folder):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()}


@contextlib.contextmanager
def write_protected(folder):
    """A folder in which nothing can be written: by its mode, and, if this is root, by being another's."""
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.geteuid() == 0:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
        if not os.access(optuna.__file__, os.R_OK, effective_ids=True):
            os.seteuid(0)
            pytest.skip("other accounts cannot read the Python environment of this one")
    try:
        with pytest.raises(PermissionError):
            (folder / "new").touch()
        yield
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.fixture
def folder():
    """A folder that other accounts can enter, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="hpsearch-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def reads_three_trials(url):
    with opened(url, existing=True) as storage:
        (study,) = read_studies(storage)
        assert [trial.state.name for trial in study.trials] == ["COMPLETE"] * 3
        assert max(trial.value for trial in study.trials) < 1e9
        assert len(optuna.load_study(study_name="s", storage=storage).trials) == 3


@pytest.mark.parametrize("state", STATES)
def test_a_database_is_read_as_it_is_and_left_as_it_is(folder, state):
    state(folder / "trials.db")
    before = contents(folder)
    reads_three_trials(f"sqlite:///{folder / 'trials.db'}")
    assert contents(folder) == before


@pytest.mark.parametrize("state", STATES)
def test_a_database_is_read_in_a_folder_that_is_write_protected(folder, state):
    state(folder / "trials.db")
    with write_protected(folder):
        reads_three_trials(f"sqlite:///{folder / 'trials.db'}")


NAMES = ["my trials.db", "100 %.db", "a#b.db", "ü.db", "{a}.db", "a&b=c.db", "%41.db", "'.db"]


@pytest.mark.parametrize("name", some(NAMES, "100 %.db", "a#b.db"))
def test_any_name_will_do(folder, name, monkeypatch):
    monkeypatch.chdir(folder)
    made(f"sqlite:///{name}")
    before = contents(folder)
    reads_three_trials(f"sqlite:///{name}")
    reads_three_trials(f"sqlite+pysqlite:///{folder / name}")
    assert contents(folder) == before


def test_a_database_is_read_while_another_process_writes(folder):
    """Every look sees whole trials, and never fewer than the one before."""
    path = folder / "trials.db"
    made(f"sqlite:///{path}", 1)
    code = (
        "import os, sys, optuna; from hpsearch.storage import open_storage\n"
        "study = optuna.load_study(study_name='s', storage=open_storage(f'sqlite:///{sys.argv[1]}'))\n"
        "study._storage._backend.engine.connect().exec_driver_sql('PRAGMA wal_autocheckpoint = 20')\n"
        "enough = lambda study, trial: os.path.exists(sys.argv[2]) and study.stop()\n"
        "study.optimize(lambda trial: trial.suggest_float('x', -5, 5), n_trials=10_000, callbacks=[enough])"
    )
    enough = folder / "enough"
    writer = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code, str(path), str(enough)], stderr=subprocess.DEVNULL
    )
    seen = [1]
    while writer.poll() is None:
        with contextlib.suppress(StorageError), opened(f"sqlite:///{path}", existing=True) as storage:
            (study,) = read_studies(storage)
            seen.append(len(study.trials))
            assert all(trial.state.name in ("RUNNING", "COMPLETE") for trial in study.trials)
            assert all(trial.params for trial in study.trials if trial.state.name == "COMPLETE")
        if len(set(seen)) > 5:
            enough.touch()
    assert writer.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 5
    with opened(f"sqlite:///{path}", existing=True) as storage:
        assert len(read_studies(storage)[0].trials) >= max(seen)


def test_what_was_written_to_while_it_was_read_is_not_reported(folder):
    path = folder / "trials.db"
    in_log_mode(path)
    with (
        pytest.raises(StorageError, match="was written to while it was read: try again"),
        opened(f"sqlite:///{path}", existing=True),
    ):
        made_more(path)


def test_nothing_can_be_written_to_what_was_opened_to_be_read(folder):
    for scheme in ("sqlite", "journal"):
        url = f"{scheme}:///{folder / scheme}"
        made(url)
        before = contents(folder)
        with opened(url, existing=True) as storage, pytest.raises((StorageError, StorageInternalError)):
            optuna.create_study(storage=storage, study_name="t")
        assert contents(folder) == before


def test_copies_are_removed(folder, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "copies"))
    (folder / "copies").mkdir()
    after_a_crash(folder / "trials.db")
    url = f"sqlite:///{folder / 'trials.db'}"
    with opened(url, existing=True):
        assert len(list((folder / "copies").rglob("*.db"))) == 1
    assert list((folder / "copies").iterdir()) == []
    storage = open_existing(url)
    assert len(list((folder / "copies").iterdir())) == 1
    storage.engine.dispose()
    del storage
    gc.collect()
    assert list((folder / "copies").iterdir()) == []


def test_a_database_of_an_older_optuna_is_left_to_optuna(folder):
    path = folder / "trials.db"
    made(f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = 'v3.0.0.a'")
        database.commit()
    before = contents(folder)
    with pytest.raises(StorageError, match="optuna storage upgrade"):
        open_existing(f"sqlite:///{path}")
    assert contents(folder) == before
    with pytest.raises(StorageError, match="optuna storage upgrade"):
        open_storage(f"sqlite:///{path}")


def test_a_database_in_the_making_is_empty(folder):
    """Optuna makes one table after the other, and the row of its version last."""
    path = folder / "trials.db"
    made(f"sqlite:///{path}", 1)
    with contextlib.closing(sqlite3.connect(path)) as database:
        for table in ("trial_values", "trial_params", "trial_user_attributes", "trial_system_attributes"):
            database.execute(f"DROP TABLE {table}")
        for table in ("studies", "study_directions", "trials", "study_system_attributes", "alembic_version"):
            database.execute(f"DELETE FROM {table}")
        database.commit()
    with pytest.raises(StorageError, match="is empty: run a study first"):
        open_existing(f"sqlite:///{path}")
    made(f"sqlite:///{path}", 2)
    assert len(read_studies(open_storage(f"sqlite:///{path}"))[0].trials) == 2


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_deleted_study_is_no_damage(folder):
    path = folder / "trials.db"
    storage = RDBStorage(f"sqlite:///{path}", heartbeat_interval=1)
    for name in ("s", "t"):
        study = optuna.create_study(study_name=name, storage=storage)
        study.set_user_attr("a", 1)
        study.optimize(lambda trial: trial.report(trial.suggest_float("x", 0, 1), 1) or 1.0, n_trials=3)
    optuna.delete_study(study_name="t", storage=storage)
    storage.engine.dispose()
    reads_three_trials(f"sqlite:///{path}")


def test_several_threads_may_read(folder):
    after_a_crash(folder / "trials.db")
    counts = []
    with opened(f"sqlite:///{folder / 'trials.db'}", existing=True) as storage:
        threads = [threading.Thread(target=lambda: counts.append(len(read_studies(storage)))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert counts == [1] * 4


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true"])
def test_a_database_in_memory_is_empty(url):
    with pytest.raises(StorageError, match="is empty: run a study first"):
        open_existing(url)


def test_a_file_uri_is_read_too(folder):
    made(f"sqlite:///{folder / 'trials.db'}")
    before = contents(folder)
    reads_three_trials(f"sqlite:///file:{folder / 'trials.db'}?mode=rwc&uri=true")
    assert contents(folder) == before


def test_a_study_leaves_its_trials_in_the_file_itself(folder):
    """Whoever copies the file alone has all of them, though worker processes end without closing it."""
    after_a_crash(folder / "trials.db")
    reader = sqlite3.connect(folder / "trials.db")
    reader.execute("SELECT count(*) FROM trials").fetchall()  # as a worker that is idle
    with opened(f"sqlite:///{folder / 'trials.db'}"):
        pass
    shutil.copy(folder / "trials.db", folder / "copy.db")
    reader.close()
    reads_three_trials(f"sqlite:///{folder / 'copy.db'}")
