"""Plan of a study as its storage keeps it for workers, which have no study file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hpsearch.errors import StorageError
from hpsearch.study.config import StudyFile
from hpsearch.study.plan import plan_of
from hpsearch.study.runs import Plan

PREPARED = "prepared"
"""Attribute of a study's first run: the tables of its file, its folder, and the levels that were asked for."""


def as_stored(plan: Plan) -> dict[str, Any]:
    """Return what workers need to make the same plan, in JSON types."""
    folder = next(iter(plan.objectives.values())).folder
    only = {factor: list(levels) for factor, levels in plan.only.items()}
    return {"tables": dict(plan.read_from or {}), "folder": folder, "only": only}


def prepared_plan(
    stored: Mapping[str, Mapping[str, Any]], study: str, data_dir: Path | None, folder: Path | None
) -> Plan:
    """Return the plan of a prepared `study` from the attributes of all `stored` Optuna studies, by name.

    `folder` replaces the folder that relative paths of data start from, where it is another on this machine.

    Raises
    ------
    StorageError
        If the study was not prepared, or was by a version that this one can't read.
    UsageError
        If its data cannot be read here.
    """
    contents = [attributes[PREPARED] for attributes in _runs(stored, study) if PREPARED in attributes]
    if not contents:
        others = sorted({str(each["study"]) for each in stored.values() if PREPARED in each})
        some = f" (prepared: {', '.join(others[:10])})" if others else ""
        raise StorageError(
            f"the storage holds no prepared study {study!r}{some}: "
            f"prepare it with hpsearch study FILE --storage URL --prepare"
        )
    content = contents[0]
    try:
        file = StudyFile.model_validate(content["tables"])
        only: Mapping[str, Collection[str]] = content["only"]
        place = Path(content["folder"]) if folder is None and content["folder"] else folder
    except (ValidationError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise StorageError(f"the study {study!r} was prepared by another version of hpsearch ({reason})") from error
    return plan_of(file, f"the prepared study {study!r}", place, data_dir, only)


def _runs(stored: Mapping[str, Mapping[str, Any]], study: str) -> list[Mapping[str, Any]]:
    return [attributes for attributes in stored.values() if attributes.get("study") == study]
