"""Holm's correction for several tests at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values: compare each with the level that all of them together shall keep.

    With p_(1) ≤ … ≤ p_(m), the adjusted p_(i) is the largest of (m − j + 1) · p_(j) over j ≤ i, at most 1. The chance
    of one or more false discoveries stays below the level whatever the tests' dependence.

    Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(each) for each in adjusted]
