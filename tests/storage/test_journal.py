"""Journals: only a journal is written to, what is torn off is kept, and reading changes nothing."""

import json
import pickle
import subprocess
import sys
import threading
import time

import optuna
import pytest
from optuna.exceptions import DuplicatedStudyError, UpdateFinishedTrialError
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from hpsearch.errors import DamagedStorageError, StorageError
from hpsearch.storage import open_existing, open_storage, opened, read_studies
from tests.processes import wait_until

TORN = b'{"op_code":6,"worker_id":"a-1","tri'


@pytest.fixture
def path(tmp_path):
    """A journal of two trials."""
    add_trials(tmp_path / "trials.log", 2)
    return tmp_path / "trials.log"


def add_trials(path, count):
    study = optuna.create_study(storage=open_storage(f"journal:///{path}"), study_name="s", load_if_exists=True)
    for _ in range(count):
        study.tell(study.ask(), 1.0)


def count(storage):
    return len(read_studies(storage)[0].trials)


def contents(folder):
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}


def tear(path, torn=TORN):
    with path.open("ab") as file:
        file.write(torn)


@pytest.mark.parametrize("torn", [TORN, b"{", b"\0" * 100, b"x" * 200_000], ids=["json", "brace", "zeros", "long"])
def test_a_torn_line_is_kept_beside_the_journal_and_said(path, torn, caplog):
    whole = path.read_bytes()
    path.chmod(0o640)
    tear(path, torn)
    add_trials(path, 1)
    assert path.read_bytes().startswith(whole)
    assert count(open_existing(f"journal:///{path}")) == 3
    kept = path.with_name("trials.log.torn-1")
    assert kept.read_bytes() == torn
    assert kept.stat().st_mode == path.stat().st_mode
    (record,) = [each for each in caplog.records if each.name.startswith("hpsearch")]
    assert record.getMessage() == f"{path} ended in a torn line, as after a crash: its {len(torn)} bytes are in {kept}"


def test_every_torn_line_is_kept(path):
    for torn in (b"first", b"second"):
        tear(path, torn)
        add_trials(path, 1)
    assert [path.with_name(f"trials.log.torn-{n}").read_bytes() for n in (1, 2)] == [b"first", b"second"]
    assert count(open_existing(f"journal:///{path}")) == 4


def test_a_line_that_another_process_tears_meanwhile_is_set_aside(path):
    storage = open_storage(f"journal:///{path}")
    tear(path)
    storage.create_new_trial(0)
    assert path.with_name("trials.log.torn-1").read_bytes() == TORN
    assert count(open_existing(f"journal:///{path}")) == 3


def test_what_only_opens_a_journal_changes_nothing(path):
    tear(path)
    before = contents(path.parent)
    with opened(f"journal:///{path}"), opened(f"journal:///{path}", existing=True) as storage:
        assert count(storage) == 2
    assert contents(path.parent) == before


def test_a_journal_is_read_past_the_lock_of_a_writer(path):
    path.with_name("trials.log.lock").touch()
    assert count(open_existing(f"journal:///{path}")) == 2


def test_a_reader_sees_what_is_written_later(path):
    reader, writer = open_existing(f"journal:///{path}"), open_storage(f"journal:///{path}")
    writer.create_new_trial(0)
    assert count(reader) == 3
    tear(path, TORN[:20])
    assert count(reader) == 3
    tear(path, TORN[20:] + b'al_id":2,"state":1,"values":[1.0],"datetime_complete":"2026-01-01T00:00:00+00:00"}\n')
    assert read_studies(reader)[0].trials[2].state == TrialState.COMPLETE


def test_optuna_and_hpsearch_write_to_one_journal_in_turns(path):
    code = (
        "import optuna, sys; from hpsearch.storage import open_storage\n"
        "study = optuna.load_study(study_name='s', storage=open_storage(f'journal:///{sys.argv[1]}'))\n"
        "study.optimize(lambda trial: 1.0, n_trials=30)"
    )
    other = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code, str(path)], stderr=subprocess.DEVNULL)
    study = optuna.load_study(study_name="s", storage=JournalStorage(JournalFileBackend(str(path))))
    study.optimize(lambda trial: 1.0, n_trials=30)
    assert other.wait() == 0
    assert count(open_existing(f"journal:///{path}")) == 62


NO_JOURNALS = {
    "letter": b"Dear Sir or Madam",
    "letter with lines": b"Dear Sir or Madam,\nplease cut me",
    "database": b"SQLite format 3\0" + bytes(5000),
    "table": b'{"a": 1}\n{"op_code":',
    "list": b"[1, 2]\n",
    "number": b"7\n",
    "zeros": bytes(3000),
    "line end": b"\n",
    "brace": b"{",
    "byte-order mark": b"\xff\xfe{\0",
    "brackets": b"[" * 500_000,
    "other operation": b'{"op_code":77,"worker_id":"a"}\n',
}


