"""Wrapper that makes a stateful sampler replayable: a trial's draws do not depend on earlier calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from hpsearch.seeding import integer
from hpsearch.strategies.base import CONFIRMS, refuse_several_objectives
from hpsearch.strategies.earlier import earlier_trials
from hpsearch.strategies.seeding import uniform_draw
from hpsearch.strategies.view import search_alone

WarmStart = Callable[[Sequence[FrozenTrial], dict[str, BaseDistribution]], Mapping[str, Any]]

STARTUP = 10
"""Default number of uniform trials before a strategy starts to learn."""


class ReplayableSampler(BaseSampler):
    """Sampler that is rebuilt for every trial, with a seed from the run's seed and the trial's number.

    Its draws depend only on the seed, the trial's number and the finished trials. So a run that is stopped and resumed
    equals an uninterrupted one. Trials that confirm others are hidden from it.

    Parameters
    ----------
    make
        Makes the sampler from ``seed=``, a 32-bit number. It must learn only from the study's trials, not from its own
        past.
    seed
        Seed of the run.
    startup
        Number of uniform trials at the start: the same points as for every other strategy.
    single_objective
        Whether to reject studies with several objectives.
    warm_start
        Returns further arguments of `make` for joint draws, from the trials of an earlier study and the joint space.
        For samplers that learn from trials of their own alone.
    """

    def __init__(
        self,
        make: Callable[..., BaseSampler],
        seed: int,
        startup: int = 0,
        single_objective: bool = False,
        warm_start: WarmStart | None = None,
    ) -> None:
        self._make = make
        self._seed = seed
        self._startup = startup
        self._single_objective = single_objective
        self._warm_start = warm_start
        # Samplers may keep state between inferring a joint space and drawing in it. Keyed by trial, for threads.
        self._inferring: dict[int, BaseSampler] = {}
        self._drawn: dict[int, BaseSampler] = {}  # until the trial ends: making a sampler takes long

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the space that the sampler draws jointly; empty in startup and confirming trials."""
        if trial.number < self._startup or CONFIRMS in trial.user_attrs:
            return {}
        sampler = self._inferring[trial.number] = self._sampler(trial)
        return sampler.infer_relative_search_space(search_alone(study), trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the jointly drawn values; empty in startup and confirming trials."""
        self._check(study)
        if trial.number < self._startup or CONFIRMS in trial.user_attrs:
            return {}
        inferring = self._inferring.pop(trial.number, None)
        warmth = self._warm_start(earlier_trials(study), search_space) if self._warm_start else {}
        if warmth:
            inferring = self._make(seed=integer(self._seed, trial.number), **warmth)
        sampler = self._drawn[trial.number] = inferring or self._sampler(trial)
        return sampler.sample_relative(search_alone(study, but=trial), trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draw one parameter from its own seed, so that a trial can be resumed between two parameters."""
        self._check(study)
        if trial.number < self._startup:
            return uniform_draw(self._seed, trial, param_name, param_distribution)
        sampler = self._sampler(trial, param_name)
        return sampler.sample_independent(search_alone(study), trial, param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Do nothing: the sampler is made when it draws."""

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Pass the result to the sampler, except for startup and confirming trials."""
        sampler = self._drawn.pop(trial.number, None)
        if trial.number >= self._startup and CONFIRMS not in trial.user_attrs:
            (sampler or self._sampler(trial)).after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Do nothing: a trial's draws are the same in every process."""

    def _sampler(self, trial: FrozenTrial, *names: str) -> BaseSampler:
        return self._make(seed=integer(self._seed, trial.number, *names))

    def _check(self, study: optuna.Study) -> None:
        if self._single_objective:
            refuse_several_objectives(study)
