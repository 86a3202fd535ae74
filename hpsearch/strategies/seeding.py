"""Draws with a seed for each trial and parameter."""

from __future__ import annotations

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial

from hpsearch.seeding import generator
from hpsearch.space import value_at


def uniform_draw(seed: int, trial: FrozenTrial, name: str, distribution: BaseDistribution) -> object:
    """Draw `name` uniformly from its `distribution`; the draw is the same for every strategy and every call."""
    rng = generator(seed, trial.number, name)
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[rng.integers(len(distribution.choices))]
    return value_at(rng.random(), distribution)  # type: ignore[arg-type]  # all other distributions are numeric
