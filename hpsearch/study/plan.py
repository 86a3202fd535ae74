"""Plan of a study: its tasks, strategies and runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpsearch.checks import MOST_RUNS, MOST_TRIALS
from hpsearch.errors import UsageError, choose_from
from hpsearch.objectives import DEFAULT_FAMILY, FAMILIES, Objective
from hpsearch.objectives.base import Direction
from hpsearch.run import Run
from hpsearch.run.confirmation import REPETITIONS
from hpsearch.strategies import Strategy, make_strategy
from hpsearch.strategies.pruners import PRUNERS
from hpsearch.study import config

FAMILY = "family"  # key of [model]
_SEVERAL = {"source": "source", "path": "path", "tables": "table"}  # keys that may list several tasks: the key of one


@dataclass(frozen=True)
class Searcher:
    """A strategy of a study.

    Attributes
    ----------
    make
        Function from a 32-bit seed to a sampler.
    confirm
        Number of best trials that the last trials of a run train again.
    content
        Settings that must be equal for trials to be comparable, apart from the name.
    """

    make: Callable[[int], Any]
    confirm: int = 0
    content: Mapping[str, Any] = field(default_factory=dict)


def searcher(label: str, strategy: str | Strategy, options: Mapping[str, Any], confirm: int) -> Searcher:
    """Return the strategy labelled `label`: a key of `STRATEGIES` with options, or a sampler factory.

    Raises
    ------
    UsageError
        If there is no such strategy, or it has no such option.
    """
    if isinstance(strategy, str):
        make: Callable[[int], Any] = make_strategy(strategy, options)
    elif options:
        raise UsageError(f"options are for strategies given by name, got {dict(options)!r} with {strategy!r}")
    else:
        make = strategy
    named = {"strategy": strategy} if isinstance(strategy, str) and strategy != label else {}
    confirmed = {"confirm": confirm} if confirm else {}
    return Searcher(make, confirm, {**options, **named, **confirmed})


def check_confirm(confirm: int, trials: int) -> None:
    """Refuse a confirmation that leaves no trials for the search.

    Raises
    ------
    UsageError
        Unless `REPETITIONS` × `confirm` < `trials`.
    """
    taken = REPETITIONS * confirm
    if taken >= trials:
        raise UsageError(
            f"confirm = {confirm} takes {REPETITIONS} × {confirm} = {taken} trials, "
            f"which must be fewer than the {trials} trials of a run"
        )


@dataclass(frozen=True)
class Plan:
    """A study's tasks, strategies and budget.

    Attributes
    ----------
    name
        First part of the names of its runs.
    objectives
        Task → objective.
    strategies
        Label → strategy.
    trials, repeats, seed, pruner, retrain
        As `SearchSettings` has them.
    direction, metric
        ``"maximize"`` or ``"minimize"``; the name of the value.
    content
        Settings that must be equal for trials of later calls to be comparable, apart from tasks and strategies.
    catch
        Exceptions of the objective that fail a trial without ending the run.
    """

    name: str
    objectives: Mapping[str, Objective]
    strategies: Mapping[str, Searcher]
    trials: int
    repeats: int
    seed: int
    direction: Direction
    metric: str
    pruner: str = "none"
    retrain: int = 0
    content: Mapping[str, Any] = field(default_factory=dict)
    catch: tuple[type[Exception], ...] = ()

    def __post_init__(self) -> None:
        runs = len(self.objectives) * len(self.strategies) * self.repeats
        if runs > MOST_RUNS:
            raise UsageError(
                f"a study must have at most {MOST_RUNS:,} runs, got {len(self.objectives)} tasks × "
                f"{len(self.strategies)} strategies × {self.repeats} repeats = {runs:,}"
            )
        if self.trials > MOST_TRIALS:
            raise UsageError(f"trials must be at most {MOST_TRIALS:,}, got {self.trials}")

    def runs(self) -> list[Run]:
        """Return the runs, repeat by repeat, so that a stopped study has complete repeats to compare."""
        known = {task: self._known_of(objective) for task, objective in self.objectives.items()}
        return [
            self._run(task, label, repeat, **known[task])
            for repeat in range(self.repeats)
            for task in self.objectives
            for label in self.strategies
        ]

    def _known_of(self, objective: Objective) -> dict[str, Any]:
        """Return the arguments that all runs of a task share; computed once, since it may load the data."""
        return {
            "content": {**self.content, **objective.content},
            "epochs": None if self.pruner == "none" else objective.epochs,
            "reference": objective.reference,
            "space": objective.space,
            "folder": objective.folder,
        }

    def _run(self, task: str, label: str, repeat: int, *, content: Mapping[str, Any], **known: Any) -> Run:
        strategy = self.strategies[label]
        return Run(
            study=self.name,
            task=task,
            strategy=label,
            repeat=repeat,
            make_sampler=strategy.make,
            make_pruner=PRUNERS[self.pruner],
            seed=self.seed,
            direction=self.direction,
            metric=self.metric,
            trials=self.trials,
            retrain=self.retrain,
            content={**content, "strategy": dict(strategy.content)},
            confirm=strategy.confirm,
            named_by_task=self.has_several_tasks,
            **known,
        )

    @property
    def has_several_tasks(self) -> bool:
        """Whether the names of the runs contain the task."""
        return len(self.objectives) > 1

    def objective_of(self, run: Run) -> Objective:
        """Return the objective of a run."""
        return self.objectives[run.task].for_repeat(run.repeat)


def plan(study: str, overrides: Mapping[str, Any] | None = None, data_dir: Path | None = None) -> Plan:
    """Return the plan of a study file; `study` and `overrides` as for `config.read`.

    Raises
    ------
    UsageError
        In one line: the file or option, the key, the rule, the value.
    """
    file = config.read(study, overrides)
    search = file.search
    _check_confirms(study, file, overrides)
    try:
        tasks = _tasks(file, {"data_dir": data_dir, "folder": config.find(study).parent.resolve()})
        direction = _common_direction(tasks)
    except UsageError as error:
        raise UsageError(f"{config.find(study)}: {error}") from error
    metrics = {objective.metric for objective in tasks.values()}
    return Plan(
        name=file.name,
        objectives=tasks,
        strategies={label: _searcher(label, file.strategy(label)) for label in search.strategies},
        trials=search.trials,
        repeats=search.repeats,
        seed=search.seed,
        direction=direction,
        metric=metrics.pop() if len(metrics) == 1 else "score",
        pruner=search.pruner,
        retrain=search.retrain,
        content=file.model_dump(mode="json"),
    )


def _check_confirms(study: str, file: config.StudyFile, overrides: Mapping[str, Any] | None) -> None:
    for label in file.search.strategies:
        try:
            check_confirm(file.strategy(label).confirm or 0, file.search.trials)
        except UsageError as error:
            own = label in file.strategies and file.strategies[label].confirm is not None
            place = ["strategies", label, "confirm"] if own else ["search", "confirm"]
            raise UsageError(f"{config.origin(config.find(study), place, overrides)}: {error}") from error


def _searcher(label: str, settings: config.StrategySettings) -> Searcher:
    return searcher(label, settings.strategy or label, settings.options, settings.confirm or 0)


def _tasks(file: config.StudyFile, folders: Mapping[str, Path | None]) -> dict[str, Objective]:
    tasks: dict[str, Objective] = {}
    for data in _data_of_each(file.data):
        objective = _objective(data, file, folders)
        if objective.task in tasks:
            raise UsageError(f"[data] names the task {objective.task!r} twice: tasks need names of their own")
        tasks[objective.task] = objective
    return tasks


def _data_of_each(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the ``[data]`` of each task; one key may list several tasks."""
    lists = [key for key in _SEVERAL if isinstance(data.get(key), list)]
    if len(lists) > 1:
        raise UsageError(f"[data] {' and '.join(lists)} are both lists: one of them may name several tasks")
    several = lists[0] if lists else "tables" if "tables" in data else None
    if several is None:
        yield dict(data)
        return
    values = data[several] if isinstance(data[several], list) else [data[several]]
    if not values:
        raise UsageError(f"[data] {several}: must not be empty")
    shared = {key: value for key, value in data.items() if key != several}
    for value in values:
        yield shared | {_SEVERAL[several]: value}


