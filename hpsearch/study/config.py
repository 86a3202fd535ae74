"""Read and validate study files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hpsearch.analysis.claims.claim import Claim
from hpsearch.analysis.thresholds import Thresholds, thresholds
from hpsearch.checks import MOST_BATCH, MOST_RUNS, MOST_SECONDS, MOST_SEED, MOST_TRIALS, one_of, rule_of
from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.objectives.data_keys import with_whole_names
from hpsearch.strategies import STRATEGIES, make_strategy
from hpsearch.strategies.pruners import PRUNERS
from hpsearch.study.figure import FigureSettings
from hpsearch.study.shipped import find
from hpsearch.study.toml_file import dotted, parse
from hpsearch.text import short

FIRST = ("drawn", "defaults")
"""First trial of a run: drawn by the strategy, or the default of each searched parameter."""

_ONE_STRATEGY = ["random"]  # with factors

_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
_Confirm = Annotated[int, Field(ge=0, le=MOST_TRIALS)]


def _at_most(characters: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text) > characters:
            raise UsageError(f"must have at most {characters:,} characters, got {len(text):,}")
        return text

    return AfterValidator(check)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class VariantSearch(_Table):
    """Keys of ``[search]`` that a level of a factor can set, too.

    Attributes
    ----------
    pruner
        A key of `PRUNERS`.
    first
        First trial of each run: one of `FIRST`.
    confirm
        Number of best trials that the last trials of a run train again, three times each; None: the strategy's own.
    """

    pruner: str = "none"
    first: str = FIRST[0]
    confirm: _Confirm | None = None

    @field_validator("first")
    @classmethod
    def _known_first(cls, name: str) -> str:
        return one_of("first trial", name, FIRST)

    @field_validator("pruner")
    @classmethod
    def _known_pruner(cls, name: str) -> str:
        if name not in PRUNERS:
            raise UsageError(choose_from("pruner", name, PRUNERS))
        return name


class SearchSettings(VariantSearch):
    """Settings of ``[search]``: strategies and the budget of each run.

    Attributes
    ----------
    strategies
        Keys of `STRATEGIES`, or labels defined by ``[strategies.<label>]``.
    trials
        Number of trials of each run.
    repeats
        Number of runs of each strategy.
    seed
        Seed of every draw, split and training.
    confirm
        Number of best trials that the last trials of a run train again, three times each.
    retrain
        Number of retrainings of a run's best hyperparameters, on fresh seeds, for the test value.
    trial_seconds
        Time limit of a training in seconds; a longer one is ended, and its trial has failed. None: no limit.
    seconds
        Time that a call may take; no trial begins after it, and no repeat that would not be complete. None: any.
    batch
        Number of trials before a trial that it does not see, so that they may run at the same time; None: what is
        stored, or the default of `hpsearch.study.batch`.
    start_from
        The key ``from``: name of an earlier study whose trials the runs take over; None: begin from nothing.
    """

    strategies: Annotated[list[str], Field(min_length=1)] = ["random", "narrowing", "tpe"]
    trials: Annotated[int, Field(ge=1, le=MOST_TRIALS)] = 40
    repeats: Annotated[int, Field(ge=1, le=MOST_RUNS)] = 5
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)] = 0
    confirm: _Confirm = 0
    retrain: Annotated[int, Field(ge=0, le=MOST_TRIALS)] = 5
    trial_seconds: Annotated[float, Field(gt=0, le=MOST_SECONDS, allow_inf_nan=False)] | None = None
    seconds: Annotated[float, Field(gt=0, le=MOST_SECONDS, allow_inf_nan=False)] | None = None
    batch: Annotated[int, Field(ge=0, le=MOST_BATCH)] | None = None
    start_from: _Name | None = Field(alias="from", default=None)  # no name in Python

    @field_validator("strategies")
    @classmethod
    def _each_once(cls, names: list[str]) -> list[str]:
        twice = next((name for name, times in Counter(names).items() if times > 1), None)
        if twice is not None:
            raise UsageError(f"names {twice!r} twice")
        return names


class StrategySettings(_Table):
    """Settings of ``[strategies.<label>]``: a labelled strategy. All other keys are options of the strategy.

    Attributes
    ----------
    strategy
        A key of `STRATEGIES`; by default the label.
    confirm
        As in ``[search]``, whose value is the default.
    """

    model_config = ConfigDict(extra="allow")

    strategy: str | None = None
    confirm: _Confirm | None = None

    @property
    def options(self) -> dict[str, Any]:
        """Options of the strategy."""
        return dict(self.model_extra or {})


class ReportSettings(_Table):
    """Settings of ``[report]``. All other keys are thresholds of its diagnostics.

    Attributes
    ----------
    margin
        Largest difference that counts as practically equal, in units of the metric. The one that was stored before the
        study's first trial counts; later changes have no effect.
    follows, changes
        The study that this one follows, and the changes since; written by ``next.toml``.
    then
        The study to run next where this one leaves nothing open.
    """

    model_config = ConfigDict(extra="allow")

    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    follows: str = ""
    changes: list[str] = []
    then: Annotated[str, _at_most(1_000)] = ""

    @model_validator(mode="after")
    def _known_thresholds(self) -> Self:
        for key in self.model_extra or {}:
            if key not in Thresholds.model_fields:
                raise UsageError(choose_from("key", key, [*type(self).model_fields, *Thresholds.model_fields]))
        thresholds(self.model_extra or {})
        return self


class StudyFile(_Table):
    """A study: one question, one or more tasks with model and space, factors, one budget.

    The objectives validate ``[data]``, ``[model]``, ``[space]`` and ``[record]``; `hpsearch.study.factors` validates
    ``[factors]``, `hpsearch.study.claims` what ``[[claims]]`` name, and `hpsearch.study.figure` ``[figure]``.
    Without ``[space]``, it is the family's default one.
    """

    name: _Name
    title: Annotated[str, _at_most(1_000)] = ""
    question: Annotated[str, _at_most(10_000)] = ""
    data: dict[str, Any] = {}
    model: dict[str, Any] = {}
    space: dict[str, Any] | None = None
    search: SearchSettings = SearchSettings()
    strategies: dict[_Name, StrategySettings] = {}
    factors: dict[_Name, dict[str, Any]] = {}
    record: dict[str, Any] = {}
    figure: FigureSettings = FigureSettings()
    report: ReportSettings = ReportSettings()
    claims: Annotated[list[Claim], Field(max_length=1_000)] = []

    @field_validator("space", mode="before")
    @classmethod
    def _whole_names(cls, space: Any) -> Any:
        return with_whole_names(space) if isinstance(space, Mapping) else space

    @field_validator("factors", mode="before")
    @classmethod
    def _whole_names_in_levels(cls, factors: Any) -> Any:
        if not isinstance(factors, Mapping):
            return factors
        return {name: _with_whole_names_in_levels(factor) for name, factor in factors.items()}

    def all_tables(self) -> dict[str, Any]:
        """Return the file with all defaults; a study from nothing has no key ``from``."""
        tables = self.model_dump(mode="json", by_alias=True)
        if self.search.start_from is None:
            del tables["search"]["from"]
        return tables

    def tables(self) -> dict[str, Any]:
        """Return the file as stored: with all defaults, but without keys of this version that have them."""
        tables = self.all_tables()
        tables["space"] = tables["space"] or {}
        tables["figure"] = self.figure.model_dump(mode="json", exclude_defaults=True)
        for table in ("factors", "record", "figure", "claims"):
            if not tables[table]:
                del tables[table]
        if self.search.first == FIRST[0]:
            del tables["search"]["first"]
        if not self.report.then:
            del tables["report"]["then"]
        del tables["search"]["seconds"]  # a limit of each call
        if self.search.trial_seconds is None:
            del tables["search"]["trial_seconds"]
        if not self.search.batch:
            del tables["search"]["batch"]
        return tables

    def strategy(self, label: str) -> StrategySettings:
        """Return the complete settings of a label: strategy, options, confirmation."""
        given = self.strategies.get(label, StrategySettings())
        strategy = label if given.strategy is None else given.strategy
        confirm = self.search.confirm if given.confirm is None else given.confirm
        return given.model_copy(update={"strategy": strategy, "confirm": confirm})


def _with_whole_names_in_levels(factor: Any) -> Any:
    """Return a factor in whose levels' spaces keys have whole names; anything of another form as it is."""
    if not isinstance(factor, Mapping) or not isinstance(factor.get("levels"), Mapping):
        return factor
    changed = {
        label: {**level, "space": with_whole_names(level["space"])}
        for label, level in factor["levels"].items()
        if isinstance(level, Mapping) and isinstance(level.get("space"), Mapping)
    }
    return {**factor, "levels": {**factor["levels"], **changed}}


