"""What to do next: the study file with what the diagnostics would change, as a file that runs."""

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
from hpsearch.errors import UsageError
from hpsearch.objectives.searched_model import SearchedModel
from hpsearch.results.results import Results, once
from hpsearch.run.confirmation import REPETITIONS

_TABLES = ("name", "title", "question", "data", "model", "space", "search", "strategies", "report")
_RANGES = ("edge", "narrowing")  # rules that say that the ranges are not right yet
_COMPUTED = {"data": ("fingerprint", "rows")}
_OF_TABLES = ("model", "space")  # a published table has its own, which no file changes


@dataclass(frozen=True)
class NextStudy:
    """The next study, as the diagnostics of this one would have it.

    Attributes
    ----------
    changes
        What is changed, in words where there is no file to change; empty where nothing is.
    content
        The tables of the next study file; empty where this study has no file, or nothing is changed.
    """

    name: str
    follows: str
    changes: tuple[Change, ...]
    content: Mapping[str, Any]


@once
def next_study(results: Results) -> NextStudy:
    """The study file with the diagnostics' changes applied.

    Of two changes of one key the first in the order of `DIAGNOSTICS` holds. Tasks share one space: an end of a range
    moves outwards if one task asks for it, as far as any does, and inwards only if all do, as far as none objects. A
    parameter whose range is to change is not fixed, nor any while a range is too narrow or its narrowing unsafe. A
    change that the model would refuse is left out.
    """
    file = _file(results)
    changes = tuple(_accepted(file, _settled(results))) if file else tuple(_settled(results))
    name = _following(results.name)
    return NextStudy(name, results.name, changes, _content(file, name, results.name, changes) if changes else {})


def describe(change: Change) -> str:
    """The change in a line: what, from what to what, and why."""
    where = key_of(change)
    if change.value is None:
        told = f"{where}: no longer searched"
    elif change.old is None:
        told = f"{where} = {_short(change.value)}"
    else:
        told = f"{where}: {_short(change.old)} → {_short(change.value)}"
    return " ".join(f"{told}, since {change.reason}".split())


def key_of(change: Change) -> str:
    """The key as errors name it: ``[space] learning_rate.high``."""
    table, *keys = change.path
    return f"[{table}] {'.'.join(keys)}"


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def toml_text(following: NextStudy) -> str:
    """The text of the next study's file; empty where there is none.

    A comment for each change says what and why.
    """
    if not following.content:
        return ""
    import tomli_w

    comments = [f"# - {_one_line(describe(change))}" for change in following.changes]
    opening = f"# What to do after the study {_one_line(following.follows)}. Changed:"
    return "\n".join([opening, *comments, "", tomli_w.dumps(dict(following.content))])


def _one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _settled(results: Results) -> Iterator[Change]:
    """One change a key."""
    asked: dict[tuple[str, ...], dict[str, Change]] = {}
    for task, change in _asked(results):
        asked.setdefault(change.path, {}).setdefault(task, change)
    count = len(tasks(results))
    settled = {path: _agreed(path, list(changes.values()), count) for path, changes in asked.items()}
    moved = {path[1] for path, agreed in settled.items() if agreed and path[0] == "space" and len(path) == 3}
    for path, agreed in settled.items():
        fixed = path[1] if len(path) == 2 and ("space", path[1]) in asked else None
        if agreed is not None and fixed not in moved:
            yield agreed


def _asked(results: Results) -> Iterator[tuple[str, Change]]:
    """What each task's findings ask for, the first to be heard first; what can be narrowed at last.

    What matters is only known once the ranges are right.
    """
    findings = diagnose(results)
    unsettled = any(each.fires for each in findings if each.key in _RANGES)
    for finding in findings:
        if not (unsettled and finding.key == "parameters"):
            yield from ((finding.task, change) for change in finding.changes)
    for task in tasks(results):
        yield from ((task, change) for change in tightened(TaskSearch(results, task)))


