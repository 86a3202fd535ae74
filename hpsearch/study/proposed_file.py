"""A proposed study as a TOML file, with its reasons as comments."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from hpsearch.data.table import Table
from hpsearch.study.proposal import MOST_NAMED, Proposal
from hpsearch.text import plain, short


def written(proposal: Proposal, path: str, file: str, expected: str) -> str:
    """Return the study file as TOML, with its reasons as comments.

    Parameters
    ----------
    path
        Path of the data, as the file names it.
    file
        Path of the file, for the command that runs it.
    expected
        How long that takes, in words.
    """
    tables = proposal.tables(path)
    lines = [
        f"# A search for a model that predicts {short(proposal.target)}. It runs as it is; change what you like.",
        "#",
        f"#   hpsearch study {plain(shlex.quote(file))}    {expected}",
        f"#   hpsearch fit {proposal.name}    trains the best settings for use: {proposal.name}.model",
        "",
        _line("name", tables["name"]),
        _line("title", tables["title"]),
        "",
        "[data]",
        *_data(proposal, tables["data"]),
        "",
        "[model]",
        _line("family", "estimator"),
        _line("estimator", proposal.estimator.value, proposal.estimator.reason),
        *(_line(name, each.value, each.reason) for name, each in proposal.fixed.items()),
        "",
        "[space]  # what is searched: the default ranges of this estimator",
        *(_line(name, spec) for name, spec in tables["space"].items()),
        "",
        "[search]",
        _line("strategies", tables["search"]["strategies"], "one is enough to find a model"),
        _line(
            "trials",
            tables["search"]["trials"],
            "so many random ones miss the best 5 % of the space with a chance of 5 %",
        ),
        _line("repeats", 1, "a search; ten or more compare ways of searching"),
        _line("seed", 0),
    ]
    return "\n".join(lines) + "\n"


def _data(proposal: Proposal, data: Mapping[str, Any]) -> list[str]:
    """Return the lines of ``[data]``."""
    reasons = {
        "path": "a relative path starts from the folder of this file",
        **{each.role: each.reason for each in proposal.columns if each.role in proposal.rows},
        "missing": "what stands for missing values, in every column",
        "task": proposal.task.reason,
        "metric": proposal.metric.reason,
        "validation": proposal.validation.reason,
        "test": "share of the rows that no trial meets; the best settings are judged on them at the end",
    }
    lines = []
    for key, value in data.items():
        if key == "ignore":
            lines += [f"#   {short(each.name)}: {plain(each.reason)}" for each in proposal.ignored]
        lines.append(_line(key, value, reasons.get(key, "")))
        if key == "path" and (how := reading_in_words(proposal.table)):
            lines += [f"# Read with {how}.", "# If this is wrong, set separator, decimal, encoding or missing here."]
    inputs = proposal.inputs
    lines.append("# The other columns, which the model uses:")
    lines += [f"#   {short(each.name)}: {each.role}, {plain(each.reason)}" for each in inputs[:MOST_NAMED]]
    if len(inputs) > MOST_NAMED:
        lines.append(f"#   and {len(inputs) - MOST_NAMED:,} more")
    lines.append("# Numbers that are names, such as codes, are categories: list them as categories = […].")
    lines += [f"# {_line(each.key, each.column, each.reason)}" for each in proposal.hints]
    if not proposal.rows:
        lines.append("# Rows that belong together: group = COLUMN. Rows in order of time: time = COLUMN.")
    return lines


def reading_in_words(table: Table) -> str:
    """Return how a table was read, for people; empty for a table that was not read from text."""
    reading = table.reading
    parts = [f"{key} {_SIGNS.get(reading[key], reading[key])}" for key in _READING if reading.get(key)]
    columns = [f"{what}: {plain(reading[key])}" for key, what in _COLUMNS.items() if reading.get(key)]
    missing = f"missing values written as {' and '.join(map(plain, table.missing))}" if table.missing else ""
    return "; ".join(filter(None, (", ".join(parts), *columns, missing)))


_READING = ("separator", "decimal", "encoding", "compression")
_COLUMNS = {
    "numbers": "numbers written otherwise",
    "dates": "dates",
    "codes": "with leading zeros, and so categories",
    "ambiguous": "ambiguous, and so text",
}
_SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", ".": "point"}


def _line(key: str, value: Any, comment: str = "") -> str:
    line = f"{_key(key)} = {_inline(value)}"
    return f"{line:28}  # {plain(comment)}" if comment else line


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _inline(key)


def _inline(value: Any) -> str:
    """Return a value as TOML in one line."""
    import tomli_w

    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {_inline(each)}' for key, each in value.items())} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_inline, value))}]"
    return tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")