def variant_search(table: Mapping[str, Any]) -> VariantSearch:
    """Return the search settings of a variant, checked.

    Raises
    ------
    UsageError
        If a value is invalid.
    """
    try:
        return VariantSearch.model_validate(dict(table))
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"[search] {'.'.join(map(str, first['loc']))}: {rule_of(first)}") from None


def read(study: str, overrides: Mapping[str, Any] | None = None) -> StudyFile:
    """Read and validate the study file for `study`, a path or a shipped name.

    `overrides` replace keys of ``[search]`` before validation. An error in one names the option ``--<key>``.

    Raises
    ------
    UsageError
        In one line: the file or option, the key, the rule, the value.
    """
    path = find(study)
    table = parse(path)
    given = _given(overrides)
    search = table.get("search", {})
    if isinstance(search, dict):
        strategies = {"strategies": _ONE_STRATEGY} if table.get("factors") else {}
        table["search"] = strategies | search | given
    try:
        file = StudyFile.model_validate(table)
    except ValidationError as error:
        raise UsageError(_one_line(path, error, given)) from None
    _check_strategies(path, file, given)
    return file


def _given(overrides: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (overrides or {}).items() if value is not None}


def _check_strategies(path: Path, file: StudyFile, given: Mapping[str, Any]) -> None:
    """Refuse unknown strategy labels and options."""
    labels = {*STRATEGIES, *file.strategies}
    for label in file.search.strategies:
        if label not in labels:
            raise UsageError(
                f"{origin(path, ['search', 'strategies'], given)}: {choose_from('strategy', label, labels)}"
            )
    for label in file.strategies:
        settings = file.strategy(label)
        try:
            make_strategy(settings.strategy or label, settings.options)
        except UsageError as error:
            raise UsageError(f"{path}: [strategies.{label}] {error}") from error


