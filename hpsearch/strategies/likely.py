"""Prior of a person: values near which the best ones are expected, tried first and given up when wrong.

As in "πBO: Augmenting acquisition functions with user beliefs" (Hvarfner et al., ICLR 2022), a belief loses weight with
the number of trials; as in "PriorBand" (Mallik et al., NeurIPS 2023), it takes turns with draws that ignore it, and
loses its turns if these do better. The rule here works with every strategy, since it replaces draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from hpsearch.seeding import generator
from hpsearch.space import position, value_at
from hpsearch.storage.optuna_private import set_with_parameter
from hpsearch.strategies.base import CONFIRMS

LIKELY = "likely"
"""User attribute of a study: parameter → likely value, as Optuna stores it."""

NEAR = "near_likely"
"""User attribute of a trial that was drawn near the likely values."""

LIKELY_RULE = "likely_rule"
"""User attribute of a study: the version of the rule that it is searched by; without it, the oldest."""

HALF_LIFE = 10
"""Number of trials after which the probability of a turn is half as large."""

WIDTH = 1 / 6
"""Standard deviation of the draws, as a share of the range, in logarithms for log ranges."""

OF_CHOICE = 0.5
"""Probability of a likely choice, beyond its share in a uniform draw."""


@dataclass(frozen=True)
class Rule:
    """What may differ between versions of the rule.

    Attributes
    ----------
    every
        Distance of the trials that may be turns of the likely values.
    share
        Probability that an early one of them is; the first trial always is.
    fair_test
        Number of complete trials near the likely values, and of others, from which on the kinds are compared.
    """

    every: int
    share: float
    fair_test: int

    def turns(self, number: int) -> float:
        """Return the probability that trial `number` is drawn near the likely values, unless these do worse.

        >>> [RULES[2].turns(number) for number in (0, 1, 10, 11, 20)]
        [1.0, 0.0, 0.5, 0.0, 0.25]
        """
        if number % self.every:
            return 0.0
        return self.share * 2 ** (-number / HALF_LIFE) if number else 1.0


RULES = {1: Rule(every=1, share=0.75, fair_test=3), 2: Rule(every=2, share=1.0, fair_test=1)}
OLDEST, NEWEST = min(RULES), max(RULES)


class LikelySampler(BaseSampler):
    """Sampler that draws some of the first trials near the `likely` values, and leaves the others to another `sampler`.

    Trial 0 has the likely values themselves. Of the later trials every second one, trial n, is drawn near them with
    probability 2^(−n / HALF_LIFE): each of these parameters from a normal distribution around its value, cut to the
    range, independently. Its other parameters are drawn by the strategy, one at a time. The likely values have no turn
    while the median of the trials near them is worse than that of the others. So wrong values cost the first trial
    and, as soon as another one is better, no more; right ones wait for their next turn if a single one was.

    By rule 1, that of earlier versions, trial n is drawn near them with probability 0.75 · 2^(−n / HALF_LIFE), and the
    medians are compared from three trials of both kinds on.

    What trial n draws depends on the seed, on n and on the finished trials before it. The strategy learns from all
    trials.

    Parameters
    ----------
    sampler
        Sampler of the strategy.
    likely
        Parameter → likely value, as Optuna stores it.
    seed
        Seed of the run.
    rule
        Key of `RULES`.
    """

    def __init__(self, sampler: BaseSampler, likely: Mapping[str, Any], seed: int, rule: int = NEWEST) -> None:
        self.sampler = sampler
        self._likely = dict(likely)
        self._seed = seed
        self._rule = RULES[rule]
        self._marked: tuple[str, int] | None = None  # study, and the trial that was marked last

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the space that the sampler draws jointly; empty near the likely values."""
        return {} if self._is_near(study, trial) else self.sampler.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the jointly drawn values; none near the likely values."""
        return {} if self._is_near(study, trial) else self.sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a value near the likely one in a trial near them, else what the sampler draws."""
        if not self._is_near(study, trial):
            return self.sampler.sample_independent(study, trial, param_name, param_distribution)
        self._mark(study, trial, param_name)
        if param_name not in self._likely:
            return self.sampler.sample_independent(study, trial, param_name, param_distribution)
        value = self._likely[param_name]
        if trial.number == 0:
            return value
        return drawn_near(value, param_distribution, generator(self._seed, trial.number, param_name, "near"))

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        """Announce the trial."""
        self.sampler.before_trial(study, trial)

    def after_trial(
        self, study: optuna.Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        """Pass on the result."""
        self.sampler.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Reseed the sampler."""
        self.sampler.reseed_rng()

    def _mark(self, study: optuna.Study, trial: FrozenTrial, name: str) -> None:
        """Mark the trial with its first parameter."""
        if NEAR not in trial.user_attrs and self._marked != (study.study_name, trial.number):
            self._marked = study.study_name, trial.number
            set_with_parameter(study, trial, name, NEAR, value=True)

    def _is_near(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Return whether the trial is drawn near the likely values."""
        if NEAR in trial.user_attrs:  # resumed
            return True
        if CONFIRMS in trial.user_attrs:
            return False
        turn = generator(self._seed, trial.number, "likely").random() < self._rule.turns(trial.number)
        return turn and not (trial.number and is_worse(study, trial.number, self._rule.fair_test))


def is_worse(study: optuna.Study, number: int, fair_test: int) -> bool:
    """Return whether the trials near the likely values, before trial `number`, have a worse median than the others.

    False before there are `fair_test` complete ones of both kinds.
    """
    complete = [
        trial
        for trial in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if trial.number < number and CONFIRMS not in trial.user_attrs and trial.value is not None
    ]
    sign = -1.0 if study.direction == optuna.study.StudyDirection.MAXIMIZE else 1.0
    near, others = (
        sorted(sign * (trial.value or 0.0) for trial in complete if (NEAR in trial.user_attrs) is which)
        for which in (True, False)
    )
    if min(len(near), len(others)) < fair_test:
        return False
    return near[len(near) // 2] > others[len(others) // 2]


def drawn_near(value: Any, distribution: BaseDistribution, rng: Any) -> Any:
    """Return a draw near `value`: a normal one in the range, or the value itself with additional probability."""
    if isinstance(distribution, CategoricalDistribution):
        return value if rng.random() < OF_CHOICE else distribution.choices[rng.integers(len(distribution.choices))]
    normal = NormalDist(position(value, distribution), WIDTH)  # type: ignore[arg-type]  # all others are numeric
    low, high = normal.cdf(0.0), normal.cdf(1.0)
    place = normal.inv_cdf(low + (high - low) * rng.random())
    return value_at(min(max(place, 0.0), 1.0), distribution)  # type: ignore[arg-type]


def with_likely(sampler: BaseSampler, likely: Mapping[str, Any], seed: int, rule: int = NEWEST) -> BaseSampler:
    """Return the `sampler` with these likely values; the sampler itself without any."""
    return LikelySampler(sampler, likely, seed, rule) if likely else sampler
