"""Conversion of scikit-learn's `random_state` to a generator."""

from typing import Any

import numpy as np

from hpsearch.errors import UsageError, quoted


def generator_from(random_state: Any) -> np.random.Generator:
    """Return a new generator: the same one for the same whole number, an unpredictable one for None.

    A `RandomState` or `Generator` seeds the new generator, so successive calls differ reproducibly. Unlike in
    scikit-learn, None does not mean NumPy's global generator, which is never used.

    Raises
    ------
    UsageError
        If `random_state` has another type or is negative.
    """
    if random_state is None:
        return np.random.default_rng()
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(0, 2**32, size=4, dtype=np.uint32))
    if isinstance(random_state, np.random.Generator):
        return np.random.default_rng(random_state.integers(0, 2**32, size=4, dtype=np.uint32))
    if isinstance(random_state, int | np.integer) and not isinstance(random_state, bool) and random_state >= 0:
        return np.random.default_rng(int(random_state))
    raise UsageError(
        "random_state must be a whole number >= 0, a RandomState or Generator of NumPy, or None, "
        f"got {quoted(random_state)}"
    )
