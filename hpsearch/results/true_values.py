"""True values of the incumbents after each trial, where a family has them without training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import optuna
import pandas as pd
from optuna.trial import FrozenTrial

from hpsearch.errors import UsageError
from hpsearch.objectives import Objective, family
from hpsearch.results.attributes import Attributes, family_of, key_of
from hpsearch.results.results import TRUE_VALUE_COLUMNS
from hpsearch.run import Budget, confirms, incumbent
from hpsearch.storage import StoredStudy


def true_values(studies: Iterable[optuna.Study | StoredStudy], budget: int) -> pd.DataFrame:
    """Return the frame `true_values` of :class:`Results`, for runs whose family has exact outcomes.

    There is one row per trial, up to each run's last finished one: the outcome of what the run would have chosen then.
    Runs are left out whose objective can't be rebuilt, such as where the package with its tables is missing.
    """
    rows: list[tuple[Any, ...]] = []
    for study in studies:
        attributes = study.user_attrs
        objective = _objective(attributes)
        if objective is not None:
            limit = Budget(budget, attributes.get("confirm", 0), attributes.get("epochs"))
            within = limit.within(study.get_trials(deepcopy=False))
            chosen = _chosen(study.direction.name.lower(), within)
            rows += [(*key_of(attributes).values(), *row) for row in _values(objective, chosen)]
    return pd.DataFrame(rows, columns=TRUE_VALUE_COLUMNS)


def _objective(attributes: Attributes) -> Objective | None:
    """Rebuild the objective of a run with exact outcomes; None if it has none, or can't be rebuilt as it was.

    Tables of earlier versions held out no seeds, which their stored data shows.
    """
    kind = family(family_of(attributes))
    if not kind.exact_outcomes or "seed" not in attributes:
        return None
    content = attributes["content"]
    try:
        rebuilt = kind.from_content(content, seed=attributes["seed"], repeat=attributes["repeat"])
    except (UsageError, LookupError):
        return None
    return rebuilt if rebuilt.content["data"] == content["data"] else None


def _chosen(direction: str, trials: Sequence[FrozenTrial]) -> Iterator[tuple[int, FrozenTrial | None]]:
    """Yield the number of each trial up to the last finished one, and the incumbent after it.

    While nothing was repeated, the better of the incumbent and a trial is the next incumbent. Later, all are compared.
    """
    length = max((place for place, trial in enumerate(trials, 1) if trial.state.is_finished()), default=0)
    best, repeats = None, False
    for place, trial in enumerate(trials[:length], 1):
        repeats = repeats or confirms(trial) is not None
        if repeats:
            best = incumbent(direction, trials[:place])
        else:
            best = incumbent(direction, [trial] if best is None else [best, trial])
        yield trial.number, best


def _values(objective: Objective, chosen: Iterable[tuple[int, FrozenTrial | None]]) -> Iterator[tuple[int, float]]:
    """Yield each number with the true value of its incumbent, NaN without one. Each trial is looked up once."""
    values: dict[int, float] = {}
    for number, trial in chosen:
        if trial is not None and trial.number not in values:
            (values[trial.number],) = objective.test(trial.params, trial.number, 1)
        yield number, math.nan if trial is None else values[trial.number]
