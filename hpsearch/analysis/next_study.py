"""Next study: the study file with the changes of the diagnostics, ready to run."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hpsearch.analysis.diagnostics import Change, TaskSearch, diagnose
from hpsearch.analysis.diagnostics.tighten import tightened
from hpsearch.analysis.file_levels import OF_FAMILY, SETTING, level_keys, merged_levels
from hpsearch.analysis.incumbents import tasks
from hpsearch.analysis.thresholds import Thresholds
from hpsearch.analysis.views import by_objective
from hpsearch.data import located
from hpsearch.errors import UsageError
from hpsearch.objectives import DEFAULT_FAMILY, FAMILIES, family
from hpsearch.objectives.data_keys import DATA, name_in_space
from hpsearch.objectives.levels import FAMILY
from hpsearch.results.results import Results, once
from hpsearch.run.confirmation import REPETITIONS

_TABLES = ("name", "title", "question", "data", "model", "space", "search", "strategies", "factors", "report")
_RANGES = ("edge", "narrowing")  # rules that fire if the ranges need changes
_COMPUTED_BEFORE = {"rows"}  # keys that earlier versions stored


@dataclass(frozen=True)
class NextStudy:
    """Next study, as proposed by the diagnostics.

    Attributes
    ----------
    changes
        Proposed changes, possibly none. Without a study file they cannot be applied.
    content
        Tables of the next study file; empty without a file or without changes.
    withheld
        Proposed changes that `content` lacks, since levels of a factor set their keys, each with its objective.
    """

    name: str
    follows: str
    changes: tuple[Change, ...]
    content: Mapping[str, Any]
    withheld: tuple[tuple[str, Change], ...] = ()


@once
def next_study(results: Results) -> NextStudy:
    """Return the study file with the diagnostics' changes applied. It takes over the trials of this study.

    If two changes have the same key, the first in the order of `DIAGNOSTICS` is used. Tasks share one space: an end of
    a range moves outwards by the largest change that any task proposes. It moves inwards only if all tasks propose it,
    by the smallest change. A parameter is not fixed while its range changes. No parameter is fixed while a range is
    too narrow or narrowing is unsafe. Changes that the model would reject are dropped.

    With factors the objectives take the place of the tasks. A key that a level sets is not changed in the file, since
    the file's value is not that of all objectives; such changes are returned as `withheld`.
    """
    file = _file(results)
    searches = by_objective(results)
    settled = list(_settled(searches))
    of_levels = list(_of_levels(file, settled))
    settled = [change for change in settled if change not in of_levels]
    paths = {change.path for change in of_levels}
    withheld = {(task, change.path): change for task, change in reversed(list(_proposed(searches)))}
    changes = tuple(_accepted(results, file, settled)) if file else tuple(settled)
    name = _following(results.name)
    content = _content(file, name, results.name, changes) if changes else {}
    if content and (margin := (results.first_plan or {}).get("margin")):
        content["report"]["margin"] = margin
    return NextStudy(name, results.name, changes, content, _in_order(withheld, paths))


def _in_order(
    proposed: Mapping[tuple[str, tuple[str, ...]], Change], paths: Collection[tuple[str, ...]]
) -> tuple[tuple[str, Change], ...]:
    """Return the changes of these paths with their objectives, by objective."""
    chosen = [(task, change) for (task, path), change in proposed.items() if path in paths]
    return tuple(sorted(chosen, key=lambda each: each[0]))


def _of_levels(file: Mapping[str, Any], changes: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes whose key a level of a factor sets; of a parameter to fix, both changes."""
    keys = level_keys(file)
    for group in _groups(changes):
        if any(change.path[:2] in keys for change in group):
            yield from group


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
    return f"{value:.4g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


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
    settled = {path: _agreed(results, path, list(changes.values())) for path, changes in proposed.items()}
    moved = {path[1] for path, agreed in settled.items() if agreed and path[0] == "space" and len(path) == 3}
    for path, agreed in settled.items():
        fixed = name if len(path) == 2 and ("space", name := _parameter(path)) in proposed else None
        if agreed is not None and fixed not in moved:
            yield agreed


def _affected(results: Results, path: tuple[str, ...]) -> int:
    """Return the number of tasks affected by a change of the key; with factors, only tasks that search it count."""
    names = tasks(results)
    if results.subject == "objective" and path[0] in SETTING:
        return sum(_parameter(path) in results.space_of(name) for name in names)
    return len(names)


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


def _agreed(results: Results, path: tuple[str, ...], changes: list[Change]) -> Change | None:
    """Return the change for one key from at most one proposal per task; see `next_study`."""
    if path[0] != "space" or len(path) != 3:
        fixes = results.subject == "objective" and path[0] in SETTING and _parameter(path) in results.space
        return None if fixes and len(changes) < _affected(results, path) else changes[0]
    sign = 1 if path[2] == "high" else -1
    furthest = max(changes, key=lambda each: float(sign * each.value))
    outwards = sign * (furthest.value - furthest.old) > 0
    return furthest if outwards or len(changes) >= _affected(results, path) else None


