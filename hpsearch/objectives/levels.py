"""Levels of factors, merged into the tables of a study file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hpsearch.data.preparation_settings import PREPARATION_KEYS
from hpsearch.objectives import DEFAULT_FAMILY, family
from hpsearch.objectives.data_keys import DATA, name_in_space, of_data
from hpsearch.objectives.searched_model import may_be_searched

Tables = Mapping[str, Mapping[str, Any]]

FAMILY = "family"
"""Key of ``[model]`` that names the family of a model."""

FREE: Mapping[str, Sequence[str]] = {DATA: (*PREPARATION_KEYS, "train"), "search": ("pruner", "confirm", "first")}
"""Keys of other tables than ``[model]`` and ``[space]`` that a level can set."""

TABLES = ("model", "space", *FREE)
"""Tables that a level can set keys of."""


def merged(base: Mapping[str, Any], levels: Sequence[Tables]) -> dict[str, Any]:
    """Return the tables ``data``, ``model``, ``space`` and ``search`` of a variant.

    A level that fixes a searched setting removes it from the space, with the settings that are only searched with other
    values of it. One that searches a fixed setting removes it from the model, or from the data. ``space = {}`` empties
    the space. A level with another family brings its own model and space, and so does one with another `kind_keys`,
    such as another estimator than the file's. The space is None if neither the file nor a level has one.
    """
    tables: dict[str, Any] = {name: base.get(name) for name in TABLES}
    for level in levels:
        model, space = dict(level.get("model", {})), level.get("space")
        if model.get(FAMILY, _family(tables)) != _family(tables):
            tables |= {"model": {}, "space": None}
        elif _is_another_kind(tables["model"] or {}, model):
            kept = {key: value for key, value in tables["model"].items() if key == FAMILY}
            tables |= {"model": kept, "space": None}
        fixed = {name: value for name, value in (tables["model"] or {}).items() if name not in (space or {})}
        tables["model"] = fixed | model
        if tables["space"] is not None:
            settled = model | {name_in_space(DATA, key): value for key, value in level.get(DATA, {}).items()}
            tables["space"] = {
                name: spec
                for name, spec in tables["space"].items()
                if name not in settled and may_be_searched(spec, settled)
            }
        if space is not None:
            tables["space"] = {**(tables["space"] or {}), **space} if space else {}
            searched = of_data(space)
            tables[DATA] = {key: value for key, value in (tables[DATA] or {}).items() if key not in searched}
        for name in FREE:
            tables[name] = {**(tables[name] or {}), **level.get(name, {})}
    return tables


def _is_another_kind(model: Mapping[str, Any], level: Mapping[str, Any]) -> bool:
    """Return whether a level names another kind of model than the file does."""
    keys = family(str(_family({"model": model}))).kind_keys
    return any(key in model and level.get(key, model[key]) != model[key] for key in keys)


def _family(tables: Mapping[str, Any]) -> Any:
    return (tables["model"] or {}).get(FAMILY, DEFAULT_FAMILY)
