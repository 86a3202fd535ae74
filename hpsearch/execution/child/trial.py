"""The trial that an objective sees in another process: each call is the owner's trial's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from optuna.distributions import BaseDistribution, CategoricalChoiceType
from optuna.trial import BaseTrial


class Owner(Protocol):
    """The process that owns the run, as a process that trains sees it."""

    def tell(self, *message: Any) -> None:
        """Send a message that has no answer."""

    def ask(self, *message: Any) -> Any:
        """Send a message and return the answer, or raise the exception that is the answer."""


class Method(NamedTuple):
    """Stands for a method of the study in an answer."""

    name: str


class RemoteTrial(BaseTrial):
    """Trial of a study that another process owns.

    Parameters
    ----------
    owner
        That process.
    number
        Number of the trial.
    is_pruned
        Whether the study has a pruner; without one, nothing is asked.
    """

    def __init__(self, owner: Owner, number: int, is_pruned: bool) -> None:
        self._owner, self._number, self._is_pruned = owner, number, is_pruned

    def _call(self, name: str, *arguments: Any, **more: Any) -> Any:
        return self._owner.ask("trial", name, arguments, more)

    @property
    def study(self) -> Any:
        """The study; its public attributes and methods are the owner's."""
        return _RemoteStudy(self._owner)

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Suggest a number."""
        return self._call("suggest_float", name, low, high, step=step, log=log)  # type: ignore[no-any-return]

    def suggest_uniform(self, name: str, low: float, high: float) -> float:
        """Suggest a number; deprecated by Optuna."""
        return self._call("suggest_uniform", name, low, high)  # type: ignore[no-any-return]

    def suggest_loguniform(self, name: str, low: float, high: float) -> float:
        """Suggest a number; deprecated by Optuna."""
        return self._call("suggest_loguniform", name, low, high)  # type: ignore[no-any-return]

    def suggest_discrete_uniform(self, name: str, low: float, high: float, q: float) -> float:
        """Suggest a number; deprecated by Optuna."""
        return self._call("suggest_discrete_uniform", name, low, high, q)  # type: ignore[no-any-return]

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """Suggest an integer."""
        return self._call("suggest_int", name, low, high, step=step, log=log)  # type: ignore[no-any-return]

    def suggest_categorical(self, name: str, choices: Sequence[CategoricalChoiceType]) -> CategoricalChoiceType:  # type: ignore[override]  # Optuna's overloads by type
        """Suggest one of the choices."""
        return self._call("suggest_categorical", name, choices)  # type: ignore[no-any-return]

    def report(self, value: float, step: int) -> None:
        """Report a value without waiting; what Optuna might refuse waits for the answer."""
        if type(step) is int and step >= 0 and isinstance(value, (float, int)):
            self._owner.tell("report", float(value), step)
        else:
            self._call("report", value, step)

    def should_prune(self) -> bool:
        """Return whether the study's pruner stops the trial."""
        return self._is_pruned and bool(self._call("should_prune"))

    def set_user_attr(self, key: str, value: Any) -> None:
        """Set a user attribute."""
        self._call("set_user_attr", key, value)

    def set_constraint(self, key: str, value: float) -> None:
        """Set a constraint."""
        self._call("set_constraint", key, value)

    @property
    def constraints(self) -> dict[str, float]:
        """Constraints of the trial."""
        return self._call("constraints")  # type: ignore[no-any-return]

    @property
    def params(self) -> dict[str, Any]:
        """Parameters suggested so far."""
        return self._call("params")  # type: ignore[no-any-return]

    @property
    def distributions(self) -> dict[str, BaseDistribution]:
        """Distributions of the parameters suggested so far."""
        return self._call("distributions")  # type: ignore[no-any-return]

    @property
    def user_attrs(self) -> dict[str, Any]:
        """User attributes."""
        return self._call("user_attrs")  # type: ignore[no-any-return]

    @property
    def datetime_start(self) -> datetime | None:
        """When the trial began."""
        return self._call("datetime_start")  # type: ignore[no-any-return]

    @property
    def number(self) -> int:
        """Number of the trial."""
        return self._number


class _RemoteStudy:
    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"the study is another process's, which gives out nothing private: {name}")
        value = self._owner.ask("study", name, None, None)
        return self._method(name) if isinstance(value, Method) else value

    def _method(self, name: str) -> Callable[..., Any]:
        return lambda *arguments, **more: self._owner.ask("study", name, arguments, more)
