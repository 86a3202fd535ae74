"""Variants of a study: how each searches, and the objective of each task."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hpsearch.errors import UsageError, quoted
from hpsearch.objectives import Objective
from hpsearch.run.confirmation import REPETITIONS
from hpsearch.strategies import STRATEGIES, Strategy, make_strategy

_log = logging.getLogger(__name__)


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
    rule
        Version of the rule that new runs are searched by, see `hpsearch.run.rules`; None if there is only one.
    learns
        Whether it uses the values of earlier trials, as far as is known.
    """

    make: Callable[[int], Any]
    confirm: int = 0
    content: Mapping[str, Any] = field(default_factory=dict)
    rule: int | None = None
    learns: bool = True


@dataclass(frozen=True)
class Variant:
    """One level of each factor.

    Attributes
    ----------
    levels
        Factor → label of its level.
    strategy
        Label of the strategy.
    objectives
        Task → objective.
    pruner
        A key of `PRUNERS`.
    starts_with_defaults
        Whether the first trial has the default of each searched parameter.

    Raises
    ------
    UsageError
        If there is a pruner, and the budget of trainings is not in epochs.
    """

    levels: Mapping[str, str]
    strategy: str
    searcher: Searcher
    objectives: Mapping[str, Objective]
    pruner: str = "none"
    starts_with_defaults: bool = False

    def __post_init__(self) -> None:
        tuned = [objective for objective in self.objectives.values() if not is_untuned(objective)]
        if self.pruner != "none" and not all(objective.counts_epochs for objective in tuned):
            raise UsageError(
                f'[search] pruner must be "none" where trainings have a budget in steps, got {quoted(self.pruner)}: '
                "set epochs in [model] instead of steps"
            )

    @property
    def learns(self) -> bool:
        """Whether its strategy uses the values of earlier trials, as far as is known."""
        return self.searcher.learns

    @property
    def searcher_content(self) -> dict[str, Any]:
        """Strategy, options and confirmation: what a run's content says of the strategy, whatever its label."""
        return {"strategy": self.strategy, **self.searcher.content}


def is_untuned(objective: Objective) -> bool:
    """Return whether there is nothing to search, so that a run is one training, which is judged itself."""
    return objective.space is not None and not objective.space


def ineffective_search(variant: Variant) -> dict[str, str]:
    """Return the settings of the search without effect, each with the reason."""
    objectives = variant.objectives.values()
    if all(map(is_untuned, objectives)):
        return dict.fromkeys(("pruner", "confirm", "first"), "there is nothing to search")
    if all(objective.epochs is None for objective in objectives):
        return {"pruner": "trainings have a single step"}
    return {}


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
    rule = options.get("rule", STRATEGIES[strategy].rule) if isinstance(strategy, str) else None
    learns = not isinstance(strategy, str) or STRATEGIES[strategy].learns
    return Searcher(make, confirm, {**options, **named, **confirmed}, rule, learns)


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


def warn_of_short_searches(confirms: Iterable[int], trials: int) -> None:
    """Log one warning if a confirmation takes more than half of a run's trials from the search, and what to do."""
    confirm = max(confirms, default=0)
    taken = REPETITIONS * confirm
    if 2 * taken > trials:
        most = trials // (2 * REPETITIONS)
        _log.warning(
            "confirm = %d takes %d of the %d trials of a run, and the search has only %d: take trials >= %d, or %s",
            confirm, taken, trials, trials - taken, 2 * taken, f"confirm <= {most}" if most else "no confirm",
        )  # fmt: skip
