"""Table of pruners, which stop unpromising trials early; independent of the strategy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner


def _optunas(epochs: int) -> dict[str, int]:
    return {}


def _patient(epochs: int) -> dict[str, int]:
    """Let 5 trials, and the first tenth of the epochs, pass: early values say little of final ones."""
    return {"n_startup_trials": 5, "n_warmup_steps": epochs // 10}


@dataclass(frozen=True)
class NamedPruner:
    """Pruner of the table: called with the maximum epochs of a trial, if there are any, it makes the pruner.

    Attributes
    ----------
    make
        Makes the pruner from its settings.
    settings_for
        Epochs → settings that differ from Optuna's, or depend on the epochs.
    """

    make: Callable[..., BasePruner]
    settings_for: Callable[[int], dict[str, int]] = _optunas

    def settings(self, epochs: int | None) -> dict[str, int]:
        """Return the settings, which a run stores; Optuna's if there are no epochs."""
        return {} if epochs is None else self.settings_for(epochs)

    def __call__(self, epochs: int | None = None) -> BasePruner:
        """Return a new pruner."""
        return self.make(**self.settings(epochs))


PRUNERS: dict[str, NamedPruner] = {
    "none": NamedPruner(NopPruner),
    "median": NamedPruner(MedianPruner, _patient),
    "successive_halving": NamedPruner(SuccessiveHalvingPruner),
    "hyperband": NamedPruner(HyperbandPruner),
}
