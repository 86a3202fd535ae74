"""Makes a sampler with random state of its own replayable: what a trial draws no longer depends on who asked before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.base import CONFIRMS, refuse_several_objectives
from hpsearch.strategies.seeding import integer, uniform_draw
from hpsearch.strategies.view import search_alone

STARTUP = 10
"""How many trials are drawn uniformly before a strategy begins to learn, unless its options say otherwise."""


class ReplayableSampler(BaseSampler):
    """A sampler that is built anew for every trial, with a seed made of the run's seed and the trial's number.

    Its draws then depend on the seed, the trial's number and the finished trials alone, so that a run which was
    stopped and resumed equals the run which was not. Trials that confirm others are hidden from it.

    Parameters
    ----------
    make
        Makes the sampler, given ``seed=`` and a 32-bit number. It must learn from the study's trials alone, not from
        its own past.
    seed
        The run's seed.
    startup
        The first trials, by number, that are drawn uniformly: the same points as every other strategy's.
    single_objective
        Whether to refuse studies with several objectives.
    """

    def __init__(
        self, make: Callable[..., BaseSampler], seed: int, startup: int = 0, single_objective: bool = False
    ) -> None:
        self._make = make
        self._seed = seed
        self._startup = startup
        self._single_objective = single_objective
        # From inferring a trial's joint space to drawing in it a sampler may keep notes; threads may share this one.
        self._inferring: dict[int, BaseSampler] = {}

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """What the sampler draws jointly; nothing in a trial whose hyperparameters are given."""
        if trial.number < self._startup or CONFIRMS in trial.user_attrs:
            return {}
        sampler = self._inferring[trial.number] = self._sampler(trial)
        return sampler.infer_relative_search_space(search_alone(study), trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """What the sampler draws jointly."""
        self._check(study)
        if trial.number < self._startup or CONFIRMS in trial.user_attrs:
            return {}
        sampler = self._inferring.pop(trial.number, None) or self._sampler(trial)
        return sampler.sample_relative(search_alone(study, but=trial), trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """What the sampler draws alone, from a seed of the parameter's own: a trial may be resumed between two."""
        self._check(study)
        if trial.number < self._startup:
            return uniform_draw(self._seed, trial, param_name, param_distribution)
        sampler = self._sampler(trial, param_name)
        return sampler.sample_independent(search_alone(study), trial, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Nothing: what the sampler draws from is made when it draws."""

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Pass the result on."""
        if trial.number >= self._startup and CONFIRMS not in trial.user_attrs:
            self._sampler(trial).after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Nothing: the draws of a trial are its own in every process."""

    def _sampler(self, trial: FrozenTrial, *names: str) -> BaseSampler:
        return self._make(seed=integer(self._seed, trial.number, *names))

    def _check(self, study: optuna.Study) -> None:
        if self._single_objective:
            refuse_several_objectives(study)
