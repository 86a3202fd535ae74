"""Small study files with factors, and what a storage holds of them."""

import tomllib
from pathlib import Path

import optuna
import tomli_w
from optuna.storages import BaseStorage

from hpsearch.storage import open_storage
from hpsearch.study.plan import plan
from hpsearch.study.runs import Plan

BASE = """
name = "small"
[data]
source = "iris"
[model]
hidden_layer_sizes = [5]
epochs = 2
batch_size = 64
[search]
trials = 3
repeats = 1
retrain = 1
"""

RATE = {"low": 0.01, "high": 1.0, "log": True}


def planned(folder: Path, text: str = "", changes: dict | None = None, **arguments) -> Plan:
    """Return the plan of `BASE`, its tables updated by `changes`, with `text` at its end."""
    return plan(written(folder, text, changes), **arguments)


def written(folder: Path, text: str = "", changes: dict | None = None) -> str:
    """Write the study file of `planned`; return its path."""
    tables = tomllib.loads(BASE)
    for table, settings in (changes or {}).items():
        tables[table] = tables.get(table, {}) | settings if isinstance(settings, dict) else settings
    path = folder / "small.toml"
    path.write_text(f"{tomli_w.dumps(tables)}\n{text}\n", encoding="utf-8")
    return str(path)


def levels(factor: str = "optimizer", **tables: dict) -> dict:
    """Return the table ``[factors]`` of one factor with linked levels."""
    return {"factors": {factor: {"levels": tables}}}


def over(key: str, *values: object, factor: str = "it") -> dict:
    """Return the table ``[factors]`` of one factor over the values of a key."""
    return {"factors": {factor: {"key": key, "values": list(values)}}}


def content(place: str | BaseStorage) -> dict:
    """Return the reproducible data of a storage, by run: trials without times, and tests."""
    storage = open_storage(place) if isinstance(place, str) else place
    return {name: _of_run(storage, name) for name in optuna.get_all_study_names(storage)}


def attributes(place: str | BaseStorage, name: str) -> dict:
    """Return the user attributes of a run."""
    storage = open_storage(place) if isinstance(place, str) else place
    return optuna.load_study(study_name=name, storage=storage).user_attrs


def _of_run(storage: BaseStorage, name: str) -> tuple:
    study = optuna.load_study(study_name=name, storage=storage)
    trials = [(t.number, t.state, t.value, t.params, t.user_attrs, t.intermediate_values) for t in study.trials]
    return trials, *(study.user_attrs.get(name) for name in ("test", "test_first", "test_rows"))
