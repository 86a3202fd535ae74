"""The owner's cache of a database behaves as Optuna's storages do."""

import pytest
from optuna.testing.pytest_storages import StorageTestCase

from hpsearch.storage import opened
from hpsearch.storage.own_trials import OwnTrials


class TestOwnTrials(StorageTestCase):
    """Optuna's own tests of a storage."""

    @pytest.fixture
    def storage(self, database):
        with opened(database) as backend:
            yield OwnTrials(backend)
