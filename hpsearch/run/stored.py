"""Stored runs: whether their attributes and trials are all there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from optuna.storages import BaseStorage
from optuna.trial import TrialState

from hpsearch.storage import StoredStudy, all_studies, damaged, read_studies

_ATTRIBUTES: dict[str, type] = {  # what every run says of itself from its first trial on
    "study": str,
    "task": str,
    "strategy": str,
    "repeat": int,
    "metric": str,
    "trials": int,
    "content": dict,
}
_ENOUGH = len(_ATTRIBUTES) // 2  # to tell a run that lacks some of them from a study that hpsearch did not make


def is_run(attributes: Mapping[str, Any]) -> bool:
    """Return whether the user attributes of an Optuna study are a run's, some of which may be missing."""
    return len(_ATTRIBUTES.keys() & attributes.keys()) >= _ENOUGH


def check_attributes(storage: BaseStorage, name: str, attributes: Mapping[str, Any]) -> None:
    """Check the attributes of a run that has begun.

    Raises
    ------
    DamagedStorageError
        One is missing, or is of another type.
    """
    for key, kind in _ATTRIBUTES.items():
        if key not in attributes:
            raise damaged(storage, f"the run {name!r} lacks its attribute {key!r}")
        if type(attributes[key]) is not kind:
            raise damaged(storage, f"the attribute {key!r} of the run {name!r} is {attributes[key]!r}")


def read_runs(storage: BaseStorage, wanted: Callable[[str], bool]) -> list[StoredStudy]:
    """Return the runs whose names are wanted, without those that have not begun, and without studies made by others.

    Raises
    ------
    DamagedStorageError
        A part of a run, or of one of its trials, is missing or can't be read.
    """
    found = [study for study in read_studies(storage, wanted) if is_run(study.user_attrs)]
    if any(study.trials and "content" not in study.user_attrs for study in found):
        # A run that another process began after its attributes were read, and before its trials were, has them by now.
        now = {study.study_name: study.user_attrs for study in all_studies(storage)}
        found = [replace(study, user_attrs=now.get(study.study_name, study.user_attrs)) for study in found]
    begun = [study for study in found if study.trials or "content" in study.user_attrs]
    for study in begun:
        check_attributes(storage, study.study_name, study.user_attrs)
        _check_parameters(storage, study)
    return begun


def _check_parameters(storage: BaseStorage, study: StoredStudy) -> None:
    """Refuse a complete trial that lacks a parameter of a space that is searched as a whole."""
    declared = study.user_attrs["content"].get("space")
    names = declared.keys() if isinstance(declared, dict) else ()
    for trial in study.trials:
        lacking = [name for name in names if name not in trial.params]
        if lacking and trial.state == TrialState.COMPLETE:
            raise damaged(
                storage,
                f"the trial {trial.number} of the study {study.study_name!r} lacks its parameter {lacking[0]!r}",
            )
