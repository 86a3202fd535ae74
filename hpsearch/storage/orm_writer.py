"""Writes by Optuna's own way, SQLAlchemy's ORM: to any database and any version of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState

from hpsearch.storage.optuna_private import create_trial, set_param, trials_after
from hpsearch.storage.writer import Fence, Kind, Writer


class OrmWriter(Writer):
    """Writer that uses Optuna's ORM. It calls the fence in a separate transaction before each write."""

    def __init__(self, storage: RDBStorage, fence: Fence | None = None) -> None:
        self._storage, self._fence = storage, fence

    def check(self) -> None:
        """Call the fence."""
        if self._fence is not None:
            with self._storage.engine.begin() as connection:
                self._fence(connection)

    def create_trial(self, study: int, template: FrozenTrial | None, latest: FrozenTrial | None = None) -> FrozenTrial:
        """Add a trial to the study."""
        self.check()
        return create_trial(self._storage, study, template)

    def set_param(
        self,
        trial: int,
        name: str,
        value: float,
        distribution: BaseDistribution,
        *,
        study: int,
        previous: BaseDistribution | None,
        attributes: Mapping[str, Any],
    ) -> None:
        """Set the attributes one by one, then the parameter."""
        for key, attribute in attributes.items():
            self.set_attribute(trial, "user", key, attribute)
        self.check()
        set_param(self._storage, trial, name, value, distribution, previous)

    def set_step(self, trial: int, step: int, value: float) -> None:
        """Set an intermediate value."""
        self.check()
        self._storage.set_trial_intermediate_value(trial, step, value)

    def set_attribute(self, trial: int, kind: Kind, key: str, value: Any) -> None:
        """Set an attribute of a trial."""
        self.check()
        if kind == "user":
            self._storage.set_trial_user_attr(trial, key, value)
        else:
            self._storage.set_trial_system_attr(trial, key, value)

    def set_state(self, trial: int, state: TrialState, values: Sequence[float] | None) -> bool:
        """Set state and values."""
        self.check()
        return self._storage.set_trial_state_values(trial, state, values)

    def set_study_attribute(self, study: int, kind: Kind, key: str, value: Any) -> None:
        """Set an attribute of a study."""
        self.check()
        if kind == "user":
            self._storage.set_study_user_attr(study, key, value)
        else:
            self._storage.set_study_system_attr(study, key, value)

    def trials_after(self, study: int, after: int, others: set[int]) -> list[FrozenTrial]:
        """Read trials."""
        return trials_after(self._storage, study, after, others)
