"""Range narrowing: search a while, look where the best trials lie, search there.

`sampler` is the Optuna sampler, `round` plans a round of trials, `axes` and `neighbours` are its arithmetic, `lessons`
are what it keeps of finished trials.
"""

from hpsearch.strategies.narrowing.sampler import RANGE_PREFIX, NarrowingSampler

__all__ = ["RANGE_PREFIX", "NarrowingSampler"]
