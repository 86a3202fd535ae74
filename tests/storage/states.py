"""States in which writers leave the file of a database; each holds three trials, and a reader must see them."""

import contextlib
import sqlite3
import subprocess
import sys
import tempfile
from functools import cache, wraps
from pathlib import Path

import optuna

from hpsearch.storage import open_storage, opened


def bowl(trial):
    return trial.suggest_float("x", -5, 5) ** 2


def made(url, trials=3):
    """A storage with a study, closed."""
    with opened(url) as storage:
        optuna.create_study(study_name="s", storage=storage).optimize(bowl, n_trials=trials)


def made_more(path):
    study = optuna.load_study(study_name="s", storage=open_storage(f"sqlite:///{path}"))
    study.optimize(bowl, n_trials=1)
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint")


def killed(code, path):
    """Run code that is given the path of a database, in a process that ends without closing it."""
    lines = f"import os, optuna, sqlite3, sys\npath = sys.argv[1]\n{code}\nos._exit(0)"
    subprocess.run([sys.executable, "-W", "ignore", "-c", lines, str(path)], check=True)


def made_once(state):
    """Make a state that takes a process once, and copy its files from then on."""

    @cache
    def files():
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "trials.db"
            state(path)
            return {file.name.removeprefix(path.name): file.read_bytes() for file in path.parent.iterdir()}

    @wraps(state)
    def copied(path):
        for ending, content in files().items():
            Path(f"{path}{ending}").write_bytes(content)

    return copied


def in_log_mode(path):
    made(f"sqlite:///{path}")


def in_rollback_mode(path):
    optuna.create_study(study_name="s", storage=f"sqlite:///{path}").optimize(bowl, n_trials=3)


@made_once
def after_a_crash(path):
    """The last two trials are in the log alone."""
    made(f"sqlite:///{path}", 1)
    code = (
        "study = optuna.load_study(study_name='s', storage=f'sqlite:///{path}')\n"
        "study.optimize(lambda trial: trial.suggest_float('x', -5, 5), n_trials=2)"
    )
    killed(code, path)
    assert Path(f"{path}-wal").stat().st_size > 0


def after_a_crash_without_shm(path):
    after_a_crash(path)
    Path(f"{path}-shm").unlink()


def with_an_empty_log(path):
    made(f"sqlite:///{path}")
    Path(f"{path}-wal").touch()


@made_once
def in_the_middle_of_a_rollback(path):
    """A hot journal: half of a transaction is in the file."""
    in_rollback_mode(path)
    code = (
        "database = sqlite3.connect(path)\n"
        "database.execute('PRAGMA cache_size = 1')\n"
        "database.execute('PRAGMA cache_spill = 1')\n"
        "database.execute('UPDATE trial_values SET value = 1e9')\n"
        "database.execute('CREATE TABLE more (a)')\n"
        "database.executemany('INSERT INTO more VALUES (?)', [('x' * 1000,)] * 1000)"
    )
    killed(code, path)
    assert Path(f"{path}-journal").stat().st_size > 0


def behind_a_link(path):
    (path.parent / "elsewhere").mkdir()
    after_a_crash(path.parent / "elsewhere" / "trials.db")
    path.symlink_to(path.parent / "elsewhere" / "trials.db")


STATES = [
    in_log_mode,
    in_rollback_mode,
    after_a_crash,
    after_a_crash_without_shm,
    with_an_empty_log,
    in_the_middle_of_a_rollback,
    behind_a_link,
]
