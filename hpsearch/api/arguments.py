"""Arguments that `search` and `compare` share, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hpsearch.api.returned import Search
from hpsearch.checks import (
    MOST_BATCH,
    MOST_SEED,
    MOST_TRIALS,
    number,
    one_of,
    seconds,
    text,
    true_or_false,
    whole,
)
from hpsearch.errors import UsageError, choose_from
from hpsearch.objectives.base import Direction
from hpsearch.objectives.declared import Space
from hpsearch.strategies.pruners import PRUNERS
from hpsearch.study.config import FIRST


@dataclass(kw_only=True)
class Arguments:
    """Arguments of a study but its objective and strategies; `compare` says what each means.

    The defaults are those of a single search.

    Raises
    ------
    UsageError
        If one is invalid.
    """

    name: str
    trials: int
    seed: int
    direction: Direction | None
    pruner: str
    catch: tuple[type[Exception], ...]
    batch: int | None
    timeout: float | None
    trial_timeout: float | None
    start_from: str | Search | None
    space: Space | None
    repeats: int = 1
    retrain: int = 0
    first: str = "drawn"
    factors: Mapping[str, Mapping[str, object]] | None = None
    margin: float = 0.0
    until_resolved: bool = False

    def __post_init__(self) -> None:
        text("name", self.name)
        self.trials = whole("trials", self.trials, 1, MOST_TRIALS)
        self.repeats = whole("repeats", self.repeats, 1)
        self.seed = whole("seed", self.seed, 0, MOST_SEED)
        self.retrain = whole("retrain", self.retrain, 0, MOST_TRIALS)
        self.trial_timeout = None if self.trial_timeout is None else seconds("trial_timeout", self.trial_timeout)
        self.batch = None if self.batch is None else whole("batch", self.batch, 0, MOST_BATCH)
        if self.pruner not in PRUNERS:
            raise UsageError(choose_from("pruner", self.pruner, PRUNERS))
        one_of("first", self.first, FIRST)
        if self.direction not in (None, "minimize", "maximize"):
            raise UsageError(choose_from("direction", self.direction, ("minimize", "maximize")))
        self.margin = number("margin", self.margin, ">= 0", lambda size: size >= 0)
        self.timeout = None if self.timeout is None else seconds("timeout", self.timeout)
        self.until_resolved = true_or_false("until_resolved", self.until_resolved)
        if self.start_from is not None and not isinstance(self.start_from, Search):
            text("start_from", self.start_from)
