"""Next study: the study file with the changes of the diagnostics, ready to run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hpsearch.analysis.diagnostics import Change, TaskSearch, diagnose
from hpsearch.analysis.diagnostics.tighten import tightened
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.thresholds import Thresholds
from hpsearch.data import located
from hpsearch.errors import UsageError
from hpsearch.objectives import MLPObjective
from hpsearch.results.results import Results, once
from hpsearch.run.confirmation import REPETITIONS

_TABLES = ("name", "title", "question", "data", "model", "space", "search", "strategies", "report")
_RANGES = ("edge", "narrowing")  # rules that fire if the ranges need changes
_COMPUTED = {"data": ("fingerprint", "rows", "held_out")}


@dataclass(frozen=True)
class NextStudy:
    """Next study, as proposed by the diagnostics.

    Attributes
    ----------
    changes
        Proposed changes, possibly none. Without a study file they cannot be applied.
    content
        Tables of the next study file; empty without a file or without changes.
    """

    name: str
    follows: str
    changes: tuple[Change, ...]
    content: Mapping[str, Any]


@once
def next_study(results: Results) -> NextStudy:
    """Return the study file with the diagnostics' changes applied.

    If two changes have the same key, the first in the order of `DIAGNOSTICS` is used. Tasks share one space: an end of
    a range moves outwards by the largest change that any task proposes. It moves inwards only if all tasks propose it,
    by the smallest change. A parameter is not fixed while its range changes. No parameter is fixed while a range is
    too narrow or narrowing is unsafe. Changes that the model would reject are dropped.
    """
    file = _file(results)
    changes = tuple(_accepted(file, _settled(results))) if file else tuple(_settled(results))
    name = _following(results.name)
    return NextStudy(name, results.name, changes, _content(file, name, results.name, changes) if changes else {})


def describe(change: Change) -> str:
    """Describe the change in one line: key, old and new value, reason."""
    where = key_of(change)
    if change.value is None:
        text = f"{where}: no longer searched"
    elif change.old is None:
        text = f"{where} = {_short(change.value)}"
    else:
        text = f"{where}: {_short(change.old)} → {_short(change.value)}"
    return " ".join(f"{text}, since {change.reason}".split())


def key_of(change: Change) -> str:
    """Return the key as in error messages: ``[space] learning_rate.high``."""
    table, *keys = change.path
    return f"[{table}] {'.'.join(keys)}"


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def toml_text(following: NextStudy) -> str:
    """Return the text of the next study's file, with a comment per change; empty without a file."""
    if not following.content:
        return ""
    import tomli_w

    comments = [f"# - {_one_line(describe(change))}" for change in following.changes]
    opening = f"# What to do after the study {_one_line(following.follows)}. Changed:"
    return "\n".join([opening, *comments, "", tomli_w.dumps(dict(following.content))])


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _settled(results: Results) -> Iterator[Change]:
    """Yield at most one change per key."""
    proposed: dict[tuple[str, ...], dict[str, Change]] = {}
    for task, change in _proposed(results):
        proposed.setdefault(change.path, {}).setdefault(task, change)
    count = len(tasks(results))
    settled = {path: _agreed(path, list(changes.values()), count) for path, changes in proposed.items()}
    moved = {path[1] for path, agreed in settled.items() if agreed and path[0] == "space" and len(path) == 3}
    for path, agreed in settled.items():
        fixed = path[1] if len(path) == 2 and ("space", path[1]) in proposed else None
        if agreed is not None and fixed not in moved:
            yield agreed


def _proposed(results: Results) -> Iterator[tuple[str, Change]]:
    """Yield the changes that each task's findings propose, by priority, then the ranges that can be narrowed.

    Importances are only valid once the ranges are right, so `parameters` waits for that.
    """
    findings = diagnose(results)
    unsettled = any(each.fires for each in findings if each.key in _RANGES)
    for finding in findings:
        if not (unsettled and finding.key == "parameters"):
            yield from ((finding.task, change) for change in finding.changes)
    for task in tasks(results):
        yield from ((task, change) for change in tightened(TaskSearch(results, task)))


def _agreed(path: tuple[str, ...], changes: list[Change], tasks: int) -> Change | None:
    """Return the change for one key from at most one proposal per task; see `next_study`."""
    if path[0] != "space" or len(path) != 3:
        return changes[0]
    sign = 1 if path[2] == "high" else -1
    furthest = max(changes, key=lambda each: float(sign * each.value))
    outwards = sign * (furthest.value - furthest.old) > 0
    return furthest if outwards or len(changes) >= tasks else None


