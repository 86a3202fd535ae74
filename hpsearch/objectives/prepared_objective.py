"""Objectives on the rows of a data set, which the space may prepare in several ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from hpsearch.data import DataSettings, Split
from hpsearch.data.in_memory import InMemory
from hpsearch.data.preparation_settings import PreparationSettings
from hpsearch.objectives.data_keys import DATA_DEFAULTS, MAX_CATEGORIES, of_data, without_effect
from hpsearch.objectives.searched_model import SearchedModel
from hpsearch.objectives.searched_objective import SearchedObjective
from hpsearch.objectives.source import Data, Source

MOST_SENT = 2**25
"""Size in bytes of the largest split that other processes receive; they load and split larger data themselves."""

_SENT = "dataset"  # key of a pickled state


class PreparedObjective(SearchedObjective):
    """Objective with the splits of a data set, prepared as its settings and the parameters of a trial say.

    A subclass sets, in its constructor, `_source` and `_model`.
    """

    searches_preparation: ClassVar[bool] = False
    """Whether `train` trains on the rows of `prepared`, so that the space can have keys of the data."""

    _source: Source
    _received: Split | None = None  # in another process than the one that loaded the data

    @classmethod
    def _searched_model(
        cls,
        model: Mapping[str, Any],
        space: Mapping[str, Any] | None,
        preparation: PreparationSettings | None = None,
    ) -> SearchedModel[Any]:
        """Return the settings of ``[model]`` and ``[space]``; without `preparation`, those of the data are defaults."""
        fixed = (preparation or PreparationSettings()) if cls.searches_preparation else None
        return super()._searched_model(model, space, fixed)

    @property
    def data(self) -> Split:
        """Train, validation and test part of this repeat."""
        return self._received or self._source.split(self.seed, self.repeat)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state with the split of this repeat, if it is not too large.

        A process that receives it then needs neither the files nor the libraries that read and split them.
        """
        rows = self.data
        state = self.__dict__ | {"_received": rows if rows.nbytes <= MOST_SENT else None}
        if of_data(self.space) and (dataset := self._source.dataset).nbytes <= MOST_SENT:
            state[_SENT] = dataset  # for the other choices
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the state. joblib sends large arrays as files; as plain arrays they are faster in small products."""
        self.__dict__ = {name: value for name, value in state.items() if name != _SENT}
        if _SENT in state:
            self._source.keep(state[_SENT])
        if self._received is not None:
            arrays: dict[str, Any] = {name: np.asarray(array) for name, array in _arrays(self._received).items()}
            self._received = replace(self._received, **arrays)

    def load(self) -> None:
        """Load the data set, once in each process; not if this objective was sent with its rows."""
        if self._received is None or of_data(self.space):
            _ = self._source.dataset

    def prepared(self, params: Mapping[str, Any]) -> Self:
        """Return the same objective on the same rows, prepared as `params` say."""
        preparation = self._model.prepared(params)
        if preparation is None or preparation == self._source.settings.preparation:
            return self
        return self.on(self._source.split_of(preparation, self.seed, self.repeat))

    @property
    def most_inputs(self) -> int:
        """Number of columns of the inputs, or the largest one that is searched."""
        if MAX_CATEGORIES not in self.space:
            return self.data.n_inputs
        return self.prepared({MAX_CATEGORIES: max(self._model.ends(MAX_CATEGORIES))}).data.n_inputs

    @property
    def ineffective(self) -> Mapping[str, str]:
        """Settings of the preparation without effect on this data set, each with the reason."""
        return without_effect(self._source.dataset)

    @property
    def setting_defaults(self) -> Mapping[str, Any]:
        """Default of every field of the settings, and of the data's preparation."""
        return {**super().setting_defaults, **DATA_DEFAULTS}

    def fingerprints(self) -> Mapping[str, str]:
        """Return hashes of the row numbers of each part of the split."""
        return self.data.fingerprints

    def on(self, rows: Split) -> Self:
        """Return this objective on a fold of its rows, or on the whole, or on rows prepared in another way."""
        return self if rows is self.data else self._changed(_received=rows)


def fixed_keys(data: Data, settings: DataSettings | InMemory) -> Mapping[str, Any]:
    """Return the keys of a table of data; of other data, the settings of the preparation that are not defaults."""
    if isinstance(data, Mapping):
        return data
    own = settings.settings if isinstance(settings, InMemory) else settings
    return {key: value for key, value in asdict(own.preparation).items() if value != getattr(DataSettings, key)}


def _arrays(rows: Split) -> dict[str, NDArray[Any]]:
    values = {field.name: getattr(rows, field.name) for field in fields(rows)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
