"""What a run is, apart from its objective, and what its optuna study says of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler

from hpsearch.objectives.base import Direction
from hpsearch.run.budget import Budget
from hpsearch.run.comparable import content_hash
from hpsearch.strategies.seeding import integer
from hpsearch.version import __version__


@dataclass(frozen=True)
class Run:
    """What a run is, apart from its objective.

    Attributes
    ----------
    study, task, strategy, repeat
        Whose run it is.
    make_sampler, make_pruner
        The strategy, from a 32-bit seed, and the pruner.
    seed
        The study's seed: repeats differ, strategies share it.
    direction, metric
        ``"maximize"`` or ``"minimize"``, and what.
    trials
        How many trials it may spend.
    retrain
        How often the incumbent's hyperparameters are trained anew for the test, if the objective can.
    content
        What makes trials comparable: the study file, or what the caller gave.
    confirm
        How many of the search's best trials are trained again, three times each, with the last of the budget.
    epochs
        The most epochs that a trial may train, where the budget is trials × epochs epochs; None where it counts trials.
    named_by_task
        Whether the task is part of the name, since the study has several.
    reference
        What is known of the task: ``best`` and ``median`` value of a configuration.
    space
        What is declared to be searched, where that is known.
    """

    study: str
    task: str
    strategy: str
    repeat: int
    make_sampler: Callable[[int], BaseSampler] = field(repr=False)
    make_pruner: Callable[[], BasePruner] = field(repr=False)
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

    @property
    def name(self) -> str:
        """The name of its optuna study."""
        task = [self.task] if self.named_by_task else []
        return "/".join([self.study, *task, self.strategy, f"{self.repeat:02d}"])

    @property
    def budget(self) -> Budget:
        """What it may spend."""
        return Budget(self.trials, self.confirm, self.epochs)

    def sampler(self) -> BaseSampler:
        """A new sampler, seeded for this repeat."""
        return self.make_sampler(integer(self.seed, self.repeat))

    def attributes(self) -> dict[str, Any]:
        """What its optuna study says of it; `content` last, since it marks that all is said."""
        said = {
            "study": self.study,
            "task": self.task,
            "strategy": self.strategy,
            "repeat": self.repeat,
            "seed": self.seed,
            "metric": self.metric,
            "trials": self.trials,
        }
        optional = {
            "confirm": self.confirm or None,
            "epochs": self.epochs,
            "reference": None if self.reference is None else dict(self.reference),
            "space": None if self.space is None else _as_json(self.space),
        }
        return (
            said
            | {key: value for key, value in optional.items() if value is not None}
            | {
                "versions": {"hpsearch": __version__} | _versions(),
                "content_hash": content_hash(self.content),
                "content": dict(self.content),
            }
        )


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("optuna", "numpy", "scikit-learn")}


def _as_json(space: Mapping[str, BaseDistribution]) -> dict[str, Any]:
    return {name: json.loads(distribution_to_json(dist)) for name, dist in space.items()}
