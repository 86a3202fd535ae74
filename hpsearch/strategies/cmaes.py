"""Covariance matrix adaptation: a normal distribution moves through the space, a generation of trials at a time.

Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772; the package ``cmaes``: arXiv 2402.01373.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from optuna.samplers import CmaEsSampler
from pydantic import Field

from hpsearch.errors import UsageError
from hpsearch.strategies.replay import STARTUP, ReplayableSampler


def cmaes(
    seed: int,
    *,
    n_startup_trials: Annotated[int, Field(ge=0)] = STARTUP,
    popsize: Annotated[int, Field(ge=2)] | None = None,
    with_margin: bool = False,
    lr_adapt: bool = False,
    consider_pruned_trials: bool = False,
) -> ReplayableSampler:
    """Optuna's `CmaEsSampler` without restarts, which starts from the middle of the ranges with a sixth of their width.

    It draws the numeric parameters that all trials have; the others, choices among them, are drawn uniformly. The
    uniform trials at the start teach it nothing; they are drawn so that all strategies have the same. From the first
    trial on whose appearance changes which parameters all trials have, all are drawn uniformly: it is made for spaces
    without conditions.

    The distribution after a generation is stored with the trial that first drew from it, as a system attribute, so
    that a run which is resumed goes on with it.

    Parameters
    ----------
    n_startup_trials
        Trials that are drawn uniformly at the start.
    popsize
        Trials of a generation; None: 4 + 3 ln(parameters).
    with_margin
        Whether to keep integers and steps from settling on one value too early (experimental in Optuna).
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
        n_startup_trials=1,  # before that there is no parameter that all trials have; `startup` counts the rest
        popsize=popsize,
        use_separable_cma=False,
        with_margin=with_margin,
        lr_adapt=lr_adapt,
        consider_pruned_trials=consider_pruned_trials,
        warn_independent_sampling=False,
    )
    return ReplayableSampler(make, seed, startup=n_startup_trials, single_objective=True)