def _file(results: Results) -> dict[str, Any]:
    """Return the tables of the study file as read, but with paths that hold in any folder; empty without a file."""
    settings = results.settings
    if not isinstance(settings.get("data"), Mapping) or not isinstance(settings.get("search"), Mapping):
        return {}
    defaults = Thresholds().model_dump()
    file = {key: _without_none(settings[key]) for key in _TABLES if key in settings}
    computed = _COMPUTED_BEFORE.union(*(each.computed_keys for each in FAMILIES.values()))
    file["data"] = {key: value for key, value in file["data"].items() if key not in computed}
    if results.folder and "path" in file["data"]:
        file["data"]["path"] = _absolute(file["data"]["path"], results.folder)
    if "factors" not in file:  # with factors, the file is stored as it was written
        if not _changeable(results, any):
            file.pop("space", None)
        for name in _families(results) - {DEFAULT_FAMILY, ""}:
            file["model"] = {FAMILY: name} | file.get("model", {})
    report = file.get("report", {})
    file["report"] = {key: report[key] for key in report if key in defaults and report[key] != defaults[key]}
    return {key: value for key, value in file.items() if value not in ({}, "")}


def _absolute(path: str | list[str], folder: str) -> str | list[str]:
    return [str(located(each, folder)) for each in path] if isinstance(path, list) else str(located(path, folder))


def _changeable(results: Results, of: Callable[[Iterable[bool]], bool] = all) -> bool:
    """Return whether all families of the study (or `any` of them) accept a changed model and space."""
    return of(family(name).accepts_changes for name in _families(results))


def _families(results: Results) -> set[str]:
    return set(results.families.values())


def _without_none(value: Any) -> Any:
    """Return a copy without None, which TOML cannot represent."""
    if isinstance(value, Mapping):
        return {str(key): _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value if item is not None]
    return value


def _accepted(results: Results, file: Mapping[str, Any], changes: Iterable[Change]) -> Iterator[Change]:
    """Yield the changes that fit the file and that the model accepts, applied in sequence.

    Fixing a parameter takes two changes, from the space and into the model; they are applied together or not at all.
    """
    tried = deepcopy(dict(file))
    changeable = _changeable(results)
    for group in _groups(changes):
        candidate = deepcopy(tried)
        allowed = changeable or all(change.path[0] not in OF_FAMILY for change in group)
        if allowed and all(_apply(candidate, change) for change in group) and _runs(results, tried, candidate):
            tried = candidate
            yield from group


def _groups(changes: Iterable[Change]) -> list[list[Change]]:
    groups: dict[str, list[Change]] = {}
    for change in changes:
        fixing = len(change.path) == 2 and change.path[0] in {"space", "model", DATA}
        key = _parameter(change.path) if fixing else ".".join(change.path)
        groups.setdefault(key, []).append(change)
    return list(groups.values())


def _parameter(path: tuple[str, ...]) -> str:
    """Return the name in a space of the key at a path."""
    return name_in_space(path[0], path[1])


def _apply(file: dict[str, Any], change: Change) -> bool:
    """Apply the change; return False if the file lacks its table or key."""
    *tables, key = change.path
    table_content = file
    for table in tables:
        if table not in table_content and table in ("model", DATA):
            table_content[table] = {}
        if not isinstance(table_content.get(table), dict):
            return False
        table_content = table_content[table]
    if change.value is None:
        return table_content.pop(key, None) is not None
    if isinstance(change.value, float) and not math.isfinite(change.value):
        return False
    table_content[key] = change.value
    if "likely" in table_content and not _holds_likely(table_content):
        del table_content["likely"]
    return True


def _holds_likely(table: Mapping[str, Any]) -> bool:
    """Return whether the likely value of a range is still in it."""
    likely, low, high = (table.get(key) for key in ("likely", "low", "high"))
    return likely is None or low is None or high is None or low <= likely <= high


def _runs(results: Results, file: Mapping[str, Any], changed: Mapping[str, Any]) -> bool:
    """Return whether the budget allows the confirmations, and the model accepts the space wherever it does now."""
    search = changed["search"]
    if "trials" in search and REPETITIONS * search.get("confirm", 0) >= search["trials"]:
        return False
    if not _changeable(results):
        return True
    now, then = (_valid(results, each) for each in (file, changed))
    return any(then) and all(after or not before for before, after in zip(now, then, strict=True))


def _valid(results: Results, file: Mapping[str, Any]) -> list[bool]:
    """Return, for the file and for each level merged into it, whether every family accepts model and space."""
    several = "factors" in file
    return [
        _accepts(merged.get("model") or {}, merged.get("space")) and (several or bool(merged.get("space")))
        for merged in merged_levels(file)
    ]


def _accepts(model: Mapping[str, Any], space: Mapping[str, Any] | None) -> bool:
    """Return whether the family that the model names accepts model and space."""
    try:
        family(model.get(FAMILY, DEFAULT_FAMILY)).check(
            {key: each for key, each in model.items() if key != FAMILY}, space
        )
    except UsageError:
        return False
    return True


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
    search = {**content["search"], "from": follows}
    return content | {"name": name, "search": search, "report": report}


def followed(results: Results) -> tuple[str, tuple[str, ...]]:
    """Return the study that this one follows and the changes since, from its file; empty if it follows none."""
    report = results.settings.get("report")
    if not isinstance(report, Mapping) or not report.get("follows"):
        return "", ()
    changes = report.get("changes")
    return str(report["follows"]), tuple(map(str, changes)) if isinstance(changes, list | tuple) else ()
