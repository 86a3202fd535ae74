"""Base class, attribute name and check shared by the strategies."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from hpsearch.errors import UsageError

CONFIRMS = "confirms"
"""User attribute of a confirming trial: the number of the earlier trial that it repeats.

A confirming trial re-measures a result of the search. It is not part of the search, and no strategy learns from it.
"""

RULE = "strategy_rule"
"""User attribute of a run and of a trial: the version of the rule that it is drawn by, if it is not the oldest one."""


def refuse_several_objectives(study: optuna.Study) -> None:
    """Raise a `UsageError` if the `study` has more than one objective."""
    objectives = len(study.directions)
    if objectives > 1:
        raise UsageError(f"this strategy searches with one objective, got a study with {objectives}")


class IndependentSampler(BaseSampler):
    """Base class of samplers that draw each parameter independently and implement only ``sample_independent``.

    There is no joint draw, so conditional spaces need no special handling. Each draw has its own named seed, so a
    trial can be resumed between two parameters, in another process.
    """

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return an empty space: no parameter is drawn jointly with another."""
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return no values: no parameter is drawn jointly with another."""
        return {}

    def reseed_rng(self) -> None:
        """Do nothing: a trial's draws are the same in every process."""
