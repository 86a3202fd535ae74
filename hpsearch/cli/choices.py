"""The command ``list``: studies that ship, strategies, data sets, and the parts of models."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hpsearch.cli.answer import Answer
from hpsearch.cli.guard import guarded
from hpsearch.cli.options import DebugOption, JsonOption
from hpsearch.text import plain

if TYPE_CHECKING:
    from hpsearch.cli.screen import Screen


def list_(json: JsonOption = False, debug: DebugOption = False) -> None:
    """List what a study file may name: studies, strategies, data sets, and the parts of the network."""
    guarded(lambda _console: Answer(print_choices, choices), debug=debug, json=json)


def choices() -> dict[str, Any]:
    """Return the studies that ship, with their files and titles, and the names of each kind."""
    studies = [
        {"name": name, "file": path, "title": title} for _, of_folder in _studies() for name, path, title in of_folder
    ]
    return {"studies": studies, **{kind: list(names) for kind, names in _tables().items()}}


def print_choices(console: Screen) -> None:
    """Print what a study file may name."""
    console.print("studies that ship (copy one to start your own):")
    for folder, studies in _studies():
        console.print(f" {folder}:", soft_wrap=True)
        width = max(len(name) for name, _, _ in studies)
        for name, _, title in studies:
            console.print(f"  {name:{width}}  {title}".rstrip(), soft_wrap=True)
    for kind, table in _tables().items():
        if names := ", ".join(table):
            console.print(f"{kind}: {names}", soft_wrap=True)


def _studies() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return each folder with the name, file and title of its studies."""
    from hpsearch.study.shipped import by_folder

    return [
        (
            str(folder),
            [
                (name, str(path), plain(tomllib.loads(path.read_text(encoding="utf-8")).get("title", "")))
                for name, path in studies.items()
            ],
        )
        for folder, studies in by_folder().items()
    ]


def _tables() -> Mapping[str, Iterable[str]]:
    from hpsearch.data import SOURCES
    from hpsearch.nn import ACTIVATIONS, INITIALIZERS, OPTIMIZERS, SCHEDULES
    from hpsearch.objectives import FAMILIES
    from hpsearch.objectives.data_keys import DATA_NAMES
    from hpsearch.objectives.estimators import ESTIMATORS
    from hpsearch.objectives.functions import FUNCTIONS
    from hpsearch.objectives.scoring import SCORERS
    from hpsearch.objectives.searched_model import RANGE_KEYS
    from hpsearch.strategies import STRATEGIES
    from hpsearch.strategies.pruners import PRUNERS

    return {
        "families of models": FAMILIES,
        **{f"settings of {name} ([model], [space])": family.default_model() for name, family in FAMILIES.items()},
        "keys of a range ([space])": RANGE_KEYS,
        "keys of [data] in [space]": DATA_NAMES,
        "strategies": STRATEGIES,
        "pruners": PRUNERS,
        "data sets": SOURCES,
        "metrics": SCORERS,
        "estimators": ESTIMATORS,
        "functions": FUNCTIONS,
        "activations": ACTIVATIONS,
        "initializers": INITIALIZERS,
        "optimizers": OPTIMIZERS,
        "schedules": SCHEDULES,
    }