def _agreed(path: tuple[str, ...], changes: list[Change], tasks: int) -> Change | None:
    """The change of one key, of which each task asks for one at most: see `next_study`."""
    if path[0] != "space" or len(path) != 3:
        return changes[0]
    sign = 1 if path[2] == "high" else -1
    furthest = max(changes, key=lambda each: float(sign * each.value))
    outwards = sign * (furthest.value - furthest.old) > 0
    return furthest if outwards or len(changes) >= tasks else None


def _file(results: Results) -> dict[str, Any]:
    """The tables of the study's file as it was read; empty where the study has none."""
    settings = results.settings
    if not isinstance(settings.get("data"), Mapping) or not isinstance(settings.get("search"), Mapping):
        return {}
    defaults = Thresholds().model_dump()
    file = {key: _without_none(settings[key]) for key in _TABLES if key in settings}
    for table, keys in _COMPUTED.items():
        file[table] = {key: value for key, value in file[table].items() if key not in keys}
    for key in _OF_TABLES if _is_published(file) else ():
        file.pop(key, None)
    report = file.get("report", {})
    file["report"] = {key: report[key] for key in report if key in defaults and report[key] != defaults[key]}
    return {key: value for key, value in file.items() if value not in ({}, "")}


def _is_published(file: Mapping[str, Any]) -> bool:
    return bool(file["data"].get("source") == "table")


def _without_none(value: Any) -> Any:
    """A copy without what TOML can't hold."""
    if isinstance(value, Mapping):
        return {str(key): _without_none(held) for key, held in value.items() if held is not None}
    if isinstance(value, list | tuple):
        return [_without_none(held) for held in value if held is not None]
    return value


def _accepted(file: Mapping[str, Any], changes: Iterable[Change]) -> Iterator[Change]:
    """The changes, one after the other, that the file can take and the model accepts.

    Fixing a parameter is two of them: out of the space, into the model; neither goes without the other.
    """
    tried = deepcopy(dict(file))
    for group in _groups(changes):
        candidate = deepcopy(tried)
        if all(_apply(candidate, change) for change in group) and _runs(candidate):
            tried = candidate
            yield from group


def _groups(changes: Iterable[Change]) -> list[list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        fixing = len(change.path) == 2 and change.path[0] in {"space", "model"}
        key = change.path[1] if fixing else ".".join(change.path)
        found.setdefault(key, []).append(change)
    return list(found.values())


def _apply(file: dict[str, Any], change: Change) -> bool:
    """Make the change; False where the file has not what it changes."""
    *tables, key = change.path
    held = file
    for table in tables:
        if table not in held and table == "model" and not _is_published(file):
            held[table] = {}
        if not isinstance(held.get(table), dict):
            return False
        held = held[table]
    if change.value is None:
        return held.pop(key, None) is not None
    if isinstance(change.value, float) and not math.isfinite(change.value):
        return False
    held[key] = change.value
    return True


def _runs(file: Mapping[str, Any]) -> bool:
    """Whether the model takes the space, and the budget is enough to confirm from it."""
    search = file["search"]
    if "trials" in search and REPETITIONS * search.get("confirm", 0) >= search["trials"]:
        return False
    if _is_published(file):
        return True
    try:
        SearchedModel(dict(file.get("model", {})), file.get("space", {}))
    except UsageError:
        return False
    return bool(file.get("space"))


def _following(name: str) -> str:
    """The next study's name: digits-next, then digits-next-2, digits-next-3."""
    found = re.fullmatch(r"(.*-next)(?:-(\d+))?", name)
    if found:
        return f"{found[1]}-{int(found[2] or 1) + 1}"
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
    """The study that this one follows and what was changed since, as its file says; empty where it follows none."""
    report = results.settings.get("report")
    if not isinstance(report, Mapping) or not report.get("follows"):
        return "", ()
    changes = report.get("changes")
    return str(report["follows"]), tuple(map(str, changes)) if isinstance(changes, list | tuple) else ()
