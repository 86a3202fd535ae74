"""Sizes of a network's weights: whether all are small, or some large and many near 0."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hpsearch.nn.network import Network

NEAR_ZERO = 1e-3
"""A weight is near 0 if its size is at most this share of the largest."""

LARGE = 0.5
"""A weight is large if its size is above this share of the largest."""


class WeightSizes(NamedTuple):
    """Sizes of the weights of all dense layers together, biases excluded; NaN unless all weights are finite.

    Attributes
    ----------
    near_zero, large
        Shares of the weights that are near 0, and that are large, in relation to the largest one. If all weights are 0,
        all are near 0 and none is large.
    rms
        Root of the mean square.
    """

    near_zero: float
    large: float
    rms: float


def weight_sizes(network: Network) -> WeightSizes:
    """Return the sizes of the network's weights.

    L2 shrinks weights in proportion to their size, L1 all by the same amount. So L1 leaves many near 0 beside few large
    ones. With constant steps, a weight that L1 drives to 0 oscillates around it by the learning rate times `l1`. It
    counts as near 0 only if that is small enough.

    Source: Hung-yi Lee, Tips for training DNN.
    """
    sizes = np.abs(network.parameters[: network.n_decaying].astype(np.float64))
    if not np.isfinite(sizes).all():
        return WeightSizes(np.nan, np.nan, np.nan)
    largest = sizes.max()
    near_zero, large = np.mean(sizes <= NEAR_ZERO * largest), np.mean(sizes > LARGE * largest)
    with np.errstate(over="ignore"):
        return WeightSizes(float(near_zero), float(large), float(np.sqrt(np.mean(np.square(sizes)))))
