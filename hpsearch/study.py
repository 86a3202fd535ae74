"""A study, ready to be run: which runs there are and what each of them is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpsearch import config
from hpsearch.errors import UsageError
from hpsearch.objective import MLPObjective
from hpsearch.pruners import PRUNERS
from hpsearch.run import Direction, Objective, Run
from hpsearch.strategies import STRATEGIES, Strategy


@dataclass(frozen=True)
class Plan:
    """Everything that a study is, ready to be run.

    Attributes
    ----------
    name
        First part of the names of its runs.
    objective
        What is optimized. One that has ``for_repeat(repeat)`` is asked for its version for each repeat.
    strategies
        Name → maker of the sampler.
    trials, repeats, seed, pruner, retrain
        As `SearchSettings` has them.
    direction, metric, task
        ``"maximize"`` or ``"minimize"``; what a value is; on what.
    content
        What makes its trials comparable with those of a later call.
    catch
        Exceptions of the objective that make a trial fail and let the run go on.
    """

    name: str
    objective: Objective
    strategies: Mapping[str, Strategy]
    trials: int
    repeats: int
    seed: int
    direction: Direction
    metric: str
    task: str
    pruner: str = "none"
    retrain: int = 0
    content: Mapping[str, Any] = field(default_factory=dict)
    catch: tuple[type[Exception], ...] = ()

    def runs(self) -> list[Run]:
        """The runs, repeat by repeat, so that a study that is stopped has compared what it has."""
        return [
            Run(
                study=self.name,
                task=self.task,
                strategy=strategy,
                repeat=repeat,
                make_sampler=make,
                make_pruner=PRUNERS[self.pruner],
                seed=self.seed,
                direction=self.direction,
                metric=self.metric,
                trials=self.trials,
                retrain=self.retrain,
                content=self.content,
            )
            for repeat in range(self.repeats)
            for strategy, make in self.strategies.items()
        ]

    def objective_of(self, run: Run) -> Objective:
        """The objective of one run."""
        specialise: Callable[[int], Objective] | None = getattr(self.objective, "for_repeat", None)
        return self.objective if specialise is None else specialise(run.repeat)


def plan(study: str, overrides: Mapping[str, Any] | None = None, data_dir: Path | None = None) -> Plan:
    """The plan that a study file describes; `study` and `overrides` as for `config.read`.

    Raises
    ------
    UsageError
        In one line: the file or option, the key, the rule, the value.
    """
    file = config.read(study, overrides)
    search = file.search
    try:
        objective = MLPObjective(file.data, model=file.model, space=file.space, seed=search.seed, data_dir=data_dir)
    except UsageError as error:
        raise UsageError(f"{config.find(study)}: {error}") from error
    content = file.model_dump(mode="json") | objective.content
    return Plan(
        name=file.name,
        objective=objective,
        strategies={name: STRATEGIES[name] for name in search.strategies},
        trials=search.trials,
        repeats=search.repeats,
        seed=search.seed,
        direction=objective.direction,
        metric=objective.metric,
        task=objective.task,
        pruner=search.pruner,
        retrain=search.retrain,
        content=content,
    )
