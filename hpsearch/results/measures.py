"""Measures and layer statistics of each run's incumbent, as data frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from hpsearch.objectives.measures import from_stored
from hpsearch.results.attributes import is_untuned, key_of
from hpsearch.results.results import MEASURE_COLUMNS
from hpsearch.run import Budget, incumbent

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

    from hpsearch.storage import StoredStudy

_KEYS = ["task", "variant", "repeat", "number"]


def measures_and_layers(
    studies: Iterable[optuna.Study | StoredStudy], budget: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the frames `measures` and `layers` of :class:`Results`, of each run's incumbent within the budget."""
    measures: list[tuple[Any, ...]] = []
    layers: list[dict[str, Any]] = []
    for key, trial in _incumbents(studies, budget):
        measures += [(*key.values(), *row) for row in from_stored(trial.user_attrs.get("measures", {}))]
        layers += [{**key, **row} for row in trial.user_attrs.get("layers", [])]
    columns = list(dict.fromkeys([*_KEYS, *(name for row in layers for name in row)]))
    return pd.DataFrame(measures, columns=MEASURE_COLUMNS), pd.DataFrame(layers, columns=columns)


def _incumbents(
    studies: Iterable[optuna.Study | StoredStudy], budget: int
) -> Iterator[tuple[Mapping[str, Any], FrozenTrial]]:
    """Yield task, variant, repeat and number of each run's incumbent, and its trial."""
    for study in studies:
        attributes = study.user_attrs
        trials = 1 if is_untuned(study) else budget
        limit = Budget(trials, attributes.get("confirm", 0), attributes.get("epochs"))
        best = incumbent(study.direction.name.lower(), limit.within(study.get_trials(deepcopy=False)))
        if best is not None:
            yield {**key_of(attributes), "number": best.number}, best