def _objective(data: Mapping[str, Any], file: config.StudyFile, folders: Mapping[str, Path | None]) -> Objective:
    model = {key: value for key, value in file.model.items() if key != FAMILY}
    family = family_of(file.model)
    _check_source(data, family)
    space = file.space if family.accepts_changes else file.space or None
    if space == {}:
        raise UsageError("space: must not be empty")
    return family.build(data, model=model, space=space, seed=file.search.seed, **folders)  # type: ignore[arg-type]


def family_of(model: Mapping[str, Any]) -> type[Objective]:
    """Return the family that a table ``[model]`` names, or the default one.

    Raises
    ------
    UsageError
        If there is no such family.
    """
    name = model.get(FAMILY, DEFAULT_FAMILY)
    if not isinstance(name, str) or name not in FAMILIES:
        raise UsageError(f"[model] {FAMILY}: {choose_from('family', name, FAMILIES)}")
    return FAMILIES[name]


def _check_source(data: Mapping[str, Any], family: type[Objective]) -> None:
    """Refuse a source that only another family reads."""
    source = data.get("source")
    for name, other in FAMILIES.items():
        if other is not family and source in other.own_sources:
            raise UsageError(f'[data] source {source!r} is for another family: write family = "{name}" in [model]')


def _common_direction(tasks: Mapping[str, Objective]) -> Direction:
    directions = {objective.direction: task for task, objective in tasks.items()}
    if len(directions) > 1:
        told = " and ".join(f"{task!r} is to {direction}" for direction, task in directions.items())
        raise UsageError(f"[data] the tasks of a study must have one direction, but {told}")
    return next(iter(directions))
