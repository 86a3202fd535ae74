"""Stored runs: whether their attributes and trials are all there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from optuna.distributions import json_to_distribution
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from hpsearch.run.taken_over import TAKEN, is_taken_over
from hpsearch.space import is_active
from hpsearch.storage import StoredStudy, all_studies, damaged, read_studies
from hpsearch.strategies.base import RULE
from hpsearch.strategies.likely import LIKELY, LIKELY_RULE, RULES

_ATTRIBUTES: dict[str, type] = {  # what every run says of itself from its first trial on
    "study": str,
    "task": str,
    "strategy": str,
    "repeat": int,
    "metric": str,
    "trials": int,
    "content": dict,
}
_OPTIONAL: dict[str, type] = {
    "confirm": int,
    "epochs": int,
    "pruning": dict,
    RULE: int,
    "reference": dict,
    "space": dict,
    "test": dict,
    "test_first": dict,
    "test_rows": dict,
    "tests": dict,
    "baselines": dict,
    "done": str,
    "variant": str,
    "source": str,
    "levels": dict,
    "family": str,
    "plan": dict,
    "first_plan": dict,
    "environments": list,
    "file": dict,
    "when": dict,
    "trains_in_owner": bool,
    TAKEN: dict,
    LIKELY: dict,
    LIKELY_RULE: int,
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
        One is missing, or can't be what a run says of itself.
    """
    for key in _ATTRIBUTES:
        if key not in attributes:
            raise damaged(storage, f"the run {name!r} lacks its attribute {key!r}")
    for key, kind in (_ATTRIBUTES | _OPTIONAL).items():
        if key in attributes and not (type(attributes[key]) is kind and _FITS.get(key, _always)(attributes[key])):
            raise damaged(storage, f"the attribute {key!r} of the run {name!r} is {attributes[key]!r}")


def _always(_value: object) -> bool:
    return True


def _is_space(space: Mapping[str, Any]) -> bool:
    try:
        for declared in space.values():
            json_to_distribution(json.dumps(declared))
    except (LookupError, ValueError, TypeError):
        return False
    return True


def _are_conditions(conditions: Mapping[str, Any]) -> bool:
    required = conditions.values()
    return all(
        isinstance(each, dict) and all(isinstance(values, list) for values in each.values()) for each in required
    )


def _is_test(test: Mapping[str, Any]) -> bool:
    values, lists = test.get("values"), (test.get("validation_values"), test.get("diverged"))
    if type(test.get("incumbent")) is not int or not isinstance(values, list):
        return False
    fit = all(each is None or (isinstance(each, list) and len(each) == len(values)) for each in lists)
    return fit and isinstance(test.get("failures", {}), dict) and isinstance(test.get("test_rows", {}), dict)


def _are_tests(tests: Mapping[str, Any]) -> bool:
    return all(isinstance(test, dict) and _is_test(test) for test in tests.values())


def _are_tables(tables: Mapping[str, Any]) -> bool:
    return all(isinstance(table, dict) for table in tables.values())


def _is_count(number: int) -> bool:
    return number >= 0


def _are_counts(settings: Mapping[str, Any]) -> bool:
    return all(type(number) is int and _is_count(number) for number in settings.values())


_FITS: dict[str, Callable[[Any], bool]] = {
    LIKELY_RULE: RULES.__contains__,
    "repeat": _is_count,
    "trials": _is_count,
    "confirm": _is_count,
    "epochs": _is_count,
    "pruning": _are_counts,
    "space": _is_space,
    "when": _are_conditions,
    "test": _is_test,
    "tests": _are_tests,
    "baselines": _are_tables,
    TAKEN: is_taken_over,
}


def read_runs(storage: BaseStorage, wanted: Callable[[str], bool]) -> list[StoredStudy]:
    """Return the runs whose names are wanted, without those that have not begun, and without studies made by others.

    Raises
    ------
    DamagedStorageError
        A part of a run, or of one of its trials, is missing or can't be read.
    """
    runs = [study for study in read_studies(storage, wanted) if is_run(study.user_attrs)]
    if any(study.trials and "content" not in study.user_attrs for study in runs):
        # A run that another process began after its attributes were read, and before its trials were, has them by now.
        now = {study.study_name: study.user_attrs for study in all_studies(storage)}
        runs = [replace(study, user_attrs=now.get(study.study_name, study.user_attrs)) for study in runs]
    begun = [study for study in runs if study.trials or "content" in study.user_attrs]
    for study in begun:
        check_attributes(storage, study.study_name, study.user_attrs)
        _check_parameters(storage, study)
    return begun


def _check_parameters(storage: BaseStorage, study: StoredStudy) -> None:
    """Refuse a complete trial that lacks a declared parameter which others have, or all of them."""
    declared = study.user_attrs["content"].get("space")
    conditions = study.user_attrs.get("when", {})
    complete = [trial for trial in study.trials if trial.state == TrialState.COMPLETE]
    searched = {name for trial in complete for name in trial.params}
    for trial in complete if isinstance(declared, dict) else ():
        for name in declared:
            if name in conditions and not is_active(name, trial.params, conditions):
                continue
            if name not in trial.params and (name in searched or not trial.params):
                lack = f"the trial {trial.number} of the study {study.study_name!r} lacks its parameter {name!r}"
                raise damaged(storage, lack)
