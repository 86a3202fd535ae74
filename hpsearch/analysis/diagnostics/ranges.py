"""New ends of a parameter's range, rounded to readable numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping

from optuna.distributions import IntDistribution

from hpsearch.analysis.diagnostics.finding import Change
from hpsearch.space import Numeric

_NATURAL: Mapping[str, tuple[float, float]] = {
    "dropout": (0.0, 0.9),
    "momentum": (0.0, 0.999),
    "beta_1": (0.0, 0.999),
    "beta_2": (0.0, 0.99999),
    "rho": (0.0, 0.99999),
    **dict.fromkeys(("max_features", "max_samples", "subsample", "colsample_bytree", "l1_ratio"), (0.0, 1.0)),
}  # limits of valid or sensible values
_ENDS = {"low": -1, "high": 1}


def change(name: str, end: str, value: float, distribution: Numeric, reason: str) -> Change:
    """Return the change of one end, ``"low"`` or ``"high"``, of a range, rounded to its steps if it has any."""
    if distribution.step is not None and not distribution.log:
        value = distribution.low + round((value - distribution.low) / distribution.step) * distribution.step
    new = round(value) if isinstance(distribution, IntDistribution) else float(f"{value:.12g}")
    return Change(("space", name, end), new, getattr(distribution, end), reason)


def wider(name: str, end: str, distribution: Numeric) -> float | None:
    """Return the end moved outwards by half the range's width; in a log range by at least a decade.

    None if there is no room: a range that starts at 0 does not go below 0, and shares stay within [0, 1]. A range
    that starts above 0 stays above 0, since 0 may be invalid.
    """
    low, high, sign = float(distribution.low), float(distribution.high), _ENDS[end]
    floor, top = _limits(name, distribution)
    if distribution.log:
        decades = max(0.5 * math.log10(high / low), 1.0)
        moved = float(f"{(high if sign > 0 else low) * 10 ** (sign * decades):.0e}")
    else:
        moved = float(f"{(high if sign > 0 else low) + sign * 0.5 * (high - low):.3g}")
    if low > 0 and moved <= 0:
        moved = float(f"{low / 2:.3g}")
    moved = min(max(moved, floor), top)
    if isinstance(distribution, IntDistribution):
        moved = max(round(moved), 1 if low >= 1 else round(moved))
    return moved if sign * (moved - getattr(distribution, end)) > 0 else None


def _limits(name: str, distribution: Numeric) -> tuple[float, float]:
    parameter = name.rpartition("__")[2]  # of a pipeline's step
    if parameter in _NATURAL and not isinstance(distribution, IntDistribution):
        return _NATURAL[parameter]
    return 0.0 if distribution.low >= 0 else -math.inf, math.inf


def outward(value: float, end: str, distribution: Numeric) -> float:
    """Round the value away from the range's middle, to one digit in a log range, else to two.

    The result stays within the declared range.
    """
    digits = 0 if distribution.log else 1
    if value == 0:
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - digits)
    whole = value / unit
    near = round(whole)  # 0.3 / 0.1 is 2.9999999999999996
    steps = near if abs(whole - near) < 1e-9 else (math.floor(whole) if end == "low" else math.ceil(whole))
    rounded = float(f"{steps * unit:.12g}")
    return min(max(rounded, float(distribution.low)), float(distribution.high))


def values_of(distribution: Numeric) -> float:
    """Return the number of values that the parameter can take."""
    if distribution.step is None:
        return math.inf
    return (distribution.high - distribution.low) / distribution.step + 1
