"""Bayesian optimization with a Gaussian process.

Jones et al., "Efficient global optimization of expensive black-box functions" (1998); Matérn 5/2 kernel with a length
scale for each parameter, log expected improvement (Ament et al., arXiv 2310.20708).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from optuna.samplers import GPSampler
from pydantic import Field

from hpsearch.strategies.replay import STARTUP, ReplayableSampler


def gp(
    seed: int,
    *,
    n_startup_trials: Annotated[int, Field(ge=0)] = STARTUP,
    deterministic_objective: bool = False,
) -> ReplayableSampler:
    """Optuna's `GPSampler`.

    It draws the parameters that all trials have jointly, the others uniformly. The kernel is fitted anew for each trial
    rather than from where the last fit ended, since that is known only to the process which made it.

    Parameters
    ----------
    n_startup_trials
        Trials that are drawn uniformly at the start.
    deterministic_objective
        Whether to take the objective for free of noise (experimental in Optuna).
    """
    make = partial(
        GPSampler,
        n_startup_trials=max(n_startup_trials, 1),
        deterministic_objective=deterministic_objective,
        warn_independent_sampling=False,
    )
    return ReplayableSampler(make, seed, startup=n_startup_trials)
