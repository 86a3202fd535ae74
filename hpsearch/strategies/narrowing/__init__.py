"""Range narrowing: draw trials, then draw the next ones around the best of them.

`sampler` is the Optuna sampler, and `round` plans a round of trials. `axes` and `neighbours` hold the arithmetic.
`lessons` stores finished trials; `visited` and `values` find out what was tried. `rules` are the versions of the rule.
"""

from hpsearch.strategies.narrowing.rules import NEWEST
from hpsearch.strategies.narrowing.sampler import RANGE_PREFIX, NarrowingSampler

__all__ = ["NEWEST", "RANGE_PREFIX", "NarrowingSampler"]
