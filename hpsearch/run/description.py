"""Definition of a run without its objective, and the attributes of its Optuna study."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from hpsearch.objectives.base import Conditions, Direction
from hpsearch.run.budget import Budget
from hpsearch.run.comparable import content_hash
from hpsearch.run.confirmation import Beginning
from hpsearch.run.environment import environment
from hpsearch.run.taken_over import AGAIN, NEAREST, OLDEST, TAKEN, TakenOver
from hpsearch.seeding import integer
from hpsearch.strategies.base import RULE
from hpsearch.strategies.earlier import ContinuingSampler
from hpsearch.strategies.lag import lagged_sampler
from hpsearch.strategies.likely import LIKELY, LIKELY_RULE, with_likely
from hpsearch.strategies.likely import NEWEST as NEWEST_LIKELY


@dataclass(frozen=True)
class Run:
    """Definition of a run, without its objective.

    Attributes
    ----------
    study, task, strategy, repeat
        Identity of the run, with `variant`; `strategy` is the label of its strategy.
    make_sampler, make_pruner
        Make the sampler, from a 32-bit seed, and the pruner, from its settings.
    seed
        Seed of the study: repeats differ, strategies share it.
    direction, metric
        ``"maximize"`` or ``"minimize"``, and the name of the metric.
    trials
        Budget in trials.
    retrain
        Number of retrainings of the incumbent on fresh seeds for the test, if the objective supports it.
    content
        Settings that make trials comparable: the study file, or the arguments of the caller.
    confirm
        Number of best trials to retrain, three times each, at the end of the budget.
    epochs
        Maximum epochs per trial if the budget is trials × epochs epochs; None if it counts trials.
    named_by_task
        Whether the name includes the task, in studies with several.
    reference
        ``best`` and ``median`` value over the task's configurations, if available.
    space
        Declared search space, if available.
    folder
        Folder that relative paths in `content` start from, if there are any.
    source
        Name or path of the study file as the user wrote it, for commands that continue the study.
    variant
        Label of the variant; the strategy's in a study without factors.
    levels
        Factor → label of its level.
    family
        Family of the objective; empty for functions.
    conditions
        When conditional parameters are searched.
    untuned
        Whether there is nothing to search: the run is one training, which is judged on the test rows itself.
    first
        Parameters of the first trial; None if the strategy draws them.
    plan
        What is compared, with which budget, repeats and level, as stored twice: in ``plan``, which follows later calls,
        and in ``first_plan``, which stays as it was before the run's first trial.
    file
        Tables of the study file, if `content` is the variant's own.
    pruning
        Settings of a new run's pruner; a stored run keeps its own.
    rule
        Version of the rule that a new run is searched by, if there are several; a stored run keeps its own.
    stored_name
        Name of its Optuna study, if it was created under another label.
    batch
        Number of trials before each trial that it does not see, so that they may run at the same time.
    trains_baselines
        Whether it trains the objective's baselines, which all runs of its repeat on its task share.
    taken_over
        What it takes over from an earlier study; None if it goes on from none.
    likely
        Parameter → value near which a person expects the best one, as Optuna stores it.
    likely_rule
        Version of the rule of likely values that a new run is searched by; a stored run keeps its own.
    """

    study: str
    task: str
    strategy: str
    repeat: int
    make_sampler: Callable[[int], BaseSampler] = field(repr=False)
    make_pruner: Callable[..., BasePruner] = field(repr=False)
    seed: int
    direction: Direction
    metric: str
    trials: int
    retrain: int
    content: Mapping[str, Any] = field(repr=False)
    confirm: int = 0
    epochs: int | None = None
    named_by_task: bool = False
    reference: Mapping[str, float] | None = field(default=None, repr=False)
    space: Mapping[str, BaseDistribution] | None = field(default=None, repr=False)
    folder: str | None = None
    source: str = ""
    variant: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)
    family: str = ""
    conditions: Conditions = field(default_factory=dict, repr=False)
    untuned: bool = False
    first: Mapping[str, Any] | None = None
    plan: Mapping[str, Any] | None = field(default=None, repr=False)
    file: Mapping[str, Any] | None = field(default=None, repr=False)
    pruning: Mapping[str, int] = field(default_factory=dict)
    rule: int | None = None
    stored_name: str = ""
    batch: int = 0
    trains_baselines: bool = False
    taken_over: TakenOver | None = field(default=None, repr=False)
    likely: Mapping[str, Any] = field(default_factory=dict, repr=False)
    likely_rule: int = NEWEST_LIKELY

    def __post_init__(self) -> None:
        object.__setattr__(self, "variant", self.variant or self.strategy)
        object.__setattr__(self, "levels", dict(self.levels) or {"strategy": self.strategy})

    @property
    def name(self) -> str:
        """Name of its Optuna study."""
        return self.stored_name or self.own_name

    @property
    def own_name(self) -> str:
        """Name of its Optuna study by its label."""
        task = [self.task] if self.named_by_task else []
        return "/".join([self.study, *task, self.variant, f"{self.repeat:02d}"])

    @property
    def budget(self) -> Budget:
        """Budget of the run."""
        return Budget(self.trials, self.confirm, self.epochs)

    @property
    def begins_with(self) -> list[Beginning]:
        """First trials: with the defaults if asked for, then with the parameters of the best trial that it takes over.

        The best of the earlier study is trained again, so that a value of this run's own can be its incumbent. If a
        better one does not fit the space, the nearest parameters that do are trained next.
        """
        first = [] if self.first is None else [Beginning(self.first)]
        taken = self.taken_over
        if taken is None:
            return first
        if (best := taken.best(self.direction)) is not None:
            first.append(Beginning(best.params, {AGAIN: [best.run, best.number]}))
        if (nearest := taken.better_nearest(self.direction)) is not None:
            first.append(Beginning(nearest.params, {NEAREST: [nearest.run, nearest.number]}))
        return first

    def sampler(self) -> BaseSampler:
        """Return a new sampler, seeded for this repeat; after an earlier study it draws other points than that one."""
        taken = self.taken_over
        if taken is None or not taken.trials:
            return self._sampler(integer(self.seed, self.repeat))
        seed, space = integer(self.seed, self.repeat, taken.study), self.space or {}
        begun, teaches = len(self.begins_with), taken.rule > OLDEST
        return ContinuingSampler(self._sampler(seed), taken.frozen(space), space, seed, begun, teaches=teaches)

    def _sampler(self, seed: int) -> BaseSampler:
        sampler = with_likely(self.make_sampler(seed), self.likely, seed, self.likely_rule)
        return lagged_sampler(sampler, self.batch, drawn_ahead=self.space is not None)

    def attributes(self) -> dict[str, Any]:
        """Return the user attributes of its Optuna study; `content` is last, to mark them complete."""
        required = {
            "study": self.study,
            "task": self.task,
            "strategy": self.strategy,
            "variant": self.variant,
            "levels": dict(self.levels),
            "repeat": self.repeat,
            "seed": self.seed,
            "metric": self.metric,
            "trials": self.trials,
        }
        optional = {
            "confirm": self.confirm or None,
            "epochs": self.epochs,
            "pruning": dict(self.pruning) or None,
            RULE: self.rule,
            "reference": None if self.reference is None else dict(self.reference),
            "space": None if self.space is None else _as_json(self.space),
            "when": {name: dict(required) for name, required in self.conditions.items()} or None,
            "folder": self.folder,
            "source": self.source or None,
            "family": self.family or None,
            LIKELY: dict(self.likely) or None,
            LIKELY_RULE: self.likely_rule if self.likely else None,
            TAKEN: None if self.taken_over is None else self.taken_over.as_stored(),
            "plan": self.plan,
            "first_plan": self.plan,
            "file": self.file,
        }
        return (
            required
            | {key: value for key, value in optional.items() if value is not None}
            | {
                "environments": [environment()],
                "content_hash": content_hash(self.content),
                "content": dict(self.content),
            }
        )


def _as_json(space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    return {name: json.loads(distribution_to_json(dist)) for name, dist in space.items()}
