"""Trials of an earlier study that a strategy learns from, as if they were the first trials of its own."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from copy import copy
from copy import deepcopy as copied
from typing import Any, cast

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from hpsearch.seeding import generator
from hpsearch.space import position, value_at
from hpsearch.storage.optuna_private import HidingStudy, set_with_parameter
from hpsearch.strategies.base import CONFIRMS
from hpsearch.strategies.view import ViewedStudy

BEYOND = "beyond_earlier"
"""User attribute of a trial: the parameter whose value is from a part of the range without earlier trials."""

BEYOND_TRIALS = 5
"""Number of trials that go beyond the earlier ones."""

WIDE_PART = 0.1
"""Smallest part of a range without earlier trials that counts, in logarithms for log ranges."""

_BY_CHANCE = 3.0  # e⁻³ = 5 %


class ContinuedStudy(ViewedStudy):
    """A study after `earlier` trials: these have the first numbers, and its own are numbered after them.

    The storage holds the study's own trials alone, with their own numbers.

    Parameters
    ----------
    study
        The study.
    earlier
        Finished trials with the numbers 0, 1, 2 and so on.
    teaches
        Whether `earlier_trials` names them to samplers that learn from trials of their own alone.
    """

    def __init__(self, study: optuna.Study, earlier: Sequence[FrozenTrial], *, teaches: bool) -> None:
        super().__init__(study, ())
        self.earlier, self.teaches = earlier, teaches

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
        return cast("optuna.Study", ContinuedStudy(self.__getattr__("_study"), self.earlier, teaches=self.teaches))

    def _all(self, own: list[FrozenTrial], deepcopy: bool, states: Container[TrialState] | None) -> list[FrozenTrial]:
        earlier = [trial for trial in self.earlier if states is None or trial.state in states]
        return [*(copied(earlier) if deepcopy else earlier), *(after(trial, len(self.earlier)) for trial in own)]


def earlier_trials(study: object) -> Sequence[FrozenTrial]:
    """Return the trials of an earlier study before those of a view; empty without."""
    while isinstance(study, HidingStudy):
        if isinstance(study, ContinuedStudy):
            return study.earlier if study.teaches else ()
        study = study.viewed
    return ()


class ContinuingSampler(BaseSampler):
    """Sampler that passes a `ContinuedStudy` to another `sampler`, in every method.

    So a strategy draws trial *n* of a run as trial *n* + k of a study that began with the k `earlier` ones. Random and
    quasi-random search and grid search do not learn from them: they go on as after k trials. CMA-ES begins with a
    distribution around the best of them.

    A strategy that knows only a part of a range stays in it. So where the earlier trials leave a part of the new space
    untried, see `untried`, the first `BEYOND_TRIALS` draws take one parameter from such a part, in turns; the strategy
    draws the others. These trials have the user attribute `BEYOND`.

    Parameters
    ----------
    sampler
        Sampler of the strategy.
    earlier
        Finished trials with the numbers 0, 1, 2 and so on.
    space
        Space of the run.
    seed, begun
        Seed of the run, and the number of its first trials that no strategy draws.
    teaches
        Whether samplers that learn from trials of their own alone are told of the earlier ones: CMA-ES.
    """

    def __init__(
        self,
        sampler: BaseSampler,
        earlier: Sequence[FrozenTrial],
        space: Mapping[str, BaseDistribution],
        seed: int,
        begun: int = 0,
        *,
        teaches: bool = True,
    ) -> None:
        self.sampler = sampler
        self._earlier = earlier
        self._seed, self._begun, self._teaches = seed, begun, teaches
        self._untried = {name: parts for name, dist in space.items() if (parts := untried(name, dist, earlier))}

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the space that the sampler draws jointly; empty in a trial that goes beyond the earlier ones."""
        if self._goes_beyond(trial):
            return {}
        return self.sampler.infer_relative_search_space(self._view(study), self._after(trial))

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the jointly drawn values; none in a trial that goes beyond the earlier ones."""
        if self._goes_beyond(trial):
            return {}
        return self.sampler.sample_relative(self._view(study), self._after(trial), search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return the value of one parameter."""
        if self._goes_beyond(trial) == param_name:
            set_with_parameter(study, trial, param_name, BEYOND, param_name)
            rng = generator(self._seed, trial.number, param_name, "beyond")
            return _drawn(self._untried[param_name], param_distribution, rng)
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

    def _goes_beyond(self, trial: FrozenTrial) -> str:
        """Return the parameter that the trial takes from an untried part of its range; empty if it takes none."""
        turn = trial.number - self._begun
        if not self._untried or not 0 <= turn < BEYOND_TRIALS or CONFIRMS in trial.user_attrs:
            return ""
        return sorted(self._untried)[turn % len(self._untried)]

    def _view(self, study: optuna.Study) -> optuna.Study:
        return cast("optuna.Study", ContinuedStudy(study, self._earlier, teaches=self._teaches))

    def _after(self, trial: FrozenTrial) -> FrozenTrial:
        return after(trial, len(self._earlier))


def untried(name: str, distribution: BaseDistribution, earlier: Sequence[FrozenTrial]) -> list[Any]:
    """Return the parts of a range that no earlier trial is in: positions (low, high) at its ends, or choices.

    An end counts from `WIDE_PART` of the range on, if it is wider than chance would make it: with n values from the
    whole range, an end of 3 / (n + 1) has a probability of 5 %. A range of which no trial has a value has no such part.
    """
    values = [trial.params[name] for trial in earlier if name in trial.params]
    if not values:
        return []
    if isinstance(distribution, CategoricalDistribution):
        return [choice for choice in distribution.choices if choice not in values]
    places = [position(value, distribution) for value in values]  # type: ignore[arg-type]  # all others are numeric
    ends = [(0.0, min(places)), (max(places), 1.0)]
    wide = max(WIDE_PART, _BY_CHANCE / (len(places) + 1))
    return [(low, high) for low, high in ends if high - low >= wide]


def _drawn(parts: Sequence[Any], distribution: BaseDistribution, rng: Any) -> Any:
    """Return a uniform draw from the parts."""
    if isinstance(distribution, CategoricalDistribution):
        return parts[rng.integers(len(parts))]
    place = rng.random() * sum(high - low for low, high in parts)
    for low, high in parts[:-1]:
        if place < high - low:
            return value_at(low + place, distribution)  # type: ignore[arg-type]
        place -= high - low
    low, high = parts[-1]
    return value_at(min(low + place, high), distribution)  # type: ignore[arg-type]


def after(trial: FrozenTrial, count: int) -> FrozenTrial:
    """Return the trial with the number that it has after `count` earlier ones."""
    renumbered = copy(trial)
    renumbered.number = trial.number + count
    return renumbered
