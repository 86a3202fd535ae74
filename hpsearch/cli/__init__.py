"""The command line: the only place that prints or exits."""

from __future__ import annotations

import io
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli import best, commands, export, fit, init, ls, predict, rm, show
from hpsearch.cli.code import with_code
from hpsearch.cli.completion import complete_stored
from hpsearch.cli.garbage import rare_collections
from hpsearch.cli.guard import INTERRUPTED, fail, guarded
from hpsearch.cli.messages import without_passwords
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
    StoredArgument,
    StudyArgument,
)
from hpsearch.cli.signals import signals_interrupt
from hpsearch.text import visible
from hpsearch.version import __version__

if TYPE_CHECKING:
    from hpsearch.cli.answer import Answer
    from hpsearch.cli.screen import Screen

app = typer.Typer(
    name="hpsearch",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Find good hyperparameters for a neural network, and tell honestly which way of searching found them best.

Start with "hpsearch study": it compares random search, range narrowing and TPE on handwritten digits in a minute or
two, and writes a report. Then copy a study file ("hpsearch list" shows where they are) and put your own data in it.""",
)


def _version(is_asked: bool) -> None:
    if is_asked:
        print(f"hpsearch {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command()(init.init)


@app.command()
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
    overrides = {
        "trials": trials,
        "repeats": repeats,
        "strategies": None if strategies is None else [name.strip() for name in strategies.split(",")],
        "confirm": confirm,
        "pruner": pruner,
        "seed": seed,
        "batch": batch,
        "from": from_,
    }

    def command(console: Screen) -> Answer:
        from hpsearch.checks import duration

        given = {"seconds": ("--for", seconds), "trial_seconds": ("--trial-timeout", trial_timeout)}
        limits = {key: None if text is None else duration(option, text) for key, (option, text) in given.items()}
        return commands.study(
            study,
            overrides | limits,
            only or [],
            jobs,
            dask,
            prepare,
            lease,
            storage,
            out,
            data_dir,
            until_resolved,
            null,
            console,
            quick=quick,
            data=data,
            from_storage=from_storage,
            dry_run=dry_run,
        )

    guarded(with_code(command) if allow_code else command, quiet=quiet, debug=debug, json=json)


@app.command()
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
        return commands.worker(url, study, jobs, lease, data_dir, folder, console)

    guarded(with_code(command) if allow_code else command, quiet=quiet, debug=debug, json=json)


@app.command()
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
        lambda console: commands.report(study, study_name or [], storage, out, console),
        quiet=quiet,
        debug=debug,
        json=json,
    )


@app.command()
def gallery(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder with the folders of the reports.")] = Path(
        "reports"
    ),
    json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Write DIR/README.md: the claims of all reports in the folder, each with its word and a figure."""
    guarded(lambda _console: commands.gallery(folder), quiet=quiet, debug=debug, json=json)


@app.command("list")
def list_(json: JsonOption = False, debug: DebugOption = False) -> None:
    """List what a study file may name: studies, strategies, data sets, and the parts of the network."""
    guarded(lambda _console: commands.list_(), debug=debug, json=json)


for command in (best.best, fit.fit, predict.predict, ls.ls, show.show, export.export, rm.rm):
    app.command()(command)


def main() -> None:
    """The program: parse, run, exit with 0, 2 for usage or 1 for failure."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a locale that lacks a sign is no reason to stop
    with signals_interrupt(), rare_collections():
        _main()


def _main() -> None:
    try:
        if app(args=sys.argv[1:] or ["--help"], standalone_mode=False) == INTERRUPTED:
            fail("stopped", INTERRUPTED)
    except (typer.Abort, KeyboardInterrupt):
        fail("stopped", INTERRUPTED)
    except Exception as error:
        # The parser's errors: their class is typer's own business, their interface is click's.
        if not hasattr(error, "format_message") or not hasattr(error, "exit_code"):
            print(*map(visible, without_passwords(traceback.format_exc()).splitlines()), sep="\n", file=sys.stderr)
            sys.exit(1)
        fail(f"{error.format_message()} (hpsearch --help explains)", error.exit_code)
