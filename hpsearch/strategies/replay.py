"""Makes a sampler with random state of its own replayable: what a trial draws no longer depends on who asked before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.seeding import integer, uniform_draw


class ReplayableSampler(BaseSampler):
    """A sampler that is built anew for every trial, with a seed made of the run's seed and the trial's number.

    Its draws then depend on the seed, the trial's number and the finished trials alone, so that a run which was
    stopped and resumed equals the run which was not.

    Parameters
    ----------
    make
        Makes the sampler from a 32-bit seed. It must learn from the study's trials alone, not from its own past.
    seed
        The run's seed.
    startup
        The first trials, by number, that are drawn uniformly: the same points as every other strategy's.
    """

    def __init__(self, make: Callable[[int], BaseSampler], seed: int, startup: int = 0) -> None:
        self._make = make
        self._seed = seed
        self._startup = startup
        self._sampler = make(seed)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Build the sampler for this trial."""
        self._sampler = self._make(integer(self._seed, trial.number))
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """What the sampler draws jointly."""
        if trial.number < self._startup:
            return {}
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """What the sampler draws jointly."""
        if trial.number < self._startup:
            return {}
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """What the sampler draws alone, from a seed of the parameter's own: a trial may be resumed between two."""
        if trial.number < self._startup:
            return uniform_draw(self._seed, study, trial, param_name, param_distribution)
        sampler = self._make(integer(self._seed, trial.number, param_name))
        return sampler.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Pass the result on."""
        self._sampler.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Nothing: the draws of a trial are its own in every process."""
