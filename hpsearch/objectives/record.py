"""Settings of the table ``[record]`` of the family mlp: what to record of a training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from hpsearch.checks import one_of, true_or_false, whole
from hpsearch.errors import UsageError, choose_from, quoted
from hpsearch.nn import Hyperparameters
from hpsearch.text import short

LOSSES = ("epoch", "step")
MOST_NETWORKS = 10_000
"""Maximum number of networks in an ensemble: each of them judges all test rows."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What to record of a training.

    Raises
    ------
    UsageError
        If a value breaks a rule; the message begins with the table and the key.
    """

    loss: str = "epoch"
    """"step": the loss of each batch before its step, as the measure ``batch_loss``; "epoch": of evaluations only."""
    test: bool = False
    """Whether to evaluate the test rows too, as the measures ``test_score`` and ``test_loss``."""
    layers: bool | str = False
    """Statistics of the layers: true before the first step and at the last evaluation, "every" at all evaluations."""
    ensemble: int = 0
    """Number of thinned networks whose mean is judged on the test rows; networks without dropout have none."""
    weights: bool = False
    """Whether to measure the sizes of the final weights."""

    def __post_init__(self) -> None:
        for field in fields(self):
            try:
                value = _RULES[field.name](field.name, getattr(self, field.name))
            except UsageError as error:
                raise UsageError(f"[record] {error}") from error
            object.__setattr__(self, field.name, value)

    def check(self, settings: Hyperparameters, searched: Mapping[str, Any]) -> None:
        """Refuse to evaluate test rows if they could select anything.

        Raises
        ------
        UsageError
            If a key in `ON_TEST_ROWS` is set, and hyperparameters are `searched` or training stops early.
        """
        name = next((name for name in ON_TEST_ROWS if getattr(self, name)), None)
        if name is None:
            return
        reason = f"searches {next(iter(searched))}" if searched else "stops early" if settings.early_stopping else ""
        if reason:
            raise UsageError(
                f"[record] {name} needs a training that selects nothing (space = {{}}, early_stopping = false), "
                f"got {quoted(getattr(self, name))} and one that {reason}"
            )


ON_TEST_ROWS = ("test", "ensemble")
"""Keys that evaluate the test rows."""


def _layers(name: str, value: Any) -> bool | str:
    if value is not True and value is not False and value != "every":
        raise UsageError(f'{name} must be true, false or "every", got {quoted(value)}')
    return "every" if value == "every" else bool(value)


_RULES: Mapping[str, Callable[[str, Any], Any]] = {
    "loss": lambda name, value: one_of(name, value, LOSSES),
    "test": true_or_false,
    "layers": _layers,
    "ensemble": lambda name, value: whole(name, value, 0, MOST_NETWORKS),
    "weights": true_or_false,
}
"""Rule of every key."""


def record_settings(table: Mapping[str, Any]) -> Record:
    """Return the settings of a table ``[record]``.

    Raises
    ------
    UsageError
        If a key or value is invalid.
    """
    keys = [field.name for field in fields(Record)]
    for key in table:
        if key not in keys:
            raise UsageError(f"[record] {short(key)}: {choose_from('key', key, keys)}")
    return Record(**table)
