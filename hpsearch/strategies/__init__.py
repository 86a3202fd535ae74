"""Search strategies: each makes an ``optuna.samplers.BaseSampler`` from a seed and options.

To add one, write its definition in a file here and add a line to `STRATEGIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from optuna.samplers import BaseSampler

from hpsearch.errors import UsageError, choose_from
from hpsearch.strategies.cmaes import cmaes
from hpsearch.strategies.gp import gp
from hpsearch.strategies.grid import GridSampler
from hpsearch.strategies.named import NamedStrategy
from hpsearch.strategies.narrowing import NEWEST, NarrowingSampler
from hpsearch.strategies.qmc import SobolSampler
from hpsearch.strategies.random import ReplayableRandomSampler
from hpsearch.strategies.tpe import tpe, tpe_univariate

Strategy = Callable[..., BaseSampler]

STRATEGIES: dict[str, NamedStrategy] = {
    strategy.name: strategy
    for strategy in (
        NamedStrategy("random", ReplayableRandomSampler, draws="independent"),
        NamedStrategy("narrowing", NarrowingSampler, single_objective=True, rule=NEWEST),
        NamedStrategy("tpe", tpe, joint="everything"),
        NamedStrategy("tpe-univariate", tpe_univariate),
        NamedStrategy("qmc", SobolSampler, draws="sequence", random_start=False),
        NamedStrategy("grid", GridSampler, draws="grid", random_start=False),
        NamedStrategy("cmaes", cmaes, joint="numbers", single_objective=True, package="cmaes"),
        NamedStrategy("gp", gp, joint="everything", package="torch"),
    )
}


SEQUENCES = tuple(name for name, strategy in STRATEGIES.items() if strategy.draws == "sequence")
"""Strategies that spread trials more evenly than independent draws."""

INDEPENDENT = tuple(name for name, strategy in STRATEGIES.items() if strategy.draws in ("independent", "sequence"))
"""Strategies that neither use the values of earlier trials nor follow a finite grid."""


def make_strategy(name: str, options: Mapping[str, Any] | None = None) -> Callable[[int], BaseSampler]:
    """Return a picklable function from a seed to a sampler of the strategy `name` with these `options`.

    Raises
    ------
    UsageError
        If the strategy or an option does not exist, an option's value is not allowed, or a package is missing.
    """
    if name not in STRATEGIES:
        raise UsageError(choose_from("strategy", name, STRATEGIES))
    return STRATEGIES[name].with_options(options or {})


__all__ = ["INDEPENDENT", "SEQUENCES", "STRATEGIES", "NamedStrategy", "NarrowingSampler", "Strategy", "make_strategy"]
