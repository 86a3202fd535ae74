"""The command ``gallery``: a page on all reports of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.answer import Answer
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import DebugOption, JsonOption, QuietOption


def gallery(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder with the folders of the reports.")] = Path(
        "reports"
    ),
    json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Write DIR/README.md: the claims of all reports in the folder, each with its word and a figure."""
    guarded(lambda _console: _gallery(folder), quiet=quiet, debug=debug, json=json)


def _gallery(folder: Path) -> Answer:
    """Write the gallery of the reports in a folder."""
    from hpsearch.report.gallery import write_gallery

    path = write_gallery(folder)
    return Answer(lambda console: console.print(f"Gallery: {path}", soft_wrap=True), lambda: {"gallery": path})
