"""Bayesian optimization with the tree-structured Parzen estimator, as Optuna 5 has it by default.

Bergstra et al., "Algorithms for hyper-parameter optimization" (2011); Watanabe, arXiv 2304.11127.
"""

from __future__ import annotations

from optuna.samplers import TPESampler

from hpsearch.strategies.replay import ReplayableSampler

STARTUP = 10


def tpe(seed: int) -> ReplayableSampler:
    """Optuna 5's default `TPESampler`, its options stated, so that another version's defaults change nothing."""
    return ReplayableSampler(_sampler, seed, startup=STARTUP)


def _sampler(seed: int) -> TPESampler:
    return TPESampler(
        n_startup_trials=STARTUP,
        n_ei_candidates=24,
        multivariate=True,
        constant_liar=True,
        group=False,
        seed=seed,
    )
