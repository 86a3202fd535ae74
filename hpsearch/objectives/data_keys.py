"""Keys of ``[data]`` in a space: ``"data.scaling"`` and the others that change no rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from hpsearch.data.columns import TRUTH
from hpsearch.data.dataset import Dataset
from hpsearch.data.preparation_settings import PREPARATION_KEYS, PreparationSettings
from hpsearch.data.settings import DataSettings
from hpsearch.errors import UsageError, choose_from, quoted

DATA = "data"
"""Table that the keys belong to."""

_PREFIX = DATA + "."

DATA_DEFAULTS = {_PREFIX + key: value for key, value in asdict(PreparationSettings()).items()}
"""Default of each key, by its name in a space, which is that of the trials' parameter."""

DATA_NAMES = tuple(DATA_DEFAULTS)
"""Names of the keys in a space."""

_, IMPUTATION, MAX_CATEGORIES = DATA_NAMES


def key_of_data(name: str) -> str:
    """Return the key of ``[data]`` that a parameter sets; empty if it sets a key of ``[model]``."""
    return name.removeprefix(_PREFIX) if name.startswith(_PREFIX) else ""


def name_in_space(table: str, key: str) -> str:
    """Return the name in a space of a key of ``[model]`` or ``[data]``."""
    return _PREFIX + key if table == DATA else key


def place_of(name: str) -> tuple[str, str]:
    """Return the table and the key that a parameter sets, the inverse of `name_in_space`."""
    key = key_of_data(name)
    return (DATA, key) if key else ("model", name)


def of_model(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that set keys of ``[model]``."""
    return {name: value for name, value in params.items() if not key_of_data(name)}


def of_data(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that set keys of ``[data]``, by key."""
    return {key: value for name, value in params.items() if (key := key_of_data(name))}


def with_whole_names(space: Mapping[str, Any]) -> dict[str, Any]:
    """Return a space in which ``data.scaling = …`` without quotes, a table in a table for TOML, has its whole name.

    So have the keys that its conditions name.

    Raises
    ------
    UsageError
        If a key stands there in both ways.
    """
    return {name: _with_whole_condition(spec) for name, spec in _whole(space).items()}


def _whole(table: Mapping[str, Any]) -> dict[str, Any]:
    nested = table.get(DATA)
    if not isinstance(nested, Mapping):
        return dict(table)
    whole: dict[str, Any] = {}
    for name, value in table.items():
        entries = {_PREFIX + key: each for key, each in nested.items()} if name == DATA else {name: value}
        for key in entries:
            if key in whole:
                raise UsageError(f"{key} stands there twice, with quotes and without: leave one of them")
        whole |= entries
    return whole


def _with_whole_condition(spec: Any) -> Any:
    if isinstance(spec, Mapping) and isinstance(spec.get("when"), Mapping):
        return {**spec, "when": _whole(spec["when"])}
    return spec


def reason_against(name: str, preparation: PreparationSettings | None) -> str:
    """Return why a space can't have the name of a key of ``[data]``; empty if it can, or if it is no such name.

    Keys that decide which rows there are, or how they are judged, can't be searched: values would not be comparable.
    `preparation` is None for a family that searches no keys of ``[data]``.
    """
    key, choices = key_of_data(name), ", ".join(DATA_NAMES)
    if preparation is None:
        return "this family searches no keys of [data]: leave it out" if key else ""
    if name in PREPARATION_KEYS:
        return f'keys of [data] have their table before them in a space: write "{_PREFIX}{name}"'
    if not key or name in DATA_NAMES:
        return ""
    if key in {each.name for each in fields(DataSettings)}:
        rule = "can't be searched, since values are comparable on the same rows and by the same metric only"
        return f"{rule}: choose from {choices}"
    return choose_from("key", name, DATA_NAMES)


def without_effect(dataset: Dataset) -> dict[str, str]:
    """Return the names of keys that change nothing for a data set, each with the reason."""
    columns = dataset.columns
    numbers = [column.kind != TRUTH for column in columns.numbers for _ in column.raw_names]
    reasons = {}
    if not dataset.incomplete[: len(numbers)][numbers].any():
        reasons[IMPUTATION] = f"{dataset.name} misses no number"
    if not columns.categorical:
        reasons[MAX_CATEGORIES] = f"{dataset.name} has no column of categories"
    return reasons


def check_in_one_place(data: Mapping[str, Any], space: Mapping[str, Any]) -> None:
    """Refuse keys that ``[data]`` fixes and the space searches.

    Raises
    ------
    UsageError
        If there is one.
    """
    for key in of_data(space):
        if key in data:
            raise UsageError(
                f"[space] {_PREFIX}{key}: is fixed in [data] too (at {quoted(data[key])}); leave it in one of them"
            )
