"""Ensembles of thinned networks, which one pass of the evaluated network approximates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hpsearch.checks import MOST_TRIALS, whole
from hpsearch.errors import UsageError
from hpsearch.nn.arrays import Array, as_inputs
from hpsearch.nn.dropout import Dropout
from hpsearch.nn.network import Network


class ThinnedScores(NamedTuple):
    """Scores of an ensemble of thinned networks, in the units of the loss's score.

    Attributes
    ----------
    ensemble
        Score of the mean of the networks' predictions: class probabilities, or targets.
    thinned
        Mean of the scores of the single networks.
    scaled
        Score of the network as it is evaluated, with all units.
    """

    ensemble: float
    thinned: float
    scaled: float


def thinned_scores(
    network: Network, x: ArrayLike, y: ArrayLike, n_networks: int, rng: np.random.Generator
) -> ThinnedScores:
    """Return the scores of an ensemble of thinned networks on these rows.

    A thinned network lacks the units that one draw of dropout sets to 0, the same in all rows. The others are scaled as
    in training. Everything else is in evaluation mode. Neither the network nor its generators change.

    The evaluated network approximates the ensemble with one pass. Source: Srivastava et al., Dropout (JMLR 2014),
    section 7.5; Deep Learning from Scratch, section 6.4.3; Hung-yi Lee, Tips for training DNN.

    Parameters
    ----------
    n_networks
        Number of thinned networks.
    rng
        Draws their units, network by network: the first networks of a larger ensemble are those of a smaller one.

    Raises
    ------
    UsageError
        If the network has no dropout, or `n_networks` is not a whole number >= 1.
    DataError
        If `x` or `y` don't fit the network.
    """
    whole("n_networks", n_networks, 1, MOST_TRIALS)
    dropouts = [layer for layer in network.layers if isinstance(layer, Dropout)]
    if not dropouts:
        raise UsageError("thinned networks need a network with dropout > 0 and hidden layers, got one without")
    inputs = as_inputs(x, network.n_inputs, network.dtype)
    targets = network.loss.check(y, len(inputs))
    factors = [[layer.draw_units(rng) for layer in dropouts] for _ in range(n_networks)]
    ensemble, singles = network.loss.score(), [network.loss.score() for _ in factors]
    with np.errstate(all="ignore"):
        for start in range(0, len(inputs), network.chunk):
            rows = slice(start, start + network.chunk)
            total = np.zeros((len(inputs[rows]), network.n_outputs))
            shared = _before_dropout(network, inputs[rows])
            for each, score in zip(factors, singles, strict=True):
                predictions = network.loss.predict(_after_dropout(network, shared, each))
                total += predictions
                score.add(_scored(network, predictions, targets[rows]), targets[rows])
            ensemble.add(_scored(network, total / n_networks, targets[rows]), targets[rows])
    scaled = network.evaluate(inputs, targets)[1]
    return ThinnedScores(ensemble.value(), float(np.mean([score.value() for score in singles])), scaled)


def _first_dropout(network: Network) -> int:
    return next(number for number, layer in enumerate(network.layers) if isinstance(layer, Dropout))


def _before_dropout(network: Network, x: Array) -> Array:
    """Return a copy of the first dropout layer's inputs, which all thinned networks share."""
    for layer in network.layers[: _first_dropout(network)]:
        x = layer.forward(x, training=False)
    return x.copy()


def _after_dropout(network: Network, x: Array, factors: list[Array]) -> Array:
    """Return a copy of the outputs for the first dropout layer's inputs, with a factor for each unit."""
    left = iter(factors)
    for layer in network.layers[_first_dropout(network) :]:
        x = x * next(left) if isinstance(layer, Dropout) else layer.forward(x, training=False)
    return x.copy()


def _scored(network: Network, predictions: Array, targets: Array) -> Array:
    """Return predictions as the score takes them: class numbers instead of probabilities."""
    network.loss.forward(predictions.astype(network.dtype, copy=False), targets)
    return network.loss.predictions
