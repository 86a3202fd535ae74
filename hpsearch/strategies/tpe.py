"""Bayesian optimization with the tree-structured Parzen estimator.

Bergstra et al., "Algorithms for hyper-parameter optimization" (2011); Watanabe, arXiv 2304.11127. The options that
Optuna 5 has by default are stated, so that another version's defaults change nothing.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from optuna.samplers import TPESampler
from pydantic import Field

from hpsearch.errors import UsageError
from hpsearch.strategies.replay import STARTUP, ReplayableSampler


def tpe(
    seed: int,
    *,
    n_startup_trials: Annotated[int, Field(ge=0)] = STARTUP,
    n_ei_candidates: Annotated[int, Field(ge=1)] = 24,
    multivariate: bool = True,
    group: bool = False,
    constant_liar: bool = True,
) -> ReplayableSampler:
    """Optuna 5's default: the parameters that all trials have are drawn jointly.

    Parameters
    ----------
    n_startup_trials
        Trials that are drawn uniformly before the first that is drawn from a model.
    n_ei_candidates
        Draws from the model of the good trials, of which the likeliest under it, against the rest, is taken.
    multivariate
        Whether to model parameters jointly, rather than each alone.
    group
        Whether to model those parameters jointly that occur together: for conditional spaces. Needs `multivariate`.
    constant_liar
        Whether to keep away from trials that are running.
    """
    if group and not multivariate:
        raise UsageError("group = true of tpe needs multivariate = true, got multivariate = false")
    make = partial(
        TPESampler,
        n_startup_trials=n_startup_trials,
        n_ei_candidates=n_ei_candidates,
        multivariate=multivariate,
        group=group,
        constant_liar=constant_liar,
    )
    return ReplayableSampler(make, seed, startup=n_startup_trials)


def tpe_univariate(
    seed: int,
    *,
    n_startup_trials: Annotated[int, Field(ge=0)] = STARTUP,
    n_ei_candidates: Annotated[int, Field(ge=1)] = 24,
    constant_liar: bool = True,
) -> ReplayableSampler:
    """Every parameter is modelled alone, as in the paper of 2011. The options are those of `tpe`."""
    return tpe(
        seed,
        n_startup_trials=n_startup_trials,
        n_ei_candidates=n_ei_candidates,
        multivariate=False,
        constant_liar=constant_liar,
    )
