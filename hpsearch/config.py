"""A study file: found, read, overridden by the command line, validated."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hpsearch.errors import UsageError, choose_from
from hpsearch.pruners import PRUNERS
from hpsearch.strategies import STRATEGIES


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SearchSettings(_Table):
    """``[search]``: who searches, and what each run may spend.

    Attributes
    ----------
    strategies
        Keys of `STRATEGIES`.
    trials
        Trials of each run.
    repeats
        Runs of each strategy.
    seed
        What every draw, split and training depends on.
    pruner
        A key of `PRUNERS`.
    retrain
        How often the best hyperparameters of a run are trained anew, on fresh seeds, for the test value.
    """

    strategies: Annotated[list[str], Field(min_length=1)] = ["random", "narrowing", "tpe"]
    trials: Annotated[int, Field(ge=1)] = 40
    repeats: Annotated[int, Field(ge=1)] = 5
    seed: Annotated[int, Field(ge=0)] = 0
    pruner: str = "none"
    retrain: Annotated[int, Field(ge=0)] = 5

    @field_validator("strategies")
    @classmethod
    def _known_strategies(cls, names: list[str]) -> list[str]:
        for name in names:
            if name not in STRATEGIES:
                raise UsageError(choose_from("strategy", name, STRATEGIES))
            if names.count(name) > 1:
                raise UsageError(f"names {name!r} twice")
        return names

    @field_validator("pruner")
    @classmethod
    def _known_pruner(cls, name: str) -> str:
        if name not in PRUNERS:
            raise UsageError(choose_from("pruner", name, PRUNERS))
        return name


class ReportSettings(_Table):
    """``[report]``: nothing yet but its place."""


class StudyFile(_Table):
    """A study: one question, one data set and model, one space, several strategies, one budget.

    ``[data]`` and ``[model]`` and ``[space]`` are read by the objective, which knows what they may hold.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    title: str = ""
    question: str = ""
    data: dict[str, Any] = {}
    model: dict[str, Any] = {}
    space: Annotated[dict[str, Any], Field(min_length=1)]
    search: SearchSettings = SearchSettings()
    report: ReportSettings = ReportSettings()


def shipped() -> dict[str, Path]:
    """The study files that come with the package: name → path."""
    package = Path(__file__).parent
    folders = (package / "studies", package.parent / "studies")  # installed, and in a checkout
    folder = next((folder for folder in folders if folder.is_dir()), folders[0])
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find(study: str) -> Path:
    """The file that STUDY means: a path, or the name of a shipped study.

    Raises
    ------
    UsageError
        If it is neither.
    """
    path = Path(study)
    if path.suffix == ".toml" or path.is_file():
        if not path.is_file():
            raise UsageError(f"there is no study file {study}")
        return path
    studies = shipped()
    if study not in studies:
        raise UsageError(f"{choose_from('study', study, studies)}, or give the path of a .toml file")
    return studies[study]


def read(study: str, overrides: Mapping[str, Any] | None = None) -> StudyFile:
    """Read and validate the study file that `study` means.

    `overrides` go into ``[search]`` before validation; an error in one names the option ``--<key>``, not the file.

    Raises
    ------
    UsageError
        In one line: the file or option, the key, the rule, the value.
    """
    path = find(study)
    table = _parse(path)
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    search = table.get("search", {})
    if isinstance(search, dict):
        table["search"] = search | given
    try:
        return StudyFile.model_validate(table)
    except ValidationError as error:
        raise UsageError(_one_line(path, error, given)) from None


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: byte {error.start} is not UTF-8") from error
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _one_line(path: Path, error: ValidationError, given: Mapping[str, Any]) -> str:
    first, *rest = error.errors()
    place = [str(part) for part in first["loc"]]
    more = f" (and {len(rest)} more)" if rest else ""
    if len(place) > 1 and place[0] == "search" and place[1] in given:
        origin = f"--{place[1]}"
    else:
        origin = f"{path}: {_dotted(place)}"
    return f"{origin}: {_explain(first, place)}{more}"


def _dotted(place: list[str]) -> str:
    return place[0] if len(place) == 1 else f"[{place[0]}] {'.'.join(place[1:])}"


def _explain(error: Any, place: list[str]) -> str:
    value = error["input"]
    match error["type"]:
        case "extra_forbidden":
            return choose_from("key", place[-1], _known_keys(place[:-1]))
        case "missing":
            return "is missing"
        case "value_error":
            return str(error["ctx"]["error"])
        case "too_short":
            return "must not be empty"
        case "string_pattern_mismatch" | "string_too_long":
            return f"must be letters, digits, '.', '_' and '-', at most 100, got {value!r}"
    rule = error["msg"].removeprefix("Input should be ").removeprefix("a valid ")
    return f"must be {rule}, got {value!r}"


def _known_keys(tables: list[str]) -> list[str]:
    model: Any = StudyFile
    for table in tables:
        model = model.model_fields[table].annotation
    return list(model.model_fields)
