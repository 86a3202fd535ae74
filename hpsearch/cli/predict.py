"""The command ``predict``: predictions of new rows by a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpsearch.cli.guard import guarded
from hpsearch.cli.options import DebugOption

if TYPE_CHECKING:
    from hpsearch.cli.screen import Screen


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help='A file that "hpsearch fit" wrote.')],
    rows: Annotated[
        Path, typer.Argument(metavar="ROWS", help="A CSV file with the columns of training, in any order.")
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the predictions there, not to standard output.")
    ] = None,
    ignore_additional: Annotated[
        bool, typer.Option("--ignore-additional", help="Leave out columns that training did not have.")
    ] = False,
    ignore_unknown: Annotated[
        bool,
        typer.Option(
            "--ignore-unknown/--refuse-unknown",
            help="Whether categories that training did not have are told and used as such, or refused.",
        ),
    ] = True,
    debug: DebugOption = False,
) -> None:
    """Predict each row of a CSV file: a column "prediction", and for classes the probability of each.

    The target's column is optional. If columns or values do not fit, one message names all of them, and
    nothing is predicted.
    """
    guarded(lambda console: _predict(model, rows, out, ignore_additional, ignore_unknown, console), debug=debug)


def _predict(
    model: Path, rows: Path, out: Path | None, ignore_additional: bool, ignore_unknown: bool, console: Screen
) -> None:
    from hpsearch.cli.files import written
    from hpsearch.cli.messages import say
    from hpsearch.data.sources.csv_file import read_rows
    from hpsearch.estimators.tabular import TabularModel

    loaded = TabularModel.load(model)
    frame = read_rows(rows, loaded.columns)
    options: dict[str, Any] = {"source": str(rows), "ignores_additional": ignore_additional}
    options["ignores_unknown"] = ignore_unknown
    predictions = loaded.predictions(frame, **options)
    for note in loaded.notes(frame, **options):
        say(f"{rows}: {note}: it counts as a rare category, or as none")
    text = predictions.to_csv(index=False, lineterminator="\n")
    if out is None:
        console.write_lines(text.removesuffix("\n"))
    else:
        written(out, text)
