"""Ways to search: each is an ``optuna.samplers.BaseSampler``, made from a seed.

To add one: a file here that holds its definition, and its line in `STRATEGIES`.
"""

from __future__ import annotations

from collections.abc import Callable

from optuna.samplers import BaseSampler

from hpsearch.strategies.narrowing import NarrowingSampler, narrowing
from hpsearch.strategies.random import ReplayableRandomSampler
from hpsearch.strategies.tpe import tpe

Strategy = Callable[[int], BaseSampler]

STRATEGIES: dict[str, Strategy] = {
    "random": ReplayableRandomSampler,
    "narrowing": narrowing,
    "tpe": tpe,
}

__all__ = ["STRATEGIES", "NarrowingSampler", "Strategy"]
