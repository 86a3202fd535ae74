"""Named seeds, so that each draw can be repeated alone, independent of other draws."""

from __future__ import annotations

import numpy as np


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
