"""Named seeds, so that each draw can be repeated alone, independent of other draws."""

from __future__ import annotations

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.trial import FrozenTrial

from hpsearch.space import value_at


def sequence(seed: int, *names: int | str) -> np.random.SeedSequence:
    """Return the seed sequence for `seed` and these `names`: a trial's number, a parameter, a round."""
    key = [part for name in names for part in _words(name)]
    return np.random.SeedSequence(seed, spawn_key=key)


def generator(seed: int, *names: int | str) -> np.random.Generator:
    """Return a random generator for `seed` and these `names`."""
    return np.random.default_rng(sequence(seed, *names))


def integer(seed: int, *names: int | str) -> int:
    """Return a 32-bit seed for `seed` and these `names`."""
    return int(sequence(seed, *names).generate_state(1)[0])


def _words(name: int | str) -> list[int]:
    """Encode `name` as numbers, with its kind or length first, so that concatenated names are unambiguous."""
    if isinstance(name, int):
        return [0, name]
    encoded = name.encode()
    return [1 + len(encoded), *encoded]


def uniform_draw(seed: int, trial: FrozenTrial, name: str, distribution: BaseDistribution) -> object:
    """Draw `name` uniformly from its `distribution`; the draw is the same for every strategy and every call."""
    rng = generator(seed, trial.number, name)
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[rng.integers(len(distribution.choices))]
    return value_at(rng.random(), distribution)  # type: ignore[arg-type]  # all other distributions are numeric
