"""Time limit of a training: the error of one that takes longer, and a trial that raises it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Self

from hpsearch.checks import seconds_text
from hpsearch.storage.optuna_private import SharedTrial


class OvertimeError(TimeoutError):
    """A training took longer than its limit. No other TimeoutError, which an objective may raise itself."""


def overtime(trial_timeout: float) -> OvertimeError:
    """Return the error of a training that took longer than `trial_timeout` seconds."""
    return OvertimeError(f"the training took longer than trial_timeout = {seconds_text(trial_timeout)}")


def _checked(name: str) -> Callable[..., Any]:
    method = getattr(SharedTrial, name)

    @wraps(method)
    def call(self: LimitedTrial, *arguments: Any, **more: Any) -> Any:
        self.check()
        return method(self, *arguments, **more)

    return call


class LimitedTrial(SharedTrial):
    """Trial of a training that nothing can end: each call checks its time limit.

    Raises
    ------
    OvertimeError
        From every call after the limit.
    """

    _deadline: float
    _trial_timeout: float

    @classmethod
    def limiting(cls, trial: SharedTrial, trial_timeout: float) -> Self:
        """Return `trial` itself, under another class; its time begins now."""
        limited = object.__new__(cls)
        limited.__dict__ = trial.__dict__  # both objects share one state
        limited._deadline, limited._trial_timeout = time.monotonic() + trial_timeout, trial_timeout
        return limited

    def check(self) -> None:
        """Raise if the time is over."""
        if time.monotonic() > self._deadline:
            raise overtime(self._trial_timeout)

    suggest_float = _checked("suggest_float")
    suggest_int = _checked("suggest_int")
    suggest_categorical = _checked("suggest_categorical")
    report = _checked("report")
    should_prune = _checked("should_prune")
    set_user_attr = _checked("set_user_attr")
