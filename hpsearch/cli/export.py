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

    from hpsearch.cli.screen import Screen


def export(
    study: StoredArgument = None,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Ends in .csv, or in .parquet if pyarrow is installed.")
    ] = Path("trials.csv"),
    taken_over: Annotated[
        bool,
        typer.Option(
            "--taken-over",
            help="Also the trials of an earlier study that its runs have taken over. The column taken_from names the "
            "run that trained them; it is empty for the study's own.",
        ),
    ] = False,
    storage: StorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the trials of a study to a file: a row for each, with its run, state, value and hyperparameters."""
    guarded(lambda _console: _export(study, out, storage, taken_over=taken_over), quiet=quiet, debug=debug, json=json)


def _export(study: str | None, out: Path, storage: str, *, taken_over: bool) -> Answer:
    from hpsearch.cli.chosen import stored_results
    from hpsearch.cli.files import written
    from hpsearch.results.with_taken_over import with_taken_over

    if out.suffix not in _WRITERS:
        raise UsageError(f"--out must end in {' or '.join(_WRITERS)}, got {str(out)!r}")
    if out.suffix == _PARQUET:
        _check_pyarrow()
    results = stored_results(study, storage)
    own, earlier = len(results.trials), sum(len(each.trials) for each in results.taken_over.values())
    rows = with_taken_over(results) if taken_over else results.trials
    written(out, _WRITERS[out.suffix](rows))
    return Answer(
        lambda console: _print(console, own, earlier, out, taken_over=taken_over),
        lambda: {
            "study": results.name,
            "file": out,
            "trials": own,
            "taken_over": earlier if taken_over else 0,
            "columns": list(rows),
        },
    )


def _print(console: Screen, own: int, earlier: int, out: Path, *, taken_over: bool) -> None:
    """Say what was written, and whether the trials taken over are part of it."""
    console.print(f"{own:,} trials{f' and {earlier:,} taken over' if taken_over else ''}: {out}", soft_wrap=True)
    if earlier and not taken_over:
        note = "trials that its runs have taken over from an earlier study are left out; --taken-over adds them"
        console.print(f"{earlier:,} {note}.", soft_wrap=True)


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
