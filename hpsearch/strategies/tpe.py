"""Bayesian optimization with the tree-structured Parzen estimator.

Bergstra et al., "Algorithms for hyper-parameter optimization" (2011); Watanabe, arXiv 2304.11127. The defaults of
Optuna 5 are written out, so that other versions behave the same.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from optuna.samplers import TPESampler
from pydantic import Field

from hpsearch.checks import MOST_POINTS, MOST_TRIALS
from hpsearch.errors import UsageError
from hpsearch.strategies.replay import STARTUP, ReplayableSampler


def tpe(
    seed: int,
    *,
    n_startup_trials: Annotated[int, Field(ge=0, le=MOST_TRIALS)] = STARTUP,
    n_ei_candidates: Annotated[int, Field(ge=1, le=MOST_POINTS)] = 24,
    multivariate: bool = True,
    group: bool = False,
    constant_liar: bool = True,
) -> ReplayableSampler:
    """Return Optuna 5's default sampler: the parameters that all trials have are drawn jointly.

    Parameters
    ----------
    n_startup_trials
        Number of uniform trials before the first one drawn from a model.
    n_ei_candidates
        Draws from the model of the good trials; the one with the highest density ratio of good to other trials is
        taken.
    multivariate
        Whether to model parameters jointly instead of separately.
    group
        Whether to model jointly the parameters that occur together, for conditional spaces. Requires `multivariate`.
    constant_liar
        Whether to keep away from running trials.
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
    n_startup_trials: Annotated[int, Field(ge=0, le=MOST_TRIALS)] = STARTUP,
    n_ei_candidates: Annotated[int, Field(ge=1, le=MOST_POINTS)] = 24,
    constant_liar: bool = True,
) -> ReplayableSampler:
    """Return a sampler that models each parameter separately, as in the paper of 2011; options as in `tpe`."""
    return tpe(
        seed,
        n_startup_trials=n_startup_trials,
        n_ei_candidates=n_ei_candidates,
        multivariate=False,
        constant_liar=constant_liar,
    )
