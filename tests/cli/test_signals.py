"""SIGTERM and SIGHUP end a command as Ctrl-C does: one line, 130, and what is finished is kept."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import weakref
from pathlib import Path

import pytest

from hpsearch.cli.guard import guarded
from hpsearch.cli.signals import signals_interrupt
from hpsearch.execution import execute
from hpsearch.study.plan import plan
from tests.processes import children, is_alive, wait_until
from tests.programs import WORKER, Program

ASKING = [signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _default_handlers():
    """Give the signals their default handlers, whoever started the tests: nohup ignores SIGHUP."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ASKING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ASKING)
def test_a_signal_is_an_interrupt_and_handlers_are_as_before_afterwards(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt, match=number.name), signals_interrupt():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before is signal.SIG_DFL


def test_a_signal_that_the_caller_ignores_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_interrupt():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_a_second_signal_does_not_interrupt_the_cleaning_up():
    cleaned = []

    def interrupted():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGHUP)
            cleaned.append(True)

    with pytest.raises(KeyboardInterrupt, match="SIGTERM"), signals_interrupt():
        interrupted()
    assert cleaned


class Referent:
    pass


def test_an_interrupt_that_a_callback_loses_is_repeated():
    """Python drops what is raised in the callback of a weak reference."""

    def callback(_reference):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(1000):  # the handler runs between two instructions
            pass

    hook, reached = sys.unraisablehook, []

    def interrupted():
        referent = Referent()
        reference = weakref.ref(referent, callback)
        del referent
        reached.append(reference)
        time.sleep(30)

    with pytest.raises(KeyboardInterrupt, match="SIGTERM"), signals_interrupt():
        interrupted()
    assert reached
    assert sys.unraisablehook is hook


def test_a_command_that_is_asked_to_end_says_so_in_a_line_and_exits_with_130(capsys):
    with signals_interrupt(), pytest.raises(SystemExit) as exit_:
        guarded(lambda _console: os.kill(os.getpid(), signal.SIGTERM))
    assert exit_.value.code == 130
    assert capsys.readouterr().err == "hpsearch: stopped\n"


STUDY = """
name = "slow"
[model]
hidden_layer_sizes = [100]
epochs = 15
[space]
learning_rate = { low = 1e-4, high = 1e-1, log = true }
[search]
strategies = ["random", "tpe"]
trials = 3
repeats = 2
retrain = 0
"""


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_a_study_in_several_processes_leaves_none_of_them_and_goes_on_later(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    (tmp_path / "slow.toml").write_text(STUDY)
    command = [sys.executable, "-m", "hpsearch", "study", "slow.toml", "--jobs", "2"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: "COMPLETE" in states(tmp_path) or process.poll() is not None)
    workers = children(process.pid)
    process.terminate()
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error.count("\n")) == (130, 1)
    assert error.startswith("hpsearch: stopped: the finished trials are in sqlite:///hpsearch.db, and the same command")
    assert len(workers) >= 2
    wait_until(lambda: not any(map(is_alive, workers)))
    kept = states(tmp_path)
    assert kept.count("COMPLETE") < 12
    execute(plan(str(tmp_path / "slow.toml")), f"sqlite:///{tmp_path / 'hpsearch.db'}")
    assert states(tmp_path) == ["COMPLETE"] * 12


def states(folder: Path) -> list[str]:
    try:
        connection = sqlite3.connect(f"file:{folder}/hpsearch.db?mode=ro", uri=True)
        return [state for (state,) in connection.execute("SELECT state FROM trials")]
    except sqlite3.OperationalError:  # not there yet
        return []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_workers_end_soon_after_a_killed_study_also_those_that_got_no_run_yet(tmp_path):
    (tmp_path / "slow.toml").write_text(STUDY)
    program = Program(tmp_path, ["study", "slow.toml", "--jobs", "2"])
    try:
        wait_until(lambda: len(program.processes()[WORKER]) == 2 or program.code() is not None)
        program.send(program.pid, signal.SIGKILL)
        assert program.wait(10) == -signal.SIGKILL
        assert program.left() == []
    finally:
        program.end()
