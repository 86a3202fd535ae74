"""Covariance matrix adaptation (CMA-ES): a normal distribution, updated after each generation of trials.

Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772; the package ``cmaes``: arXiv 2402.01373.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import partial
from typing import Annotated

from optuna.distributions import BaseDistribution
from optuna.samplers import CmaEsSampler
from optuna.trial import FrozenTrial
from pydantic import Field

from hpsearch.checks import MOST_POINTS, MOST_TRIALS
from hpsearch.errors import UsageError
from hpsearch.strategies.replay import STARTUP, ReplayableSampler

ONE_TENTH = 10
"""Smallest number of earlier trials that CMA-ES learns from: its best tenth is one trial."""


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

    In a study that goes on from an earlier one, the initial distribution is that of its best tenth, if this is at least
    one trial: Nomura et al., "Warm starting CMA-ES for hyperparameter optimization", AAAI 2021.

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
    return ReplayableSampler(
        make, seed, startup=n_startup_trials, single_objective=True, warm_start=_best_of_earlier_trials
    )


def _best_of_earlier_trials(
    earlier: Sequence[FrozenTrial], space: Mapping[str, BaseDistribution]
) -> dict[str, list[FrozenTrial]]:
    """Return the trials that the initial distribution is fitted to, with the parameters of `space` alone; or nothing.

    Optuna takes only trials that have these parameters and no others, and fits to their best tenth.
    """
    sources = [_cut(trial, space) for trial in earlier if space.keys() <= trial.params.keys()]
    return {"source_trials": sources} if len(sources) >= ONE_TENTH else {}


def _cut(trial: FrozenTrial, space: Mapping[str, BaseDistribution]) -> FrozenTrial:
    """Return the trial with the parameters of `space` alone."""
    part = copy(trial)
    part.params = {name: trial.params[name] for name in space}
    part.distributions = dict(space)
    return part
