"""The command ``predict``: predictions of new rows by a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpsearch.cli.answer import Answer
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import DebugOption, JsonOption

if TYPE_CHECKING:
    import pandas as pd


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
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Predict each row of a CSV file: a column "prediction", and for classes the probability of each.

    The target's column is optional. If columns or values do not fit, one message names all of them, and
    nothing is predicted.
    """
    guarded(lambda _console: _predict(model, rows, out, ignore_additional, ignore_unknown), debug=debug, json=json)


def _predict(model: Path, rows: Path, out: Path | None, ignore_additional: bool, ignore_unknown: bool) -> Answer:
    from hpsearch.cli.files import written
    from hpsearch.cli.messages import say
    from hpsearch.data.sources.csv_file import read_rows
    from hpsearch.estimators.tabular import TabularModel

    loaded = TabularModel.load(model)
    frame = read_rows(rows, loaded.columns)
    options: dict[str, Any] = {"source": str(rows), "ignores_additional": ignore_additional}
    options["ignores_unknown"] = ignore_unknown
    predictions = loaded.predictions(frame, as_names=True, **options)
    for note in loaded.notes(frame, **options):
        say(f"{rows}: {note}: it counts as a rare category, or as none")
    text = predictions.to_csv(index=False, lineterminator="\n")
    if out is not None:
        written(out, text)
    return Answer(
        lambda console: console.write_lines(text.removesuffix("\n")) if out is None else None,
        lambda: {"model": model, "rows": rows, "file": out, **_summary(predictions, in_full=out is None)},
    )


def _summary(predictions: pd.DataFrame, *, in_full: bool) -> dict[str, Any]:
    """Return how many rows were predicted, and the count of each class or the mean; `in_full`, every row too."""
    column = predictions["prediction"]
    is_number = len(predictions.columns) == 1
    summary = {"mean": column.mean()} if is_number else {"counts": column.value_counts(sort=False).to_dict()}
    every = {"predictions": predictions.to_dict("records")} if in_full else {}
    return {"predicted": len(predictions), **summary, **every}
