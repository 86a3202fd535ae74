"""Seeds that name what they are for, so that a draw can be repeated alone, whatever was drawn before it."""

from __future__ import annotations

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial

from hpsearch.space import value_at


def sequence(seed: int, *names: int | str) -> np.random.SeedSequence:
    """The seed sequence of `seed` for what the `names` name: a trial's number, a parameter, a round."""
    key = [part for name in names for part in _words(name)]
    return np.random.SeedSequence(seed, spawn_key=key)


def generator(seed: int, *names: int | str) -> np.random.Generator:
    """A generator of its own for what the `names` name."""
    return np.random.default_rng(sequence(seed, *names))


def integer(seed: int, *names: int | str) -> int:
    """A 32-bit seed of its own for what the `names` name."""
    return int(sequence(seed, *names).generate_state(1)[0])


def _words(name: int | str) -> list[int]:
    """An unambiguous list of numbers for `name`: its kind or length first, so that no two names run together."""
    if isinstance(name, int):
        return [0, name]
    encoded = name.encode()
    return [1 + len(encoded), *encoded]


def uniform_draw(seed: int, trial: FrozenTrial, name: str, distribution: BaseDistribution) -> object:
    """Draw `name` uniformly from its `distribution`: the same for every strategy that draws so, and every time."""
    rng = generator(seed, trial.number, name)
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[rng.integers(len(distribution.choices))]
    return value_at(rng.random(), distribution)  # type: ignore[arg-type]  # the others are numeric
