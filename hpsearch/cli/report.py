"""The command ``report``: the report of what a storage holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.answer import Answer
from hpsearch.cli.files import check_folder
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import (
    DEFAULT_STORAGE,
    DebugOption,
    JsonOption,
    OutOption,
    QuietOption,
    StorageOption,
    StoredArgument,
)

if TYPE_CHECKING:
    from hpsearch.cli.screen import Screen


def report(
    study: StoredArgument = None,
    study_name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="An Optuna study, also one that hpsearch did not make. Give it several times to compare studies; "
            "'NAME*' makes all studies that match it repeats of one strategy.",
        ),
    ] = None,
    storage: StorageOption = DEFAULT_STORAGE,
    out: OutOption = Path("reports"),
    json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the report of a study anew from what its storage holds, finished or not. Nothing is trained.

    With --study-name, report on any Optuna studies: one alone, or several against each other.
    """
    guarded(
        lambda console: report_answer(study, study_name or [], storage, out, console),
        quiet=quiet,
        debug=debug,
        json=json,
    )


def report_answer(study: str | None, names: Sequence[str], storage: str, out: Path, console: Screen) -> Answer:
    """Write the report of a study; its tables are the answer."""
    from hpsearch.cli.chosen import stored_results
    from hpsearch.results.choose import folder
    from hpsearch.storage import shown

    check_folder(out)
    with console.status("writing the report"):
        results = stored_results(study, storage, names)
        # Loaded here, since it takes more than a second, which an error above need not wait for.
        from hpsearch.analysis.claims import decided
        from hpsearch.analysis.views import is_search
        from hpsearch.cli.claims import print_claims
        from hpsearch.cli.document import study_document
        from hpsearch.cli.printing import print_results
        from hpsearch.cli.search_printing import print_search
        from hpsearch.report import write_report

        results = replace(results, report_folder=str(out / folder(results.name)))
        path = write_report(results, Path(results.report_folder))

    def written(console: Screen) -> None:
        print_claims(console, decided(results))
        if is_search(results):
            print_search(console, results, storage)
        else:
            print_results(console, results)
        console.print()
        console.print(f"Report: {path}", soft_wrap=True)
        console.print(f"Every trial: optuna-dashboard {shown(storage).removeprefix('journal:///')}", soft_wrap=True)

    return Answer(written, lambda: study_document(results) | {"report": path, "storage": shown(storage)})
