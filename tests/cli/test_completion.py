"""Completion in a shell."""

import shutil
import subprocess
import sys

import pytest

from hpsearch.cli.completion import complete_stored, complete_study
from tests.cli.model_studies import ANIMALS
from tests.cli.model_studies import run as run_study


class Context:
    """The parameters of the command line so far."""

    def __init__(self, **params):
        self.params = params


@pytest.fixture
def here(hpsearch, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "own.toml").touch()
    (tmp_path / "digital.toml").touch()
    (tmp_path / "digits.csv").touch()
    return tmp_path


def test_studies_that_ship_and_study_files(here):
    assert complete_study("digi") == ["digits", "digital.toml"]
    assert complete_study("fol") == ["folder/"]
    assert complete_study("folder/") == ["folder/own.toml"]
    assert complete_study("none/") == []


def test_stored_studies(here):
    run_study(here, ANIMALS)
    assert complete_stored(Context(), "an") == ["animals"]
    assert complete_stored(Context(storage="sqlite:///other.db"), "an") == []
    assert complete_stored(Context(url="sqlite:///hpsearch.db"), "ani") == ["animals"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes(here, tmp_path):
    program = tmp_path / "bin" / "hpsearch"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom hpsearch.cli import main\nmain()\n")
    program.chmod(0o755)
    script = """
        PATH="$PWD/bin:$PATH"
        source <(hpsearch --show-completion bash)
        COMP_WORDS=(hpsearch study digi) COMP_CWORD=2
        $(complete -p hpsearch | sed 's/.*-F \\([^ ]*\\).*/\\1/') hpsearch
        echo "${COMPREPLY[@]}"
    """
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("digits digital.toml\n", "")
