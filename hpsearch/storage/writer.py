"""Interface of the writes of a run's owner to a database, and of the fence that can refuse them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import sqlalchemy as sa
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

Fence = Callable[[sa.Connection], None]
"""Called first inside every write's transaction; it raises to refuse the write."""

Kind = Literal["user", "system"]
"""Kind of an attribute."""


class Writer(Protocol):
    """Writer with one transaction per call, committed when the method returns.

    All methods raise KeyError for an id that is not there, ``UpdateFinishedTrialError`` for a finished trial, and
    ``StorageInternalError`` for what the database says, as Optuna's storages do.
    """

    def check(self) -> None:
        """Call the fence in a separate transaction, before a write by Optuna."""

    def create_trial(self, study: int, template: FrozenTrial | None, latest: FrozenTrial | None = None) -> FrozenTrial:
        """Add a trial to the study: a running one, or a copy of the `template`; `latest` is one that was added."""

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
        """Set a parameter and the user `attributes` that belong to it; a parameter that is set stays as it is.

        Raises
        ------
        ValueError
            If the distribution is incompatible with that of another trial, `previous` if known.
        """

    def set_step(self, trial: int, step: int, value: float) -> None:
        """Set an intermediate value."""

    def set_attribute(self, trial: int, kind: Kind, key: str, value: Any) -> None:
        """Set an attribute of a trial."""

    def set_state(self, trial: int, state: TrialState, values: Sequence[float] | None) -> bool:
        """Set state and values; return False if a trial cannot start since it no longer waits."""

    def set_study_attribute(self, study: int, kind: Kind, key: str, value: Any) -> None:
        """Set an attribute of a study."""

    def trials_after(self, study: int, after: int, others: set[int]) -> list[FrozenTrial]:
        """Read the trials of a study whose ids are greater than `after` or among the `others`."""
