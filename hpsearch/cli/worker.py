"""The command ``worker``: runs of a prepared study, executed on any machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.answer import Answer
from hpsearch.cli.code import with_code
from hpsearch.cli.completion import complete_stored
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import LEASE, AllowCodeOption, DataOption, DebugOption, JsonOption, LeaseOption, QuietOption
from hpsearch.cli.stopping import stoppable

if TYPE_CHECKING:
    from hpsearch.cli.screen import Screen


def worker(
    url: Annotated[str, typer.Argument(metavar="URL", help="The storage, such as postgresql://USER@HOST/DATABASE.")],
    study: Annotated[
        str,
        typer.Argument(
            metavar="STUDY", help="The name of a study that --prepare has put there.", autocompletion=complete_stored
        ),
    ],
    jobs: Annotated[
        int, typer.Option(metavar="N", help="Processes to spread the runs over; -1 is one for each core.")
    ] = 1,
    lease: LeaseOption = LEASE,
    data_dir: DataOption = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder that the study file's relative paths start from, if it is another on this machine.",
        ),
    ] = None,
    allow_code: AllowCodeOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Take runs of a prepared study that no other worker has, until all are done.

    Any number of workers may be started and killed at any time, on any machine that reaches the storage. A run whose
    worker was killed is taken over by another; the trials are the same as those of one worker.
    """

    def command(console: Screen) -> Answer:
        return _worker(url, study, jobs, lease, data_dir, folder, console)

    guarded(with_code(command) if allow_code else command, quiet=quiet, debug=debug, json=json)


def _worker(
    url: str, study: str, jobs: int, lease: str, data_dir: Path | None, folder: Path | None, console: Screen
) -> Answer:
    """Execute free runs of a prepared study until all are complete."""
    from hpsearch.checks import check_jobs, duration
    from hpsearch.cli.printing import print_start, progress_bar
    from hpsearch.execution import execute
    from hpsearch.storage import all_studies, opened, shown
    from hpsearch.study.prepared import prepared_plan

    check_jobs(jobs, "--jobs")
    seconds = duration("--lease", lease)
    with console.status("reading the storage and the data"):
        with opened(url, existing=True) as storage:
            stored = {each.study_name: each.user_attrs for each in all_studies(storage)}
        ready = prepared_plan(stored, study, data_dir, folder)
    with stoppable(url), progress_bar(console, ready.metric) as advance:
        complete = execute(
            ready,
            url,
            jobs=jobs,
            joins=True,
            lease=seconds,
            started=lambda start: print_start(console, start),
            progress=advance,
        )
    command = f"hpsearch report {study} --storage {shown(url)}"
    late = "The time is over: other workers, or the same command, go on from there."
    return Answer(
        lambda console: console.print(f"All runs are done. Report: {command}" if complete else late, soft_wrap=True),
        lambda: {"study": study, "complete": complete, "command": command},
    )
