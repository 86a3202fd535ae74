"""Card of a search: its best value, the trials, and the best hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hpsearch.notebook import card, paragraph, table
from hpsearch.report.cards import drawings
from hpsearch.report.text import plural, value

_OPTIMISTIC = "As the best of {count} values it is optimistic, as far as these are noisy."


def search_card(
    params: Mapping[str, Any],
    best: float,
    values: Sequence[float],
    *,
    minimize: bool,
    metric: str,
    confirmed: int = 0,
) -> str:
    """Return the card of a search with its best parameters and value, and the value of each trial (NaN if none)."""
    tried = f"{len(values)} {plural(len(values), 'trial')}"
    of_mean = f", the mean of {confirmed} more trainings," if confirmed else ""
    answer = f"The best {metric} of {tried}{of_mean} is {value(best, 4)}."
    notes = [] if confirmed or len(values) < 2 else [paragraph(_OPTIMISTIC.format(count=len(values)))]
    rows = [(name, value(each)) for name, each in params.items()]
    return card(
        answer,
        *notes,
        drawings.trials(values, minimize=minimize, metric=metric),
        table(("Hyperparameter", "Value"), rows, "The best hyperparameters"),
    )
