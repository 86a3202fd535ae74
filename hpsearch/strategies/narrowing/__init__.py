"""Range narrowing: draw trials, then draw the next ones around the best of them.

`sampler` is the Optuna sampler, `round` plans a round of trials, `axes` and `neighbours` hold the arithmetic,
`lessons` stores finished trials.
"""

from hpsearch.strategies.narrowing.sampler import RANGE_PREFIX, NarrowingSampler

__all__ = ["RANGE_PREFIX", "NarrowingSampler"]
