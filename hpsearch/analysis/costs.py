"""Costs of each variant: trials, epochs and seconds."""

from __future__ import annotations

import pandas as pd

from hpsearch.results.results import FINISHED, Results


def costs(results: Results) -> pd.DataFrame:
    """Sum trials, epochs and seconds of each variant with a finished trial, over its runs on all tasks.

    Seconds are summed over trials, also for concurrent runs. A cost is NaN if no trial records it.

    Returns
    -------
    variant, trials, epochs, seconds, epochs_a_trial and seconds_a_trial (medians), in the study's order.
    """
    finished = results.trials[results.trials["state"].isin(FINISHED)]
    rows = [
        {
            "variant": variant,
            "trials": len(trials),
            "epochs": trials["epochs"].astype(float).sum(min_count=1),
            "seconds": trials["seconds"].astype(float).sum(min_count=1),
            "epochs_a_trial": trials["epochs"].astype(float).median(),
            "seconds_a_trial": trials["seconds"].astype(float).median(),
        }
        for variant in results.variants
        for trials in [finished[finished["variant"] == variant]]
        if len(trials)
    ]
    columns = ["variant", "trials", "epochs", "seconds", "epochs_a_trial", "seconds_a_trial"]
    return pd.DataFrame(rows, columns=columns)
