"""A run has one owner at a time, on every storage, and a dead one is no owner."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from hpsearch.storage import open_storage
from hpsearch.storage.fenced import FencedStorage
from hpsearch.storage.leases import HeldError, Holder, LeaseLostError, leased, record_in
from hpsearch.storage.leases import lease as module
from hpsearch.storage.leases.places import place_of
from hpsearch.storage.leases.record import Record, as_value
from hpsearch.storage.optuna_private import study_id
from hpsearch.storage.own_trials import OwnTrials

LONG, SHORT = 60.0, 0.4


def open_place(kind, folder):
    """Open the storage of this kind; "trials" stands for those without a compare-and-set, such as a gRPC proxy."""
    if kind == "trials":
        return JournalStorage(JournalFileBackend(str(folder / "plain.log")))
    return open_storage(f"{kind}:///{folder / 'storage'}")


@pytest.fixture(params=["sqlite", "journal", "trials"])
def kind(request):
    return request.param


@pytest.fixture
def storage(kind, tmp_path):
    return open_place(kind, tmp_path)


@pytest.fixture
def study(storage):
    return study_id(optuna.create_study(storage=storage, study_name="run"))


def elsewhere():
    """Return a holder on a machine whose processes can't be looked at from here."""
    return replace(Holder.here(), machine="another")


def test_one_program_holds_a_run_and_gives_it_back(storage, study):
    with leased(storage, study, "run", Holder.here()):
        with (
            pytest.raises(HeldError, match="another process is running 'run'"),
            leased(storage, study, "run", Holder.here()),
        ):
            pass
        assert record_in(storage.get_study_system_attrs(study)).holder.pid == os.getpid()
    with leased(storage, study, "run", Holder.here()):
        pass
    assert record_in(storage.get_study_system_attrs(study)) is None


def test_a_lease_changes_only_from_what_its_reader_saw(storage, study):
    """Of two that saw the same expired lease, one takes it over; and nobody gives back another's."""
    place = place_of(storage, LONG)
    first, second, third = (Record(token, Holder.here(), 0, LONG).text() for token in ("a", "b", "c"))
    assert place.swap(study, None, first)
    assert not place.swap(study, None, second)
    assert place.swap(study, first, second)
    assert not place.swap(study, first, third)
    assert not place.swap(study, first, None)
    assert Record.of(as_value(place.read(study))).token == "b"
    assert place.swap(study, second, None)
    assert record_in(storage.get_study_system_attrs(study)) is None


def test_runs_are_held_one_by_one(storage, study):
    other = study_id(optuna.create_study(storage=storage, study_name="other"))
    with leased(storage, study, "run", Holder.here()), leased(storage, other, "other", Holder.here()):
        pass


def test_a_program_takes_over_what_it_holds_itself(storage, study):
    holder = Holder.here()
    with leased(storage, study, "run", holder) as first:
        first.check()
        with leased(storage, study, "run", holder), pytest.raises(LeaseLostError, match="lost the run 'run'"):
            first.check()


def test_no_trace_is_left_in_a_database(tmp_path):
    storage = open_place("sqlite", tmp_path)
    study = study_id(optuna.create_study(storage=storage, study_name="run"))
    with leased(storage, study, "run", Holder.here()):
        pass
    assert storage.get_study_system_attrs(study) == {}


def hold(kind, folder, study, ready):
    with leased(open_place(kind, folder), study, "run", Holder.here(), LONG):
        ready.set()
        time.sleep(60)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_process_that_was_killed_holds_nothing(kind, storage, study, tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=hold, args=(kind, tmp_path, study, ready))
    process.start()
    assert ready.wait(30)
    with pytest.raises(HeldError), leased(storage, study, "run", Holder.here()):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with leased(storage, study, "run", Holder.here()):
        pass


def test_a_number_that_was_given_to_a_later_process_is_not_the_holder():
    assert not Holder.here().has_ended()
    assert replace(Holder.here(), started="1").has_ended()
    assert not replace(Holder.here(), machine="another", pid=2**22 - 1).has_ended()


def wait_and_take(storage, study, seconds):
    """Take the lease as soon as it has ended; return for how long it was watched."""
    begin = time.monotonic()
    while True:
        try:
            with leased(storage, study, "run", Holder.here(), seconds):
                return time.monotonic() - begin
        except HeldError:
            assert time.monotonic() - begin < 30
            time.sleep(0.05)


def test_a_lease_that_is_not_renewed_ends(storage, study, monkeypatch):
    monkeypatch.setattr(module, "_renewed", lambda *_: ExitStack())
    with leased(storage, study, "run", elsewhere(), SHORT) as cut_off:
        assert SHORT <= wait_and_take(storage, study, SHORT) < 20 * SHORT
        with pytest.raises(LeaseLostError, match=r"lost the run 'run', since its lease is gone: nothing more"):
            cut_off.check()
        with pytest.raises(LeaseLostError):
            cut_off.renew()


def test_a_lease_that_is_renewed_does_not_end(storage, study):
    with leased(storage, study, "run", elsewhere(), SHORT) as lease:
        end = time.monotonic() + 2 * SHORT
        while time.monotonic() < end:
            with pytest.raises(HeldError), leased(storage, study, "run", Holder.here()):
                pass
            time.sleep(0.05)
        lease.check()


def test_what_the_last_owner_writes_is_refused(kind, storage, study, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_renewed", lambda *_: ExitStack())
    rival = open_place(kind, tmp_path)
    with leased(storage, study, "run", elsewhere(), SHORT) as cut_off:
        own = OwnTrials(storage, cut_off.check_within) if kind == "sqlite" else storage
        if kind == "trials":
            own = FencedStorage(storage, cut_off.check)
        trial = own.create_new_trial(study)
        own.set_trial_user_attr(trial, "before", 1)
        wait_and_take(rival, study, SHORT)
        for write in (
            lambda: own.create_new_trial(study),
            lambda: own.set_trial_intermediate_value(trial, 1, 0.5),
            lambda: own.set_trial_state_values(trial, optuna.trial.TrialState.COMPLETE, [0.5]),
            lambda: own.set_study_user_attr(study, "after", 1),
        ):
            with pytest.raises(LeaseLostError):
                write()
    (found,) = open_place(kind, tmp_path).get_all_trials(study)
    assert (found.state, found.user_attrs, found.intermediate_values) == (
        optuna.trial.TrialState.RUNNING,
        {"before": 1},
        {},
    )
    assert open_place(kind, tmp_path).get_study_user_attrs(study) == {}


def test_of_many_at_once_one_takes_it(kind, storage, study, tmp_path):
    """Each of them in a storage of its own; a lease that is given back is taken by another."""
    held, most, wins = threading.Semaphore(1), [], []
    start = threading.Barrier(6)

    @contextmanager
    def alone():
        assert held.acquire(blocking=False), "two owners"
        try:
            yield
        finally:
            held.release()

    def compete():
        own = open_place(kind, tmp_path)
        start.wait()
        end = time.monotonic() + 0.6
        while time.monotonic() < end:
            try:
                with leased(own, study, "run", Holder.here()):
                    try:
                        with alone():
                            wins.append(threading.get_ident())
                    except AssertionError as error:
                        most.append(error)
            except HeldError:
                time.sleep(0.001)

    threads = [threading.Thread(target=compete) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == []
    assert len(set(wins)) > 1
