"""What the strategies have in common."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from hpsearch.errors import UsageError

CONFIRMS = "confirms"
"""User attribute of a trial that trains an earlier one's hyperparameters again: that trial's number.

Such a trial measures what the search found. It is no part of the search, and no strategy learns from it.
"""


def refuse_several_objectives(study: optuna.Study) -> None:
    """Raise a `UsageError` if the `study` has more objectives than one."""
    objectives = len(study.directions)
    if objectives > 1:
        raise UsageError(f"this strategy searches with one objective, got a study with {objectives}")


class IndependentSampler(BaseSampler):
    """A sampler whose one duty is ``sample_independent``, from seeds that name what they are for.

    Since nothing is drawn jointly, conditional spaces need no care; since every draw has a seed of its own, a trial
    may be resumed between two of its parameters, in another process.
    """

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """No parameter is drawn jointly with another."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """No parameter is drawn jointly with another."""
        return {}

    def reseed_rng(self) -> None:
        """Nothing: the draws of a trial are its own in every process."""
