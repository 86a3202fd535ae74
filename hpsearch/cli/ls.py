"""The command ``ls``: the studies of a storage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpsearch.cli.answer import Answer
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import DEFAULT_STORAGE, DebugOption, JsonOption, StorageOption

if TYPE_CHECKING:
    from hpsearch.cli.screen import Screen
    from hpsearch.results.stored_studies import StoredSummary

_LONGEST = 60  # letters of a name


def ls(storage: StorageOption = DEFAULT_STORAGE, json: JsonOption = False, debug: DebugOption = False) -> None:
    """List the studies of a storage, with the number of their runs and finished trials."""
    guarded(lambda _console: _ls(storage), debug=debug, json=json)


def _ls(storage: str) -> Answer:
    from hpsearch.results.stored_studies import stored_studies
    from hpsearch.storage import opened

    with opened(storage, existing=True) as here:
        studies = stored_studies(here)
    return Answer(lambda console: _print(console, storage, studies), lambda: [each.table() for each in studies])


def _print(console: Screen, storage: str, studies: Sequence[StoredSummary]) -> None:
    from rich.table import Table

    from hpsearch.report.text import NOTHING, number, plural
    from hpsearch.storage import shown
    from hpsearch.text import plain, shorten

    table = Table(title=f"{shown(storage)}: {len(studies)} {plural(len(studies), 'study')}", title_justify="left")
    goes_on = any(each.goes_on_from for each in studies)
    table.add_column("study", overflow="fold")
    for heading in ("runs", "trials", "best", "metric"):
        table.add_column(heading, justify="left" if heading == "metric" else "right", no_wrap=True)
    if goes_on:
        table.add_column("goes on from", overflow="fold")
    for each in studies:
        table.add_row(
            shorten(plain(each.name), _LONGEST),
            str(each.runs),
            f"{each.trials:,}",
            NOTHING if each.best is None else number(each.best, 4),
            shorten(plain(each.metric), _LONGEST) if each.is_ours else "(another program's)",
            *([shorten(plain(each.goes_on_from or ""), _LONGEST)] if goes_on else []),
        )
    console.print(table)
