"""What random search is expected to reach on a table, computed from the table and not by searching."""

import numpy as np


def expected_best(losses, trials):
    """What is expected of the best of `trials` uniform draws from the trainings in `losses` (configurations × seeds).

    Of M trainings, sorted, the best of n draws with replacement is the i-th or a later one with probability
    ((M − i + 1) / M)^n. Among trainings with equal losses the earliest draw is chosen, which is any of them.

    Returns
    -------
    tuple of float
        Observed: the expected least loss. True: the expected mean loss of the configuration that it belongs to.
    """
    observed = losses.reshape(-1)
    true = np.repeat(losses.reshape(-1, losses.shape[-1]).mean(axis=1), losses.shape[-1])
    values, group, sizes = np.unique(observed, return_inverse=True, return_counts=True)
    true_of_group = np.bincount(group, weights=true) / sizes
    at_least = 1 - np.concatenate([[0], np.cumsum(sizes)]) / observed.size
    chosen = at_least[:-1] ** trials - at_least[1:] ** trials
    return float(chosen @ values), float(chosen @ true_of_group)
