"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hpsearch.cli.completion import complete_stored, complete_study
from hpsearch.cli.messages import DEFAULT_STORAGE as DEFAULT_STORAGE
from hpsearch.cli.messages import STORAGE_VARIABLE

LEASE = "60s"

StudyArgument = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="A study file's path (TOML), or the name of a study that ships (see list).",
        autocompletion=complete_study,
    ),
]
StorageOption = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Where trials are kept: sqlite:///FILE.db, journal:///FILE.log or "
        "postgresql://USER@HOST/DATABASE (its password: in ~/.pgpass). optuna-dashboard opens it, too.",
        envvar=STORAGE_VARIABLE,
        show_envvar=True,
    ),
]
OutOption = Annotated[
    Path, typer.Option(metavar="DIR", help="The report is written to DIR/<name of the study>/report.html.")
]
StoredArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[STUDY]",
        help="A study file's path (TOML), or the name of a study; not needed if the storage holds only one.",
        autocompletion=complete_stored,
    ),
]
VariantOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Choose among the trials of this variant or strategy alone.")
]
TaskOption = Annotated[str | None, typer.Option(metavar="NAME", help="The task, in a study of several data sets.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document; progress goes to standard error.")]
DataOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Folder with data files, such as MNIST's.", envvar="HPSEARCH_DATA", show_envvar=True
    ),
]
LeaseOption = Annotated[
    str,
    typer.Option(
        metavar="TIME",
        help="Time after which another machine may take over a run whose lease is not renewed, such as 60s.",
    ),
]
AllowCodeOption = Annotated[
    bool,
    typer.Option(
        "--allow-code",
        help='Import and run the classes that the study names as "module:Class", from this folder, too. Only for '
        "studies that you trust.",
    ),
]
SeparatorOption = Annotated[str | None, typer.Option(metavar="SIGN", help="Separator of columns. Default: detected.")]
DecimalOption = Annotated[
    str | None, typer.Option(metavar="SIGN", help="Decimal sign of numbers, . or ,. Default: detected.")
]
EncodingOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Encoding of the text, such as cp1252. Default: detected.")
]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