def _one_line(path: Path, error: ValidationError, given: Mapping[str, Any]) -> str:
    first, *rest = error.errors()
    place = [short(str(part)) for part in first["loc"] if part != "[key]"]
    if place[0] == "claims" and len(place) > 1:
        place[1] = str(int(place[1]) + 1)  # the tables of a list count from 1
    more = f" (and {len(rest)} more)" if rest else ""
    return f"{origin(path, place, given)}: {_explain(first, place)}{more}"


def origin(path: Path, place: Sequence[str], overrides: Mapping[str, Any] | None) -> str:
    """Return the origin of the value at `place`: a command-line option, or a key of the file."""
    if len(place) > 1 and place[0] == "search" and place[1] in _given(overrides):
        return f"--{place[1]}"
    return f"{path}: {dotted(place)}"


def _explain(error: Any, place: list[str]) -> str:
    value = error["input"]
    match error["type"]:
        case "extra_forbidden":
            return choose_from("key", place[-1], _known_keys(place[:-1]))
        case "missing":
            return "is missing"
        case "too_short":
            return "must not be empty"
        case "list_type" if place == ["claims"]:
            return f"must be tables, each headed [[claims]], got {quoted(value)}"
        case "string_pattern_mismatch" | "string_too_long":
            return f"must be letters, digits, '.', '_' and '-', at most 100, got {quoted(value)}"
    return rule_of(error)


def _known_keys(tables: list[str]) -> list[str]:
    model: Any = StudyFile
    for table in tables:
        if table.isdecimal():  # the place in a list of tables
            continue
        annotation = model.model_fields[table].annotation
        model = next(iter(get_args(annotation)), annotation)
    return [field.alias or name for name, field in model.model_fields.items()]
