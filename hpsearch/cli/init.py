"""The command ``init``: a study file for a table."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hpsearch.cli.answer import Answer
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import (
    DebugOption,
    DecimalOption,
    EncodingOption,
    JsonOption,
    QuietOption,
    SeparatorOption,
)
from hpsearch.errors import UsageError, and_more

if TYPE_CHECKING:
    from hpsearch.cli.screen import Screen
    from hpsearch.data.table import Table
    from hpsearch.execution.planned_work import PlannedWork
    from hpsearch.study.proposal import Proposal


def init(
    data: Annotated[Path, typer.Argument(metavar="FILE", help="A table: CSV or TSV, compressed or not, or Parquet.")],
    target: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column to predict.")] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Rows with the same value stay together; by default ids that repeat."),
    ] = None,
    time: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Later rows judge what was learned from earlier ones.")
    ] = None,
    weight: Annotated[str | None, typer.Option(metavar="COLUMN", help="How much each row counts.")] = None,
    estimator: Annotated[
        str | None,
        typer.Option(metavar="NAME", help='The kind of model, such as random_forest: "hpsearch list" names all.'),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The study file; by default named like the table, in this folder."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a study file that is there.")] = False,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    encoding: EncodingOption = None,
    missing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT", help="Text that marks missing values, such as ?; can be repeated. Default: detected."
        ),
    ] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    debug: DebugOption = False,
) -> None:
    """Look at a table and write a study file for it: roles of columns, metric, model and ranges, with reasons.

    The file runs as it is written. A few trials are timed to say how long its search takes.
    """
    separator = "\t" if separator == r"\t" else separator  # as shells pass it on
    reading = {"separator": separator, "decimal": decimal, "encoding": encoding}
    rows = {"group": group, "time": time, "weight": weight}
    guarded(
        lambda console: _init(data, target, out, force, _given(reading), missing, _given(rows), estimator, console),
        quiet=quiet,
        debug=debug,
        json=json,
    )


def _given(options: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in options.items() if value is not None}


def _init(
    data: Path,
    target: str | None,
    out: Path | None,
    force: bool,
    reading: dict[str, Any],
    missing: list[str] | None,
    rows: dict[str, str],
    estimator: str | None,
    console: Screen,
) -> Answer:
    from hpsearch.cli.files import written as write
    from hpsearch.cli.printing import about
    from hpsearch.study.proposal import propose, study_name
    from hpsearch.study.proposed_file import written
    from hpsearch.text import plain

    file = Path(f"{study_name(str(data))}.toml") if out is None else out
    if file.exists() and not force:
        raise UsageError(f"{file} is there already: --force overwrites it, --out FILE writes another one")
    with console.status("looking at the table"):
        proposal = propose(_read(data, target, reading, missing, rows), target, reading, rows, estimator)
    path = str(data) if data.is_absolute() else os.path.relpath(data, file.parent)
    if not _is_text(path):
        raise UsageError(f"{plain(path)}: a study file can't hold a name that is no UTF-8 text: rename the file")
    with console.status("timing a few trials"):
        work = _timed(proposal.tables(path), file)
    expected = f"{about(work.seconds)} with {work.processes} processes on this machine; --for 20m sets a limit"
    write(file, written(proposal, path, str(file), expected))
    return Answer(lambda console: _print(console, proposal, file, work), lambda: _document(proposal, file, work))


def _read(
    data: Path, target: str | None, reading: dict[str, Any], missing: list[str] | None, rows: dict[str, str]
) -> Table:
    """Read the table, again if signs in it stand for missing values; these are added to `reading`."""
    from hpsearch.data.reading.missing import proposed_missing
    from hpsearch.data.table import read_table

    numbers = [*rows.values(), *([target] if target else [])]
    if missing is not None:
        reading["missing"] = missing
        return read_table(data, **reading, numbers=numbers)
    table = read_table(data, **reading, numbers=numbers)
    while signs := proposed_missing(table.frame, target).keys() - {*table.missing}:
        reading["missing"] = [*table.missing, *sorted(signs)]
        table = read_table(data, **reading, numbers=numbers)
    return table


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _timed(tables: dict[str, Any], file: Path) -> PlannedWork:
    """Plan the study, which checks everything, and time a few of its trials."""
    from hpsearch.execution.planned_work import planned_work
    from hpsearch.study.config import StudyFile
    from hpsearch.study.plan import plan_of

    plan = plan_of(StudyFile.model_validate(tables), str(file), file.parent.resolve())
    return planned_work(plan, None, -1)


def _print(console: Screen, proposal: Proposal, file: Path, work: PlannedWork) -> None:
    from hpsearch.cli.printing import about
    from hpsearch.study.proposed_file import reading_in_words
    from hpsearch.text import plain, shorten

    def say(text: str) -> None:
        console.print(shorten(plain(text), _LONGEST), soft_wrap=True)

    rows, columns = proposal.table.frame.shape
    how = reading_in_words(proposal.table)
    say(f"{proposal.table.name}: {rows:,} rows, {columns:,} columns" + (f", read with {how}" if how else ""))
    say(f"target {proposal.target}: {proposal.task.value}, {proposal.task.reason}")
    for role in dict.fromkeys(each.role for each in proposal.inputs):
        say(f"{_PLURALS[role]}: {_some([each.name for each in proposal.inputs if each.role == role])}")
    for each in proposal.columns:
        if each.role in proposal.rows:
            say(f"{each.role}: {each.name} ({each.reason})")
    for hint in proposal.hints:
        say(f"perhaps {hint.key}: {hint.column} ({hint.reason}); a comment in {file} names it")
    for each in proposal.ignored:
        say(f"left out: {each.name} ({each.reason})")
    missing = proposal.table.frame.isna().sum()
    if missing.any():
        say(f"with missing values: {_some([f'{name} ({count:,})' for name, count in missing.items() if count])}")
    say(f"judged by {proposal.metric.value}: {proposal.metric.reason}")
    console.print()
    time = f"{about(work.seconds)} on this machine"
    say(f"Wrote {file}: {work.trials} trials of {proposal.estimator.value}, {time}. Next:")
    limit = " --for 20m" if work.seconds > _LONG else ""
    console.print(f"  hpsearch study {plain(shlex.quote(str(file)))}{limit}", soft_wrap=True)


_LONG = 20 * 60  # seconds of a search that need a limit
_LONGEST = 300  # letters of a line
_MOST = 12  # names in a line
_PLURALS = {"number": "numbers", "category": "categories", "date": "dates"}


def _some(names: list[str]) -> str:
    return ", ".join(names[:_MOST]) + and_more(len(names) - _MOST)


def _document(proposal: Proposal, file: Path, work: PlannedWork) -> dict[str, Any]:
    missing = proposal.table.frame.isna().sum()
    return {
        "file": file,
        "study": proposal.name,
        "data": proposal.table.name,
        "rows": len(proposal.table.frame),
        "reading": dict(proposal.table.reading),
        "columns": [
            {"name": each.name, "role": each.role, "reason": each.reason, "missing": int(missing[each.name])}
            for each in proposal.columns
        ],
        "perhaps": [hint._asdict() for hint in proposal.hints],
        "target": proposal.target,
        "task": proposal.task.value,
        "metric": proposal.metric.value,
        "validation": proposal.validation.value,
        "trials": work.trials,
        "expected_seconds": work.seconds,
        "next": f"hpsearch study {file}",
    }