@pytest.mark.parametrize("content", NO_JOURNALS.values(), ids=NO_JOURNALS.keys())
@pytest.mark.parametrize("opening", [open_storage, open_existing])
def test_a_file_that_is_no_journal_is_left_as_it_is(tmp_path, content, opening):
    path = tmp_path / "mine.db"
    path.write_bytes(content)
    before = contents(tmp_path)
    with pytest.raises(StorageError, match=rf"^cannot open the storage journal:///{path}: it is no journal"):
        opening(f"journal:///{path}")
    assert contents(tmp_path) == before


def test_a_journal_that_was_torn_in_its_first_line_begins_anew(tmp_path):
    path = tmp_path / "trials.log"
    path.write_bytes(b'{"op_code":0,"worker_id":"a')
    assert read_studies(open_existing(f"journal:///{path}")) == []
    add_trials(path, 1)
    assert count(open_existing(f"journal:///{path}")) == 1
    assert path.with_name("trials.log.torn-1").read_bytes() == b'{"op_code":0,"worker_id":"a'


def test_damage_stays_damage(path):
    """Optuna steps over what it could not apply when it is asked again."""
    for line in (b"garbage", b'{"op_code":4,"worker_id":"a","study_id":0}'):
        storage = open_storage(f"journal:///{path}")
        tear(path, line + b"\n" + b'{"op_code":10,"worker_id":"a"}\n')
        before = path.read_bytes()
        for _ in range(2):
            with pytest.raises(DamagedStorageError, match="line 6 "):
                storage.get_all_studies()
            with pytest.raises(DamagedStorageError, match="line 6 "):
                storage.create_new_trial(0)
        assert path.read_bytes() == before
        path.write_bytes(b"".join(before.splitlines(keepends=True)[:5]))


def test_what_optuna_refuses_is_no_damage(path):
    storage = open_storage(f"journal:///{path}")
    with pytest.raises(DuplicatedStudyError):
        storage.create_new_study([optuna.study.StudyDirection.MINIMIZE], "s")
    with pytest.raises(UpdateFinishedTrialError):
        storage.set_trial_user_attr(0, "a", 1)
    with pytest.raises(KeyError):
        storage.set_trial_user_attr(99, "a", 1)
    assert count(storage) == 2
    with pytest.raises(ValueError, match="dist"):
        add_two_kinds(storage)
    assert count(open_existing(f"journal:///{path}")) == 4


def add_two_kinds(storage):
    study = optuna.load_study(study_name="s", storage=storage)
    study.ask().suggest_float("x", 0, 1)
    study.ask().suggest_categorical("x", ["a", "b"])


def test_an_open_journal_can_be_sent_to_another_process(path):
    storage = pickle.loads(pickle.dumps(open_storage(f"journal:///{path}")))
    storage.create_new_trial(0)
    assert count(storage) == 3


def test_lines_of_windows_and_of_other_programs_are_read(path):
    logs = [json.loads(line) for line in path.read_bytes().splitlines()]
    path.write_bytes(b"".join(json.dumps(dict(reversed(log.items()))).encode() + b"\r\n" for log in logs))
    add_trials(path, 1)
    assert count(open_existing(f"journal:///{path}")) == 3


def test_a_program_that_was_frozen_while_it_held_the_lock_asks_again_before_it_writes(path, monkeypatch):
    """Its lock was broken meanwhile, and may be another's: it neither writes under it nor releases it."""
    monkeypatch.setattr("hpsearch.storage.journal._GRACE_PERIOD", 3)
    study_number, lock = 0, path.with_name("trials.log.lock")
    frozen, rival = open_storage(f"journal:///{path}"), open_storage(f"journal:///{path}")
    fences = []

    def fence():
        fences.append(path.read_bytes())
        if len(fences) == 1:  # the program stands still here
            rival.set_study_user_attr(study_number, "by", "the rival")
            lock.touch()

    frozen._backend.fence = fence
    thread = threading.Thread(target=frozen.set_study_user_attr, args=(study_number, "by", "the frozen one"))
    thread.start()
    wait_until(lambda: b"the rival" in path.read_bytes(), 20)
    time.sleep(0.3)
    assert thread.is_alive()
    assert lock.exists()
    lock.unlink()  # as the third program does, whose lock it is
    thread.join()
    assert len(fences) == 2
    assert b"the rival" in fences[1]
    assert open_storage(f"journal:///{path}").get_study_user_attrs(study_number) == {"by": "the frozen one"}
