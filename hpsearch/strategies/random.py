"""Random search: every trial is drawn uniformly, or log-uniformly in log ranges.

Bergstra and Bengio, "Random search for hyper-parameter optimization" (2012); *Deep Learning from Scratch*, section
6.5.
"""

from __future__ import annotations

from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from hpsearch.strategies.base import IndependentSampler
from hpsearch.strategies.seeding import uniform_draw


class ReplayableRandomSampler(IndependentSampler):
    """Sampler with draws that depend only on the seed, the trial's number and the parameter's name.

    Optuna's ``RandomSampler(seed)`` repeats its first draws on a reopened study; this one continues.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a uniform draw."""
        return uniform_draw(self._seed, trial, param_name, param_distribution)