def _file(results: Results) -> dict[str, Any]:
    """Return the tables of the study file as read, but with paths that hold in any folder; empty without a file."""
    settings = results.settings
    if not isinstance(settings.get("data"), Mapping) or not isinstance(settings.get("search"), Mapping):
        return {}
    defaults = Thresholds().model_dump()
    file = {key: _without_none(settings[key]) for key in _TABLES if key in settings}
    for table, keys in _COMPUTED.items():
        file[table] = {key: value for key, value in file[table].items() if key not in keys}
    if results.folder and "path" in file["data"]:
        file["data"]["path"] = _absolute(file["data"]["path"], results.folder)
    if _is_published(file):
        file.pop("space", None)
        file["model"] = {"family": "table"}
    report = file.get("report", {})
    file["report"] = {key: report[key] for key in report if key in defaults and report[key] != defaults[key]}
    return {key: value for key, value in file.items() if value not in ({}, "")}


def _absolute(path: str | list[str], folder: str) -> str | list[str]:
    return [str(located(each, folder)) for each in path] if isinstance(path, list) else str(located(path, folder))


def _is_published(file: Mapping[str, Any]) -> bool:
    return bool(file["data"].get("source") == "table")


def _without_none(value: Any) -> Any:
    """Return a copy without None, which TOML cannot represent."""
    if isinstance(value, Mapping):
        return {str(key): _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value if item is not None]
    return value


def _accepted(file: Mapping[str, Any], changes: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes that fit the file and that the model accepts, applied in sequence.

    Fixing a parameter takes two changes, from the space and into the model; they are applied together or not at all.
    """
    tried = deepcopy(dict(file))
    for group in _groups(changes):
        candidate = deepcopy(tried)
        if all(_apply(candidate, change) for change in group) and _runs(candidate):
            tried = candidate
            yield from group


def _groups(changes: Iterable[Change]) -> list[list[Change]]:
    groups: dict[str, list[Change]] = {}
    for change in changes:
        fixing = len(change.path) == 2 and change.path[0] in {"space", "model"}
        key = change.path[1] if fixing else ".".join(change.path)
        groups.setdefault(key, []).append(change)
    return list(groups.values())


def _apply(file: dict[str, Any], change: Change) -> bool:
    """Apply the change; return False if the file lacks its table or key."""
    *tables, key = change.path
    table_content = file
    for table in tables:
        if table not in table_content and table == "model" and not _is_published(file):
            table_content[table] = {}
        if not isinstance(table_content.get(table), dict):
            return False
        table_content = table_content[table]
    if change.value is None:
        return table_content.pop(key, None) is not None
    if isinstance(change.value, float) and not math.isfinite(change.value):
        return False
    table_content[key] = change.value
    return True


def _runs(file: Mapping[str, Any]) -> bool:
    """Return whether the model accepts the space, and the budget allows the confirmations."""
    search = file["search"]
    if "trials" in search and REPETITIONS * search.get("confirm", 0) >= search["trials"]:
        return False
    if _is_published(file):
        return True
    try:
        MLPObjective.check(file.get("model", {}), file.get("space", {}))
    except UsageError:
        return False
    return bool(file.get("space"))


def _following(name: str) -> str:
    """Return the next study's name: digits-next, then digits-next-2, digits-next-3."""
    match = re.fullmatch(r"(.*-next)(?:-(\d+))?", name)
    if match:
        return f"{match[1]}-{int(match[2] or 1) + 1}"
    return f"{name[:90]}-next"


def _content(file: Mapping[str, Any], name: str, follows: str, changes: tuple[Change, ...]) -> dict[str, Any]:
    if not file:
        return {}
    content = deepcopy(dict(file))
    for change in changes:
        _apply(content, change)
    report = content.get("report", {})
    report |= {"follows": follows, "changes": [describe(change) for change in changes]}
    return content | {"name": name, "report": report}


def followed(results: Results) -> tuple[str, tuple[str, ...]]:
    """Return the study that this one follows and the changes since, from its file; empty if it follows none."""
    report = results.settings.get("report")
    if not isinstance(report, Mapping) or not report.get("follows"):
        return "", ()
    changes = report.get("changes")
    return str(report["follows"]), tuple(map(str, changes)) if isinstance(changes, list | tuple) else ()
