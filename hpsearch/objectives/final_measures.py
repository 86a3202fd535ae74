"""Measures of a network after its training: an ensemble of thinned networks, and the sizes of its weights."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from hpsearch.data import Split
from hpsearch.nn import Network, Streams, ThinnedScores, thinned_scores, weight_sizes
from hpsearch.objectives.measures import Measure


def ensemble_measures(
    network: Network, data: Split, n_networks: int, seeds: np.random.SeedSequence, *, diverged: bool
) -> Mapping[str, Measure]:
    """Return ``ensemble_score``, ``thinned_score`` and ``scaled_score``: `ThinnedScores` on the test rows.

    They are NaN after a divergence; a network without dropout has none. The thinned networks are drawn from a stream of
    their own of `seeds`, those of the training, so that neither changes the other.
    """
    settings = network.hyperparameters
    if not (settings.dropout and settings.hidden_layer_sizes):
        return {}
    if diverged:
        scores = ThinnedScores(math.nan, math.nan, math.nan)
    else:
        rng = Streams(seeds).thinned_networks()
        scores = thinned_scores(network, data.x_test, data.y_test, n_networks, rng)
    return {f"{name}_score": score for name, score in scores._asdict().items()}


def weight_measures(network: Network) -> Mapping[str, Measure]:
    """Return ``weights.near_zero``, ``weights.large`` and ``weights.rms``: `WeightSizes`."""
    return {f"weights.{name}": size for name, size in weight_sizes(network)._asdict().items()}
