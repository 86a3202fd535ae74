import sys

import pytest

from hpsearch.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the program in this process and an empty folder; its exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    for variable in ("HPSEARCH_DATA", "HPSEARCH_STORAGE"):
        monkeypatch.delenv(variable, raising=False)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hpsearch", *arguments])
        code = 0
        try:
            main()
        except SystemExit as exit_:
            code = exit_.code
        out, err = capsys.readouterr()
        return code, out, err

    return run
