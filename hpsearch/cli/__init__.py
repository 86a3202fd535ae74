"""The command line: the only place that prints or exits."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable
from typing import Annotated

import typer

from hpsearch.cli import best, choices, export, fit, gallery, init, ls, predict, report, rm, show, study, worker
from hpsearch.cli.garbage import rare_collections
from hpsearch.cli.guard import INTERRUPTED, fail
from hpsearch.cli.messages import without_passwords
from hpsearch.cli.signals import signals_interrupt
from hpsearch.text import visible
from hpsearch.version import __version__

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


COMMANDS: dict[str, Callable[..., None]] = {
    "init": init.init,
    "study": study.study,
    "worker": worker.worker,
    "report": report.report,
    "gallery": gallery.gallery,
    "list": choices.list_,
    "best": best.best,
    "fit": fit.fit,
    "predict": predict.predict,
    "ls": ls.ls,
    "show": show.show,
    "export": export.export,
    "rm": rm.rm,
}
for name, command in COMMANDS.items():
    app.command(name)(command)


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
