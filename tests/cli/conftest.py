import subprocess
import sys
from pathlib import Path

import pytest

from hpsearch.report.figures import Picture
from tests.commands import call

BLANK = Picture('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><path d="M 0 0"/></svg>', b"\x89PNG")


@pytest.fixture
def _clean(tmp_path, monkeypatch):
    """An empty folder is the current one, and no variable names a folder with data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    for variable in ("HPSEARCH_DATA", "HPSEARCH_STORAGE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def hpsearch(_clean, monkeypatch):
    """Run ``hpsearch`` in an empty folder, within this process; the figures of its reports are blank, which is fast."""
    monkeypatch.setattr("hpsearch.report.write.picture", lambda _figure: BLANK)
    return call


@pytest.fixture
def program(_clean):
    """Run ``python -m hpsearch`` in an empty folder, in a process of its own: as users do, but a second slower."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "hpsearch", *arguments]
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    return run


@pytest.fixture
def run(hpsearch):
    """Run ``hpsearch`` within this process; return its exit code, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        result = hpsearch(*arguments)
        return result.returncode, result.stdout, result.stderr

    return run
