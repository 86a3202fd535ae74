"""The command ``export``: the trials of a study as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hpsearch.cli.answer import Answer
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import (
    DEFAULT_STORAGE,
    DebugOption,
    JsonOption,
    QuietOption,
    StorageOption,
    StoredArgument,
)
from hpsearch.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd


def export(
    study: StoredArgument = None,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Ends in .csv, or in .parquet if pyarrow is installed.")
    ] = Path("trials.csv"),
    storage: StorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the trials of a study to a file: a row for each, with its run, state, value and hyperparameters."""
    guarded(lambda _console: _export(study, out, storage), quiet=quiet, debug=debug, json=json)


def _export(study: str | None, out: Path, storage: str) -> Answer:
    from hpsearch.cli.chosen import stored_results
    from hpsearch.cli.files import written

    if out.suffix not in _WRITERS:
        raise UsageError(f"--out must end in {' or '.join(_WRITERS)}, got {str(out)!r}")
    if out.suffix == _PARQUET:
        _check_pyarrow()
    results = stored_results(study, storage)
    trials = results.trials
    written(out, _WRITERS[out.suffix](trials))
    return Answer(
        lambda console: console.print(f"{len(trials):,} trials: {out}", soft_wrap=True),
        lambda: {"study": results.name, "file": out, "trials": len(trials), "columns": list(trials)},
    )


def _as_csv(trials: pd.DataFrame) -> bytes:
    from hpsearch.report.csv_files import csv_text

    return csv_text(trials).encode("utf-8", errors="backslashreplace")


def _as_parquet(trials: pd.DataFrame) -> bytes:
    """Return the frame as Parquet; columns that mix types, such as choices, are text there."""
    from io import BytesIO

    mixed = [name for name in trials if len({type(value) for value in trials[name].dropna()}) > 1]
    buffer = BytesIO()
    trials.astype(dict.fromkeys(mixed, "string")).to_parquet(buffer, index=False, engine="pyarrow")
    return buffer.getvalue()


def _check_pyarrow() -> None:
    from importlib.util import find_spec

    if find_spec("pyarrow") is None:
        raise UsageError("--out: .parquet needs pyarrow (pip install pyarrow); .csv needs nothing")


_PARQUET = ".parquet"
_WRITERS = {".csv": _as_csv, _PARQUET: _as_parquet}
