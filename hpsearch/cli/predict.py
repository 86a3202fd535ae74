"""The command ``predict``: predictions of new rows by a saved model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from hpsearch.cli.answer import Answer
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import DebugOption, DecimalOption, EncodingOption, JsonOption, SeparatorOption
from hpsearch.errors import DataError, UsageError, choose_from, quoted

if TYPE_CHECKING:
    import pandas as pd

    from hpsearch.cli.screen import Screen
    from hpsearch.estimators.tabular import TabularModel

STANDARD_INPUT = Path("-")


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help='A file that "hpsearch fit" wrote.')],
    rows: Annotated[
        Path,
        typer.Argument(
            metavar="ROWS",
            help="A table with the columns of training, in any order: CSV or TSV, compressed or not, or Parquet; - is "
            "standard input.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the predictions there, not to standard output.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Copy a column of the rows, such as an id; can be given several times."),
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
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    encoding: EncodingOption = None,
    json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Predict each row of a table: as CSV, a column "prediction", and for classes the probability of each.

    The target's column is optional. How the file is written may differ from the file of training. If columns or values
    do not fit, one message names all of them, and nothing is predicted.
    """
    reading = {"separator": separator, "decimal": decimal, "encoding": encoding}
    options = {"ignores_additional": ignore_additional, "ignores_unknown": ignore_unknown}
    guarded(
        lambda _console: _predict(model, rows, out, keep or [], reading, options, in_full=json and out is None),
        debug=debug,
        json=json,
    )


def _predict(
    path: Path,
    rows: Path,
    out: Path | None,
    keep: Sequence[str],
    reading: dict[str, Any],
    options: dict[str, bool],
    *,
    in_full: bool,
) -> Answer:
    from tempfile import SpooledTemporaryFile

    from hpsearch.cli.files import copied
    from hpsearch.cli.messages import say
    from hpsearch.data.sources.csv_file import read_rows
    from hpsearch.estimators.tabular import TabularModel

    model = TabularModel.load(path)
    _check_kept_names(keep, model)
    stream = typer.get_binary_stream("stdin") if rows == STANDARD_INPUT else None
    name = "standard input" if stream else str(rows)
    table = read_rows(name, model.columns, kept=keep, file=stream, **reading)
    columns = [str(column) for column in table.frame.columns]
    for each in keep:
        if each not in columns:
            raise UsageError(f"--keep: {name}: {choose_from('column', each, columns)}")
    summary, full = _Summary(bool(model.class_names)), []
    with ExitStack() as open_files:
        file = open_files.enter_context(SpooledTemporaryFile(max_size=_MOST_IN_MEMORY))
        try:
            for piece in _pieces(model, table.frame, keep, source=name, **options):
                summary.add(piece["prediction"])
                full += piece.to_dict("records") if in_full else []
                text = piece.to_csv(index=False, header=file.tell() == 0, lineterminator="\n")
                file.write(text.encode("utf-8", errors="backslashreplace"))
            notes = model.notes(_without_kept(table.frame, keep, model), source=name, **options)
        except DataError as error:
            if "ambiguous" not in table.reading:
                raise
            raise DataError(f"{error}; can be read in several ways: {table.reading['ambiguous']}") from error
        file.seek(0)
        if out is not None:
            copied(out, file)
        printed = open_files.pop_all() if out is None and not in_full else None
    for note in notes:
        say(f"{name}: {note}: it counts as a rare category, or as none")
    every = {"predictions": full} if in_full else {}
    return Answer(
        lambda console: _print(console, file, printed) if printed else _name(console, summary, out),
        lambda: {"model": path, "rows": rows, "file": out, **summary.document(), **every},
    )


_MOST_IN_MEMORY = 1 << 25  # bytes of the output; the rest is on disk


def _check_kept_names(keep: Sequence[str], model: TabularModel) -> None:
    """Refuse names that stand there twice, or that the predictions have."""
    own = {"prediction", *(f"probability_{each}" for each in model.class_names)}
    for place, name in enumerate(keep):
        if name in own:
            raise UsageError(f"--keep: the predictions have a column {quoted(name)}, too: give it another name")
        if name in keep[:place]:
            raise UsageError(f"--keep: {quoted(name)} must be given once, got it twice")


def _pieces(model: TabularModel, frame: pd.DataFrame, keep: Sequence[str], **options: Any) -> Iterator[pd.DataFrame]:
    """Yield predictions beside the columns to keep. A column that is kept is expected, whatever training had."""
    import pandas as pd

    rest, start = _without_kept(frame, keep, model), 0
    for predictions in model.predictions_in_pieces(rest, as_names=True, **options):
        kept = frame[[*keep]].iloc[start : start + len(predictions)].reset_index(drop=True)
        start += len(predictions)
        yield pd.concat([kept, predictions], axis=1)


def _without_kept(frame: pd.DataFrame, keep: Sequence[str], model: TabularModel) -> pd.DataFrame:
    inputs = {column.name for column in model.columns.inputs}
    return frame.drop(columns=[name for name in keep if name not in inputs])


class _Summary:
    """How many rows were predicted, and the count of each class or the mean."""

    def __init__(self, has_classes: bool) -> None:
        self.counts: Counter[str] | None = Counter() if has_classes else None
        self.sum, self.rows = 0.0, 0

    def add(self, predictions: pd.Series[Any]) -> None:
        self.rows += len(predictions)
        if self.counts is None:
            self.sum += float(predictions.sum())
        else:
            self.counts.update(predictions)

    def document(self) -> dict[str, Any]:
        values = {"mean": self.sum / self.rows} if self.counts is None else {"counts": dict(self.counts)}
        return {"predicted": self.rows, **values}


def _name(console: Screen, summary: _Summary, out: Path | None) -> None:
    console.print(f"{summary.rows:,} predictions: {out}", soft_wrap=True)


def _print(console: Screen, file: IO[bytes], open_files: ExitStack) -> None:
    with open_files:
        while lines := file.readlines(_MOST_IN_MEMORY):
            console.write_lines(b"".join(lines).decode().removesuffix("\n"))
