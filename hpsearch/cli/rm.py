"""The command ``rm``: delete a study from a storage."""

from __future__ import annotations

from typing import Annotated

import typer

from hpsearch.cli.answer import Answer
from hpsearch.cli.completion import complete_stored
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import DEFAULT_STORAGE, DebugOption, JsonOption, QuietOption, StorageOption
from hpsearch.errors import StorageError, UsageError, choose_from


def rm(
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY", help="The name of a study that hpsearch made (see ls).", autocompletion=complete_stored
        ),
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help="Delete it; without this option, only print what would be deleted.")
    ] = False,
    storage: StorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Delete all runs and trials of a study from a storage. Reports and models stay."""
    guarded(lambda _console: _rm(study, yes, storage), quiet=quiet, debug=debug, json=json)


def _rm(study: str, yes: bool, storage: str) -> Answer:
    from hpsearch.execution.rivals import await_rivals
    from hpsearch.report.text import plural
    from hpsearch.results.stored_studies import stored_studies
    from hpsearch.storage import all_studies, opened, shown
    from hpsearch.storage.optuna_private import study_id

    with opened(storage, existing=True) as here:
        ours = {each.name: each for each in stored_studies(here) if each.is_ours}
    if study not in ours:
        some = choose_from("study", study, ours) if ours else "it holds no study that hpsearch made"
        raise StorageError(f"{shown(storage)}: {some}")
    stored = ours[study]
    runs, trials = plural(stored.runs, "run"), plural(stored.trials, "trial")
    content = f"{stored.runs} {runs} with {stored.trials:,} {trials} of {study!r} in {shown(storage)}"
    if not yes:
        raise UsageError(f"rm would delete {content}, which can't be undone: add --yes")
    with opened(storage) as here:
        studies = all_studies(here)
        await_rivals(study, stored.members, studies, here, storage)
        for each in studies:
            if each.study_name in stored.members:
                here.delete_study(study_id(each))
    return Answer(
        lambda console: console.print(f"Deleted {content}", soft_wrap=True),
        lambda: {"deleted": study, "runs": stored.runs, "trials": stored.trials, "storage": shown(storage)},
    )
