"""Variations of a study file that the command line asks for: a quick one, and one on another data set.

Each has a name of its own, so that its trials are never mixed with the study's.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hpsearch.data.settings import DataSettings, load
from hpsearch.data.sources import SOURCES
from hpsearch.errors import UsageError, choose_from
from hpsearch.objectives.supervised import SupervisedObjective
from hpsearch.study.config import StudyFile
from hpsearch.study.tasks import family_of

QUICK_REPEATS = 2
QUICK_SHARE = 5
"""A quick study has one part in this many of the epochs, steps and trials."""

_LENGTHS = ("epochs", "steps", "patience", "decay_epochs", "warmup_epochs")  # settings of a model
_LEAST_PART = 5  # validation and test rows that are counted take at most one part in this many of another data set


def varied(
    file: StudyFile, *, quick: bool = False, data: str | None = None, given: Mapping[str, Any] | None = None
) -> StudyFile:
    """Return the study file on the data set `data`, if given, and quick, if so asked.

    Parameters
    ----------
    given
        Keys of ``[search]`` that the user set; these stay.

    Raises
    ------
    UsageError
        If the data set is unknown, or the study has none.
    """
    file = file if data is None else _on_data(file, data)
    return _quick(file, given or {}) if quick else file


def _quick(file: StudyFile, given: Mapping[str, Any]) -> StudyFile:
    """Return the file with two repeats and a fifth of the epochs, steps and trials; exact families stay as they are."""
    if family_of(file.model).deterministic:
        note = "Nothing in it is random, so this quick run is the whole study."
        return _changed(file, f"{file.name}-quick", "a quick look", note, {})
    search = {"repeats": min(QUICK_REPEATS, file.search.repeats), "trials": _fifth(file.search.trials)}
    chosen = {key: value for key, value in given.items() if value is not None}
    shorter = {"search": file.search.model_copy(update=search | chosen)}
    return _changed(
        file,
        f"{file.name}-quick",
        "a quick look",
        f"This is a quick run with {shorter['search'].repeats} repeats and a fifth of the epochs, steps and trials. "
        "What it says is weak: run the whole study before you rely on it.",
        shorter
        | {
            "model": _shortened(file.model),
            "factors": {name: _shortened_factor(factor) for name, factor in file.factors.items()},
        },
    )


def _shortened_factor(factor: Mapping[str, Any]) -> dict[str, Any]:
    """Return a factor with shorter trainings."""
    if isinstance(factor.get("levels"), Mapping):
        return {**factor, "levels": {label: _shortened_level(level) for label, level in factor["levels"].items()}}
    table, _, key = str(factor.get("key", "")).partition(".")
    if table == "model" and key in _LENGTHS and isinstance(factor.get("values"), list):
        return {**factor, "values": [_fifth(value) for value in factor["values"]]}
    return dict(factor)


def _shortened_level(level: Any) -> Any:
    if not isinstance(level, Mapping) or not isinstance(level.get("model"), Mapping):
        return level
    return {**level, "model": _shortened(level["model"])}


def _shortened(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a model with a fifth of its epochs and steps, at least one."""
    return {key: _fifth(value) if key in _LENGTHS else value for key, value in model.items()}


def _fifth(count: Any) -> Any:
    """Return a fifth of a length, a whole number rounded up; anything else unchanged."""
    if isinstance(count, float):
        return count / QUICK_SHARE
    is_count = isinstance(count, int) and not isinstance(count, bool)
    return math.ceil(count / QUICK_SHARE) if is_count else count


def _on_data(file: StudyFile, source: str) -> StudyFile:
    """Return the file on another data set, with as many validation and test rows as that has to spare."""
    choices = [name for name, each in SOURCES.items() if not each.is_file]
    if source not in choices and (Path(source).suffix or Path(source).exists()):
        raise UsageError(
            f"--data takes a data set that needs no file, got the file {source!r}: write a study file for it with "
            f"hpsearch init {shlex.quote(source)}"
        )
    if source not in choices:
        raise UsageError(f"--data: {choose_from('data set', source, choices)}")
    family = family_of(file.model)
    if not issubclass(family, SupervisedObjective):
        raise UsageError(f"--data: the study {file.name!r} has no data set: its family is {family.family!r}")
    if file.data.get("source", DataSettings().source) == source:
        raise UsageError(f"--data: the study {file.name!r} is on {source} already")
    rows = _rows(source)
    kept = {key: value for key, value in file.data.items() if key not in ("path", "target", "task")}
    parts = {
        key: min(kept[key], rows // _LEAST_PART)
        for key in ("validation", "test")
        if isinstance(kept.get(key), int) and not isinstance(kept[key], bool)
    }
    # The pixels of the book are divided by 255; columns of other data sets have ranges of their own.
    scaled = {"scaling": "minmax"} if kept.get("scaling") == "none" else {}
    changes = [f"{key} = {value} rows" for key, value in parts.items() if value != kept[key]]
    changes += ["columns scaled to 0 … 1"] if scaled else []
    notes = f" ({', '.join(changes)})" if changes else ""
    return _changed(
        file,
        f"{file.name}-{source}",
        f"on {source}",
        f"This run is on the data set {source} of {rows:,} rows{notes} instead of the study's own, so its numbers can "
        "differ from those that the study is about.",
        {"data": kept | parts | scaled | {"source": source}},
    )


def _rows(source: str) -> int:
    """Return the number of rows to draw from, without an official test set."""
    return len(load(DataSettings(source=source)).x)


def _changed(file: StudyFile, name: str, title: str, note: str, update: Mapping[str, Any]) -> StudyFile:
    """Return the file with changes, a name of its own, and a question that says so."""
    question = f"{file.question} {note}".strip()
    named = {"name": name, "title": f"{file.title or file.name} ({title})", "question": question}
    return file.model_copy(update=named | dict(update))
