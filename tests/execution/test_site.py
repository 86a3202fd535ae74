"""Other programs at work on a study: counted, and named where their doing explains an error."""

from contextlib import ExitStack

import optuna
import pytest

from hpsearch.execution.site import Site
from hpsearch.execution.worker import explained_by
from hpsearch.storage import open_storage
from hpsearch.storage.leases import Holder, LeaseLostError, leased
from hpsearch.storage.optuna_private import study_id


@pytest.fixture(params=["sqlite", "journal"])
def storage(request, tmp_path):
    return open_storage(f"{request.param}:///{tmp_path / 'storage'}")


def test_workers_of_other_studies_in_the_storage_do_not_count(storage):
    studies = {name: optuna.create_study(storage=storage, study_name=name) for name in ("a/0", "a/1", "a/2", "b/0")}
    ours = {name: study for name, study in studies.items() if name.startswith("a/")}
    site = Site(storage, storage, 1, 1, Holder.here(), 60, ours, joins=True)
    with ExitStack() as held:
        for name in ("a/0", "a/2", "b/0"):
            held.enter_context(leased(storage, study_id(studies[name]), name, Holder.here()))
        assert site.workers_at_work(3) == 2


def test_an_error_is_explained_by_the_loss_of_the_lease_that_caused_it(storage):
    study, holder = study_id(optuna.create_study(storage=storage, study_name="run")), Holder.here()
    with leased(storage, study, "run", holder) as lease:
        with pytest.raises(ValueError, match="the objective's own"), explained_by(lease):
            raise ValueError("the objective's own")
        with (
            leased(storage, study, "run", holder),  # as another program does after this one was frozen
            pytest.raises(LeaseLostError, match="lost the run 'run'"),
            explained_by(lease),
        ):
            raise ValueError("Cannot tell a COMPLETE trial.")
