"""Functional ANOVA of a random forest: the share of a function's variance that each input explains alone.

Hutter, Hoos, Leyton-Brown, "An efficient approach for assessing hyperparameter importance" (2014). A tree is constant
on boxes, so its marginals are exact sums over boxes. Optuna's evaluator gives the same numbers but is much slower.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class _Boxes(NamedTuple):
    """Leaves of a tree: `low` and `high` of shape (leaves, inputs), within the unit cube, and the `value` of each."""

    low: Floats
    high: Floats
    value: Floats

    @property
    def volume(self) -> Floats:
        return np.asarray((self.high - self.low).prod(axis=1))


def main_effects(x: Floats, y: Floats, *, trees: int = 64, seed: int = 0) -> Floats:
    """Compute the share of the variance over the unit cube that each input explains alone, averaged over trees.

    Parameters
    ----------
    x
        Shape (n, inputs), from 0 to 1. The variance is over the uniform distribution.
    y
        Shape (n,), finite.
    trees
        Number of trees in the forest.
    seed
        Seed of the forest.

    Returns
    -------
    Shape (inputs,); the sum is at most 1, and the rest is due to interactions. Zeros if y is constant.
    """
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(trees, max_depth=64, min_samples_split=2, random_state=seed).fit(x, y)
    shares = [_shares(_boxes(each.tree_, x.shape[1])) for each in forest.estimators_]
    return np.asarray(np.mean(shares, axis=0))


def _boxes(tree: Any, inputs: int) -> _Boxes:
    """Compute the box of every node by cutting its parent's box at the threshold; children follow their parents."""
    low, high = np.zeros((tree.node_count, inputs)), np.ones((tree.node_count, inputs))
    nodes = zip(tree.children_left, tree.children_right, tree.feature, tree.threshold, strict=True)
    for node, (left, right, feature, threshold) in enumerate(nodes):
        if left < 0:
            continue
        low[left] = low[right] = low[node]
        high[left] = high[right] = high[node]
        high[left, feature] = low[right, feature] = threshold
    leaves = tree.children_left < 0
    return _Boxes(low[leaves], high[leaves], tree.value[leaves].ravel())


def _shares(boxes: _Boxes) -> Floats:
    volume = boxes.volume
    mean = float((volume * boxes.value).sum())
    total = float((volume * (boxes.value - mean) ** 2).sum())
    inputs = boxes.low.shape[1]
    if total <= 0:
        return np.zeros(inputs)
    return np.array([_marginal_variance(boxes, volume, mean, each) / total for each in range(inputs)])


def _marginal_variance(boxes: _Boxes, volume: Floats, mean: float, which: int) -> float:
    """Compute the variance along one input of the tree's mean over all others, a step function of its thresholds."""
    low, high = boxes.low[:, which], boxes.high[:, which]
    ends = np.unique(np.concatenate([low, high]))
    weight = boxes.value * np.divide(volume, high - low, out=np.zeros_like(volume), where=high > low)
    steps = np.zeros(len(ends))
    np.add.at(steps, np.searchsorted(ends, low), weight)
    np.add.at(steps, np.searchsorted(ends, high), -weight)
    return float((np.diff(ends) * (np.cumsum(steps)[:-1] - mean) ** 2).sum())
