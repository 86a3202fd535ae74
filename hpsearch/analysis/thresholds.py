"""The numbers from which on a report's diagnostics warn: ``[report]`` of a study file may set each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from hpsearch.errors import UsageError, choose_from

Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """When a diagnostic warns.

    Raises
    ------
    UsageError
        If a value is outside what its threshold allows.
    """

    edge_share: float = 0.1
    """Share of a range that counts as its edge."""
    edge_of_5: int = 3
    """How many of the best five independent trials at one edge are too many; likewise the next two."""
    edge_of_10: int = 5
    edge_of_20: int = 7
    stability_trials: int = 2
    """Trials that make the end of a range a region where everything diverged."""
    stability_share: float = 0.65
    """Share of the trials there that must be infeasible."""
    near_share: float = 0.1
    """How far from the best, as a share of each numeric range, a trial still is near it."""
    near_trials: int = 5
    """Trials near the best, itself among them, below which they are too few."""
    narrowed: Ranges = field(default_factory=dict)
    """Ranges that the reader means to narrow to, by parameter, [low, high]: the safety rule judges them."""
    apart: float = 1.96
    """Standard errors of a difference from which on two values are told apart."""
    infeasible_warn: float = 0.2
    """Share of infeasible trials from which on to warn."""
    infeasible_fail: float = 0.5
    """Share of infeasible trials from which on the search fails the test."""
    late_share: float = 0.75
    """A best epoch after this share of the training is late."""
    early_share: float = 0.1
    """A best epoch within this share of the training is early."""
    train_fit: float = 0.9
    """Training score (accuracy or R²) below which the training rows themselves are not fitted."""
    overfit_rise: float = 0.05
    """Rise of the validation loss above its least, as a share of it, that makes overfitting."""
    unimportant: float = 0.05
    """Importance below which a parameter does not matter, if both evaluators say so."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = RULES[each.name](each.name, getattr(self, each.name))
            object.__setattr__(self, each.name, value)
        if self.infeasible_warn > self.infeasible_fail:
            raise UsageError(
                "infeasible_warn must not be above infeasible_fail, "
                f"got {self.infeasible_warn!r} and {self.infeasible_fail!r}"
            )


Rule = Callable[[str, Any], Any]


def _number(name: str, value: Any, described: str, accepts: Callable[[float], bool]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not accepts(float(value)):
        raise UsageError(f"{name} must be a number {described}, got {value!r}")
    return float(value)


def _share(name: str, value: Any) -> float:
    return _number(name, value, "from 0 to 1", lambda share: 0 <= share <= 1)


def _not_negative(name: str, value: Any) -> float:
    return _number(name, value, ">= 0", lambda number: 0 <= number < float("inf"))


def _edge(name: str, value: Any) -> float:
    return _number(name, value, "above 0 and at most 0.5", lambda share: 0 < share <= 0.5)


def _at_most(most: int) -> Rule:
    def check(name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise UsageError(f"{name} must be a whole number from 1 to {most}, got {value!r}")
        return value

    return check


def _ranges(name: str, value: Any) -> Ranges:
    if not isinstance(value, Mapping):
        raise UsageError(f"{name} must be a table such as {{ weight_decay = [1e-8, 1e-6] }}, got {value!r}")
    return {str(parameter): _range(f"{name}.{parameter}", ends) for parameter, ends in value.items()}


def _range(name: str, ends: Any) -> tuple[float, float]:
    if not isinstance(ends, list | tuple) or len(ends) != 2:
        raise UsageError(f"{name} must be a list [low, high], got {ends!r}")
    low, high = (_number(name, end, "in [low, high]", lambda number: abs(number) < float("inf")) for end in ends)
    if low > high:
        raise UsageError(f"{name} must be [low, high] with low at most high, got {ends!r}")
    return low, high


RULES: Mapping[str, Rule] = {
    "edge_share": _edge,
    "edge_of_5": _at_most(5),
    "edge_of_10": _at_most(10),
    "edge_of_20": _at_most(20),
    "stability_trials": _at_most(10**6),
    "stability_share": _share,
    "near_share": _share,
    "near_trials": _at_most(10**6),
    "narrowed": _ranges,
    "apart": _not_negative,
    "infeasible_warn": _share,
    "infeasible_fail": _share,
    "late_share": _share,
    "early_share": _share,
    "train_fit": lambda name, value: _number(name, value, "up to 1", lambda score: score <= 1),
    "overfit_rise": _not_negative,
    "unimportant": _share,
}
"""The rule of every threshold; one without a rule is an error at the first use."""


def thresholds(table: Mapping[str, Any]) -> Thresholds:
    """The thresholds that a table sets, the others at their defaults.

    Raises
    ------
    UsageError
        Naming the key, the rule and the value.
    """
    for key in table:
        if key not in RULES:
            raise UsageError(choose_from("key", key, RULES))
    return Thresholds(**table)
