"""Holm's correction for multiple tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the adjusted p values, to compare with the familywise level.

    With p_(1) ≤ … ≤ p_(m), the adjusted p_(i) is the largest of (m − j + 1) · p_(j) over j ≤ i, at most 1. The
    probability of any false discovery stays below the level for any dependence between the tests.

    Source: Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6,
    1979.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(each) for each in adjusted]
