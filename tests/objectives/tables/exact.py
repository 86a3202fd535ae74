"""Exact expectations of random search on a table, without searching."""

import numpy as np
from optuna.trial import FixedTrial

from hpsearch.objectives.tables.published import read


def expected_best(searched, judging, trials):
    """Compute the expected best of `trials` uniform draws from the trainings in `searched`.

    Of M trainings, sorted, the best of n draws with replacement is the i-th or a later one with probability
    ((M − i + 1) / M)^n. Ties go to the earliest draw, which is equally likely to be any of the tied trainings.

    Parameters
    ----------
    searched, judging
        Losses, configurations × seeds, for the observable and for the held-out seeds.

    Returns
    -------
    tuple of float
        Expected lowest observed loss, and expected mean loss of its configuration over `judging`.
    """
    observed = searched.reshape(-1)
    judged = np.repeat(judging.reshape(-1, judging.shape[-1]).mean(axis=1), searched.shape[-1])
    values, group, sizes = np.unique(observed, return_inverse=True, return_counts=True)
    judged_of_group = np.bincount(group, weights=judged) / sizes
    at_least = 1 - np.concatenate([[0], np.cumsum(sizes)]) / observed.size
    chosen = at_least[:-1] ** trials - at_least[1:] ** trials
    return float(chosen @ values), float(chosen @ judged_of_group)


def observed_at(objective, params, numbers=60):
    """Return the observations of the first trials of a search, all at the same parameters."""
    return [objective(FixedTrial(params, number)) for number in range(numbers)]


def configuration(name, place):
    """Return the parameters of a table's configuration."""
    return {key: values[where] for (key, values), where in zip(read(name).grid.items(), place, strict=True)}


def place_with(name, seeds, rng):
    """Return the index of a random configuration trained with `seeds` seeds, all of different losses."""
    losses = read(name).losses
    while True:
        place = tuple(int(rng.integers(size)) for size in losses.shape[:-1])
        if np.isfinite(losses[place]).sum() == seeds == len(np.unique(losses[place][:seeds])):
            return place


def seeds_of_search(objective, rng=None):
    """Infer an objective's observable seeds from the observations of 60 trials."""
    losses = read(objective.task).losses
    place = place_with(objective.task, losses.shape[-1], np.random.default_rng(0) if rng is None else rng)
    observed = observed_at(objective, configuration(objective.task, place))
    return sorted({list(losses[place]).index(value) for value in observed})
