import shutil

import pytest

from hpsearch.storage import opened


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """An SQLite file with Optuna's tables, which take long to make."""
    path = tmp_path_factory.mktemp("empty") / "a.db"
    with opened(f"sqlite:///{path}"):
        pass
    return path


@pytest.fixture
def database(empty_database, tmp_path):
    """The URL of an SQLite file of this test's own, with Optuna's tables and nothing in them."""
    shutil.copy(empty_database, tmp_path / "a.db")
    return f"sqlite:///{tmp_path / 'a.db'}"
