"""Standard error of a score whose rows come in groups, such as those of one customer."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

MOST_BLOCKS = 50
"""Maximum number of scores that an error is computed from; more groups than that are left out several at a time."""


def group_error(groups: NDArray[np.int64], score: Callable[[NDArray[np.intp]], float]) -> float:
    """Return the standard error of a score over groups, by the jackknife: each group is left out once.

    With B blocks and θ_b the score without block b, it is √((B − 1) / B · Σ_b (θ_b − θ̄)²). A block is one group, or
    with more than `MOST_BLOCKS` groups every `MOST_BLOCKS`-th of them. Rows of a group can depend on each other in any
    way; groups are taken for independent.

    Parameters
    ----------
    groups
        Group of each row (rows,).
    score
        Returns the score on rows with these numbers.

    Returns
    -------
    NaN with fewer than two groups, or if a score is undefined without some block.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 11; with blocks, Kott, "The
    delete-a-group jackknife", Journal of Official Statistics 17 (2001).
    """
    different, places = np.unique(groups, return_inverse=True)
    blocks = min(len(different), MOST_BLOCKS)
    if blocks < 2:
        return math.nan
    try:
        scores = np.array([score(np.flatnonzero(places % blocks != block)) for block in range(blocks)])
    except ValueError:  # such as a class without rows, whose score is undefined
        return math.nan
    return float(np.sqrt((blocks - 1) / blocks * ((scores - scores.mean()) ** 2).sum()))
