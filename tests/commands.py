"""The command line within the process of the tests, which has imported everything already."""

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from hpsearch.cli import main


def call(*arguments: object, columns: int = 80) -> "subprocess.CompletedProcess[str]":
    """Run the command ``hpsearch`` with these arguments, for a terminal of so many columns."""
    command = ["hpsearch", *map(str, arguments)]
    output, errors, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors):
        patch.setattr(sys, "argv", command)
        patch.setenv("COLUMNS", str(columns))
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return subprocess.CompletedProcess(command, code, output.getvalue(), errors.getvalue())
