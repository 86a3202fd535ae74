"""Bayesian optimization with a Gaussian process.

Jones et al., "Efficient global optimization of expensive black-box functions" (1998); Matérn 5/2 kernel with a length
scale for each parameter, log expected improvement (Ament et al., arXiv 2310.20708).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from optuna.samplers import GPSampler
from pydantic import Field

from hpsearch.checks import MOST_TRIALS
from hpsearch.strategies.replay import STARTUP, ReplayableSampler


def gp(
    seed: int,
    *,
    n_startup_trials: Annotated[int, Field(ge=0, le=MOST_TRIALS)] = STARTUP,
    deterministic_objective: bool = False,
) -> ReplayableSampler:
    """Return Optuna's `GPSampler`.

    It draws the parameters that all trials have jointly, the others uniformly. The kernel is fitted from scratch for
    each trial: the end point of the last fit exists only in the process that made it.

    Parameters
    ----------
    n_startup_trials
        Number of uniform trials at the start.
    deterministic_objective
        Whether to treat the objective as noise-free (experimental in Optuna).
    """
    make = partial(
        GPSampler,
        n_startup_trials=max(n_startup_trials, 1),
        deterministic_objective=deterministic_objective,
        warn_independent_sampling=False,
    )
    return ReplayableSampler(make, seed, startup=n_startup_trials)
