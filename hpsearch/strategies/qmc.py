"""Quasi-random search: points of a Sobol sequence, which fill the space more evenly than random points.

Sobol (1967); scrambled as in Matousek, "On the L2-discrepancy for anchored boxes" (1998). *Google's deep learning
tuning playbook* recommends such a design for the exploratory phase.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial

from hpsearch.seeding import generator
from hpsearch.space import value_at
from hpsearch.strategies.base import IndependentSampler
from hpsearch.strategies.history import LOCK, History

WIDTH = 16  # dimensions per sequence
CHUNK = 128  # points computed at once


class SobolSampler(IndependentSampler):
    """Sampler that makes trial *n* the *n*-th point of a scrambled Sobol sequence.

    The space need not be declared in advance: coordinates are assigned to parameters in the order of the trials' first
    requests. Trials without a conditional parameter leave its coordinate unused. Every sixteen parameters share a
    sequence; the next sixteen use the same sequence with another scrambling. Projections of higher dimensions would be
    even only after many thousands of points.

    Optuna's ``QMCSampler`` counts its points on the study instead, so a trial's draws depend on the order of the
    calls. It draws conditional parameters at random.

    Parameters
    ----------
    seed
        Seed of the scrambling.
    scramble
        Whether to scramble. Without it every seed gives the same points, and trial 0 is the lowest corner.
    """

    def __init__(self, seed: int, *, scramble: bool = True) -> None:
        self._seed, self._scramble = seed, scramble
        self._order: History[dict[str, None]] = History(dict, _add_names)
        self._points: dict[int, tuple[int, NDArray[np.float64]]] = {}  # block → (first number, points)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the value at the parameter's coordinate of the trial's point."""
        with LOCK:
            names = [*dict.fromkeys([*self._order.of(study), *trial.distributions, param_name])]
        coordinate = self._coordinate(trial.number, names.index(param_name))
        if isinstance(param_distribution, CategoricalDistribution):
            return param_distribution.choices[int(coordinate * len(param_distribution.choices))]
        assert isinstance(param_distribution, (FloatDistribution, IntDistribution))
        return value_at(coordinate, param_distribution)

    def _coordinate(self, number: int, dimension: int) -> float:
        """Return coordinate `dimension` of point `number`, in [0, 1)."""
        block, column = divmod(dimension, WIDTH)
        start = number // CHUNK * CHUNK
        chunk = self._points.get(block)
        if chunk is None or chunk[0] != start:
            chunk = self._points[block] = start, self._sequence(block, start)
        return float(chunk[1][number - start, column])

    def _sequence(self, block: int, start: int) -> NDArray[np.float64]:
        """Return `CHUNK` points of a block's sequence, from number `start`."""
        from scipy.stats.qmc import Sobol

        engine = Sobol(WIDTH, scramble=self._scramble, rng=generator(self._seed, "sobol", block))
        if start:
            engine.fast_forward(start)
        points: NDArray[np.float64] = engine.random(CHUNK)
        return points


def _add_names(names: dict[str, None], trial: FrozenTrial) -> None:
    for name in trial.distributions:
        names.setdefault(name)
