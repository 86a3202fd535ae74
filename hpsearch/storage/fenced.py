"""Storage that checks the lease of a run before each write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState


class FencedStorage:
    """Wrapper of a storage without a fence, such as a gRPC proxy: it checks the lease before writes of trials.

    Another program may still take the run over between the check and the write, which takes milliseconds. No subclass
    of ``BaseStorage``, so that all other methods are the storage's own.
    """

    def __init__(self, storage: BaseStorage, check: Callable[[], None]) -> None:
        self._fenced = storage
        self._check = check

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fenced, name)

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Begin a trial."""
        self._check()
        return self._fenced.create_new_trial(study_id, template_trial)

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Report a value."""
        self._check()
        self._fenced.set_trial_intermediate_value(trial_id, step, intermediate_value)

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """End a trial."""
        self._check()
        return self._fenced.set_trial_state_values(trial_id, state, values)

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> None:
        """Set an attribute of the run."""
        self._check()
        self._fenced.set_study_user_attr(study_id, key, value)
