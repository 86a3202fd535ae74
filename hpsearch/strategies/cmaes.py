"""Covariance matrix adaptation (CMA-ES): a normal distribution, updated after each generation of trials.

Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772; the package ``cmaes``: arXiv 2402.01373.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from optuna.samplers import CmaEsSampler
from pydantic import Field

from hpsearch.checks import MOST_POINTS, MOST_TRIALS
from hpsearch.errors import UsageError
from hpsearch.strategies.replay import STARTUP, ReplayableSampler


def cmaes(
    seed: int,
    *,
    n_startup_trials: Annotated[int, Field(ge=0, le=MOST_TRIALS)] = STARTUP,
    popsize: Annotated[int, Field(ge=2, le=MOST_POINTS)] | None = None,
    with_margin: bool = False,
    lr_adapt: bool = False,
    consider_pruned_trials: bool = False,
) -> ReplayableSampler:
    """Return Optuna's `CmaEsSampler` without restarts.

    The initial distribution is centred on the ranges, with a standard deviation of a sixth of their width.

    CMA-ES draws the numeric parameters that all trials have. The others, choices included, are drawn uniformly. It
    does not learn from the uniform trials at the start; they are drawn so that all strategies share them. Once a trial
    changes the set of parameters that all trials have, later trials are drawn uniformly. CMA-ES is meant for spaces
    without conditions.

    The distribution after a generation is stored as a system attribute of the first trial drawn from it. A resumed run
    reads it from there.

    Parameters
    ----------
    n_startup_trials
        Number of uniform trials at the start.
    popsize
        Trials per generation; None: 4 + 3 ln(number of parameters).
    with_margin
        Whether to keep integers and stepped parameters from converging to one value too early (experimental in
        Optuna).
    lr_adapt
        Whether to adapt the learning rate, for noisy or multimodal objectives (experimental in Optuna).
    consider_pruned_trials
        Whether to learn from the last reported value of pruned trials (experimental in Optuna).

    Raises
    ------
    UsageError
        If both `with_margin` and `lr_adapt` are set.
    """
    if with_margin and lr_adapt:
        raise UsageError("with_margin and lr_adapt of cmaes exclude each other, got both true")
    make = partial(
        CmaEsSampler,
        n_startup_trials=1,  # CMA-ES needs one earlier trial to infer the space; `startup` covers the rest
        popsize=popsize,
        use_separable_cma=False,
        with_margin=with_margin,
        lr_adapt=lr_adapt,
        consider_pruned_trials=consider_pruned_trials,
        warn_independent_sampling=False,
    )
    return ReplayableSampler(make, seed, startup=n_startup_trials, single_objective=True)
