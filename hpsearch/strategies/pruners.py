"""Ways to stop unpromising trials early, apart from the strategy that draws them."""

from __future__ import annotations

from collections.abc import Callable

from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner

PRUNERS: dict[str, Callable[[], BasePruner]] = {
    "none": NopPruner,
    "median": MedianPruner,
    "successive_halving": SuccessiveHalvingPruner,
    "hyperband": HyperbandPruner,
}
