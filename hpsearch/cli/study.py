"""The command ``study``: a search with every strategy, and its report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.code import with_code
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import (
    DEFAULT_STORAGE,
    LEASE,
    AllowCodeOption,
    DataOption,
    DebugOption,
    JsonOption,
    LeaseOption,
    OutOption,
    QuietOption,
    StorageOption,
    StudyArgument,
)
from hpsearch.cli.studying import StudyCommand


def study(
    study: StudyArgument = "digits",
    trials: Annotated[
        int | None,
        typer.Option(metavar="N", help="Trainings that each run may spend. More than before extends what is stored."),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(metavar="N", help="Runs of each strategy. One shows nothing about chance; take five or more."),
    ] = None,
    strategies: Annotated[
        str | None,
        typer.Option(
            metavar="A,B", help="Which strategies search, by name (see list) or by the label of a [strategies.<label>]."
        ),
    ] = None,
    confirm: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Each run's last 3 × N trials train its best N again, three times each; the best mean wins. "
            "A strategy whose own confirm the study file gives keeps it.",
        ),
    ] = None,
    pruner: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What stops unpromising trials early (see list). A run may then train as many epochs as --trials "
            "whole trials would.",
        ),
    ] = None,
    seconds: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="TIME",
            help="How long the search may take: 90 or 90s, 20m, 1.5h. No repeat begins that would not be complete in "
            "time. The report comes after it; the same command goes on later.",
        ),
    ] = None,
    trial_timeout: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="How long a training may take: 90 or 90s, 20m, 1.5h. A longer one is ended, and its trial has failed.",
        ),
    ] = None,
    batch: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            help="Trial n starts when all before n - K are finished, and sees only these: up to K + 1 run at once, and "
            "any --jobs gives the same trials. Default: as stored; for a new study of one run, one for each job, at "
            "most 8; else 0.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FACTOR=LEVEL",
            help="Run a part of a study with factors, such as optimizer=SGD. Give it several times for more levels; "
            "what is left out stays as it is stored.",
        ),
    ] = None,
    until_resolved: Annotated[
        bool,
        typer.Option(
            "--until-resolved",
            help="Add repeats until every comparison is resolved, at most --repeats. The verdicts hold at every look.",
        ),
    ] = False,
    null: Annotated[
        bool,
        typer.Option(
            "--null",
            help="Compare the study's reference with a copy of itself that has other draws and training seeds: what "
            "the report would claim where there is nothing. Stored as the study NAME-null.",
        ),
    ] = False,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="A first look: two repeats, a fifth of the epochs, steps and trials, and no simple models to compare "
            "with. Its evidence is weak. Stored as the study NAME-quick.",
        ),
    ] = False,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Run the study on another data set that needs no file (see list), such as digits. Stored as the study "
            "NAME-DATA.",
        ),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="STUDY",
            help="Learn from the trials of an earlier study that are valid here: same data and fixed settings, values "
            "in the ranges. They are no part of the budget, and its best one is trained again first.",
        ),
    ] = None,
    from_storage: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where that study is kept, if not in --storage."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="What every split, draw and training depends on: same seed, same trials."),
    ] = None,
    jobs: Annotated[
        int, typer.Option(metavar="N", help="Processes to spread the runs over; -1 is one for each core.")
    ] = -1,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Train on the workers of a Dask cluster with this scheduler, such as tcp://HOST:8786. This process "
            "asks and writes, so they need not reach the storage. --jobs: trials at once, by default one a thread.",
        ),
    ] = None,
    prepare: Annotated[
        bool,
        typer.Option(
            "--prepare", help='Only create the runs in the storage, for "hpsearch worker" on this or other machines.'
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only print what would be trained and how long that takes, by a few timed trials. Nothing is stored.",
        ),
    ] = False,
    lease: LeaseOption = LEASE,
    storage: StorageOption = DEFAULT_STORAGE,
    out: OutOption = Path("reports"),
    data_dir: DataOption = None,
    allow_code: AllowCodeOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Run a study: search with every strategy, compare what they found, write a report.

    Trials are stored as they finish. The same command continues what was interrupted, and with more --trials or
    --repeats extends what is there; results do not depend on --jobs.
    """
    command = StudyCommand(
        study=study,
        search={
            "trials": trials,
            "repeats": repeats,
            "strategies": None if strategies is None else [name.strip() for name in strategies.split(",")],
            "confirm": confirm,
            "pruner": pruner,
            "seed": seed,
            "batch": batch,
            "from": from_,
        },
        limits={"seconds": ("--for", seconds), "trial_seconds": ("--trial-timeout", trial_timeout)},
        only=only or [],
        until_resolved=until_resolved,
        null=null,
        quick=quick,
        data=data,
        from_storage=from_storage,
        jobs=jobs,
        dask=dask,
        prepare=prepare,
        dry_run=dry_run,
        lease=lease,
        storage=storage,
        out=out,
        data_dir=data_dir,
    ).answer
    guarded(with_code(command) if allow_code else command, quiet=quiet, debug=debug, json=json)
