"""Types of objectives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from optuna.trial import Trial

Objective = Callable[[Trial], float]
Direction = Literal["minimize", "maximize"]
