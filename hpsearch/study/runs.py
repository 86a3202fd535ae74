"""Plan of a study: its tasks, variants and runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from hpsearch.analysis.claims.claim import Claim
from hpsearch.analysis.comparison.level import ALPHA
from hpsearch.checks import MOST_RUNS, MOST_TRIALS
from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.objectives import Objective
from hpsearch.objectives.base import Direction
from hpsearch.run import Run
from hpsearch.storage import StoredStudy
from hpsearch.strategies.lag import can_lag
from hpsearch.strategies.pruners import PRUNERS
from hpsearch.study.factors import STRATEGY, label_of
from hpsearch.study.variant import Searcher, Variant, is_untuned


@dataclass(frozen=True)
class StartsFrom:
    """Earlier study that the runs of a study take over trials from.

    Attributes
    ----------
    study
        Its name.
    storage
        URL of its storage; None: that of the new study.
    runs
        Its runs, if they are not read from a storage.
    """

    study: str
    storage: str | None = None
    runs: tuple[StoredStudy, ...] | None = field(default=None, repr=False)


def starts_in(start: StartsFrom | None, storage: str) -> StartsFrom:
    """Return the earlier study, kept in another `storage`.

    Raises
    ------
    UsageError
        If there is none.
    """
    if start is None:
        raise UsageError("--from-storage says where an earlier study is kept: name it with --from")
    return replace(start, storage=storage)


@dataclass(frozen=True)
class Plan:
    """A study's tasks, variants and budget.

    Attributes
    ----------
    name
        First part of the names of its runs.
    objectives
        Task → objective; of the first variant.
    strategies
        Label → strategy.
    trials, repeats, seed, pruner, retrain
        As `SearchSettings` has them.
    direction, metric
        ``"maximize"`` or ``"minimize"``; the name of the value.
    content
        Tables of the study file. Without factors, all of them that are not in `run.comparable` must be equal for
        trials of later calls to be comparable.
    read_from
        The study file with all defaults, from which the same plan can be made; None if there is none.
    cells
        The variants of a study with factors; None without factors: one variant per strategy.
    only
        Factor → levels to run; the others are left as they are.
    margin
        Largest difference that counts as practically equal.
    starts_with_defaults
        Whether the first trial of each run has the default of each searched parameter.
    catch
        Exceptions of the objective that fail a trial without ending the run.
    seconds
        Time that a call of ``execute`` may take; None: any.
    trial_timeout
        Seconds that a training may take, or None: a longer one is a failed trial. Trials stay comparable if it changes.
    batch
        Number of trials before a trial that it does not see, so that they may run at the same time; None if not yet
        settled, see `hpsearch.study.batch`.
    source
        Name or path of the study file as the user wrote it; empty without one.
    until_resolved
        Whether `repeats` is a limit: repeats are added until every comparison is resolved. The verdicts then spend
        their error on all looks rather than on the planned one.
    null
        Whether the study compares a strategy with itself, see `hpsearch.study.null`.
    variation
        Options of the command that vary the study file, ``quick`` and ``data``, see `hpsearch.study.variations`.
    repeats_now
        Number of repeats that `runs` returns; None: all.
    starts_from
        Earlier study whose trials new runs take over; None: they begin from nothing.
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
    read_from: Mapping[str, Any] | None = None
    cells: Sequence[Variant] | None = None
    only: Mapping[str, Collection[str]] = field(default_factory=dict)
    margin: float = 0.0
    starts_with_defaults: bool = False
    catch: tuple[type[Exception], ...] = ()
    seconds: float | None = None
    trial_timeout: float | None = None
    batch: int | None = None
    source: str = ""
    until_resolved: bool = False
    null: bool = False
    variation: Mapping[str, Any] = field(default_factory=dict)
    repeats_now: int | None = None
    starts_from: StartsFrom | None = None

    def __post_init__(self) -> None:
        if self.cells is None:
            check_runs(len(self.objectives), len(self.strategies), self.repeats, "strategies")
        else:
            check_runs(len(self.objectives), len(self.cells), self.repeats)
        if self.trials > MOST_TRIALS:
            raise UsageError(f"trials must be at most {MOST_TRIALS:,}, got {self.trials}")
        for variant in self.variants.values() if self.batch else ():
            if not can_lag(PRUNERS[variant.pruner]()):
                raise UsageError(
                    f"batch must be 0 with the pruner {variant.pruner!r}, whose brackets depend on the trial that "
                    f"finishes first, got {self.batch}"
                )
        for factor, levels in self.only.items():
            if factor not in self.factors:
                raise UsageError(f"--only: {choose_from('factor', factor, self.factors)}")
            for level in levels:
                if level not in self.factors[factor]:
                    raise UsageError(f"--only {factor}: {choose_from('level', level, self.factors[factor])}")

    @cached_property
    def variants(self) -> dict[str, Variant]:
        """Label → variant."""
        if self.cells is not None:
            return {label_of(cell.levels, self.factors): cell for cell in self.cells}
        shared = {"pruner": self.pruner, "starts_with_defaults": self.starts_with_defaults}
        return {
            label: Variant({STRATEGY: label}, label, searcher, self.objectives, **shared)  # type: ignore[arg-type]
            for label, searcher in self.strategies.items()
        }

    @cached_property
    def factors(self) -> dict[str, tuple[str, ...]]:
        """Factor → labels of its levels; the first is the reference."""
        levels = [{STRATEGY: label} for label in self.strategies]
        if self.cells is not None:
            levels = [dict(cell.levels) for cell in self.cells]
        names = levels[0] if levels else {}
        return {name: tuple(dict.fromkeys(each[name] for each in levels)) for name in names}

    @property
    def has_factors(self) -> bool:
        """Whether the study file has ``[factors]``."""
        return self.cells is not None

    @property
    def has_several_tasks(self) -> bool:
        """Whether the names of the runs contain the task."""
        return len(self.objectives) > 1

    def runs(self) -> list[Run]:
        """Return the runs, repeat by repeat, so that a stopped study has complete repeats to compare."""
        asked = {label: variant for label, variant in self.variants.items() if self.is_asked(variant)}
        shared = {
            (task, label): self._shared(label, variant, variant.objectives[task])
            for task in self.objectives
            for label, variant in asked.items()
        }
        return [
            Run(
                task=task,
                variant=label,
                repeat=repeat,
                trains_baselines=label == next(iter(self.variants)) and not self.variation.get("quick"),
                **shared[task, label],
            )
            for repeat in range(self.repeats if self.repeats_now is None else self.repeats_now)
            for task in self.objectives
            for label in asked
        ]

    def is_asked(self, variant: Variant) -> bool:
        """Return whether `only` leaves the variant to be run."""
        return all(variant.levels[factor] in levels for factor, levels in self.only.items())

    def _shared(self, label: str, variant: Variant, objective: Objective) -> dict[str, Any]:
        """Return the arguments that all repeats of a run share; computed once, since it may load the data."""
        untuned = is_untuned(objective)
        epochs = None if variant.pruner == "none" or untuned else objective.epochs
        pruner = PRUNERS["none" if untuned else variant.pruner]
        return {
            "study": self.name,
            "strategy": variant.strategy,
            "levels": dict(variant.levels),
            "family": objective.family,
            "make_sampler": variant.searcher.make,
            "rule": None if untuned else variant.searcher.rule,
            "make_pruner": pruner.make,
            "pruning": pruner.settings(epochs),
            "seed": self.seed,
            "direction": self.direction,
            "metric": self.metric,
            "trials": 1 if untuned else self.trials,
            "retrain": self.retrain,
            "content": self._content(label, variant, objective),
            "confirm": 0 if untuned else variant.searcher.confirm,
            "epochs": epochs,
            "named_by_task": self.has_several_tasks,
            "reference": objective.reference,
            "space": objective.space,
            "conditions": objective.conditions,
            "likely": objective.likely,
            "folder": objective.folder,
            "source": self.source,
            "untuned": untuned,
            "first": dict(objective.defaults) if variant.starts_with_defaults and not untuned else None,
            "plan": self._stored(),
            "file": self._file() if self.has_factors else None,
            "batch": 0 if untuned else self.batch or 0,
        }

    def _content(self, label: str, variant: Variant, objective: Objective) -> dict[str, Any]:
        """Return what makes trials comparable; with factors the variant's own settings, so that levels can be added."""
        if not self.has_factors:
            return {**self._file(), **objective.content, "strategy": dict(variant.searcher.content)}
        own = objective.content or {"variant": label}
        search = {"seed": self.seed, "pruner": variant.pruner}
        first = {"first": "defaults"} if variant.starts_with_defaults else {}
        batch = {"batch": self.batch} if self.batch and not is_untuned(objective) else {}
        start = {"from": self.starts_from.study} if self.starts_from and not is_untuned(objective) else {}
        return {
            "family": objective.family,
            **own,
            "strategy": variant.searcher_content,
            "search": search | first | batch | start,
            "seeds": "separate",
        }

    def _file(self) -> dict[str, Any]:
        """Return the tables of the study file, with the batch if there is one."""
        if not self.batch:
            return dict(self.content)
        return {**self.content, "search": {**self.content.get("search", {}), "batch": self.batch}}

    def _stored(self) -> dict[str, Any]:
        """Return the plan as stored with each run before its first trial."""
        claims = [Claim.model_validate(each).rule() for each in self.content.get("claims", ())]
        return (
            {
                "tasks": list(self.objectives),
                "factors": {factor: list(levels) for factor, levels in self.factors.items()},
                "trials": self.trials,
                "repeats": self.repeats,
                "retrain": self.retrain,
                "margin": self.margin,
                "level": ALPHA,
            }
            | {key: True for key in ("until_resolved", "null") if getattr(self, key)}
            | dict(self.variation)
            | ({"claims": claims} if claims else {})
        )

    def objective_of(self, run: Run) -> Objective:
        """Return the objective of a run."""
        return self.variants[run.variant].objectives[run.task].for_repeat(run.repeat)


def check_runs(tasks: int, variants: int, repeats: int, kind: str = "variants") -> None:
    """Refuse a study of too many runs; they are planned in memory.

    Raises
    ------
    UsageError
        If there are more than `MOST_RUNS`.
    """
    runs = tasks * variants * repeats
    if runs > MOST_RUNS:
        raise UsageError(
            f"a study must have at most {MOST_RUNS:,} runs, "
            f"got {tasks} tasks × {quoted(variants)} {kind} × {repeats} repeats"
        )
