"""Trials of an earlier study that a strategy learns from, as if they were the first trials of its own."""

from __future__ import annotations

from collections.abc import Container, Sequence
from copy import copy
from copy import deepcopy as copied
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from hpsearch.strategies.view import ViewedStudy


class ContinuedStudy(ViewedStudy):
    """A study after `earlier` trials: these have the first numbers, and its own are numbered after them.

    The storage holds the study's own trials alone, with their own numbers.

    Parameters
    ----------
    study
        The study.
    earlier
        Finished trials with the numbers 0, 1, 2 and so on.
    """

    def __init__(self, study: optuna.Study, earlier: Sequence[FrozenTrial]) -> None:
        super().__init__(study, ())
        self._earlier = earlier

    def get_trials(self, deepcopy: bool = True, states: Container[TrialState] | None = None) -> list[FrozenTrial]:
        """Return the earlier trials in one of the `states`, then the study's own."""
        return self._all(self._viewed.get_trials(deepcopy=deepcopy, states=states), deepcopy, states)

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:
        return self._all(self._viewed._get_trials(deepcopy, states, use_cache), deepcopy, states)

    @property
    def _study(self) -> optuna.Study:
        """Study behind the one that a pruner filters; only filtered ones have the attribute."""
        return cast("optuna.Study", ContinuedStudy(self.__getattr__("_study"), self._earlier))

    def _all(self, own: list[FrozenTrial], deepcopy: bool, states: Container[TrialState] | None) -> list[FrozenTrial]:
        earlier = [trial for trial in self._earlier if states is None or trial.state in states]
        return [*(copied(earlier) if deepcopy else earlier), *(after(trial, len(self._earlier)) for trial in own)]


class ContinuingSampler(BaseSampler):
    """Sampler that passes a `ContinuedStudy` to another `sampler`, in every method.

    So a strategy draws trial *n* of a run as trial *n* + k of a study that began with the k `earlier` ones. Random and
    quasi-random search, grid search and CMA-ES do not learn from them: they go on as after k trials.
    """

    def __init__(self, sampler: BaseSampler, earlier: Sequence[FrozenTrial]) -> None:
        self.sampler = sampler
        self._earlier = earlier

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the space that the sampler draws jointly."""
        return self.sampler.infer_relative_search_space(self._view(study), self._after(trial))

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the jointly drawn values."""
        return self.sampler.sample_relative(self._view(study), self._after(trial), search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the value of one parameter."""
        return self.sampler.sample_independent(self._view(study), self._after(trial), param_name, param_distribution)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Announce the trial."""
        self.sampler.before_trial(self._view(study), self._after(trial))

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Pass on the result."""
        self.sampler.after_trial(self._view(study), self._after(trial), state, values)

    def reseed_rng(self) -> None:
        """Reseed the sampler."""
        self.sampler.reseed_rng()

    def _view(self, study: optuna.Study) -> optuna.Study:
        return cast("optuna.Study", ContinuedStudy(study, self._earlier))

    def _after(self, trial: FrozenTrial) -> FrozenTrial:
        return after(trial, len(self._earlier))


def after(trial: FrozenTrial, count: int) -> FrozenTrial:
    """Return the trial with the number that it has after `count` earlier ones."""
    renumbered = copy(trial)
    renumbered.number = trial.number + count
    return renumbered


def continuing(sampler: BaseSampler, earlier: Sequence[FrozenTrial]) -> BaseSampler:
    """Return the `sampler` after these trials; the sampler itself without any."""
    return ContinuingSampler(sampler, earlier) if earlier else sampler
