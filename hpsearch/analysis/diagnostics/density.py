"""Diagnostic: number of trials near the best."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hpsearch.analysis.diagnostics.finding import Change, Finding
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.results.results import PARAM

KEY = "density"


def density(search: TaskSearch) -> Finding:
    """Warn of too few trials near the best: it may be a lucky one, and a better one may be close by.

    Rule: fewer than `near_trials` complete and feasible trials are within `near_share` of each numeric range from the
    best trial, with equal choices. The best itself counts.

    Source: Google's deep learning tuning playbook, "Not sampling enough points"; the numbers are this package's.
    """
    title = "Enough trials near the best"
    if search.good.empty or not search.columns:
        return search.unknown(KEY, title, "No trial with hyperparameters is complete and feasible.")
    near = _near(search)
    facts = {"near": near, "least": search.limits.near_trials, "trials": len(search.good)}
    evidence = (
        f"{{near}} of {{trials}} trials {'lies' if near == 1 else 'lie'} near the best one in every hyperparameter, "
        "itself included."
    )
    if near >= search.limits.near_trials:
        return search.finding(KEY, "pass", title, evidence, facts=facts)
    finding = search.finding(
        KEY, "warn", "Too few trials near the best", f"{evidence} At least {{least}} are wanted.",
        "Spend more trials, or search a smaller space around the best.", facts=facts,
    )  # fmt: skip
    return replace(finding, changes=_more_trials(search, near))


def _near(search: TaskSearch) -> int:
    good = search.good
    near = np.ones(len(good), dtype=bool)
    for name in search.numeric:
        places = search.positions(good, name)
        if not np.isnan(places[0]):
            near &= np.abs(places - places[0]) <= search.limits.near_share + 1e-12
    for name in search.categorical:
        if PARAM + name in good:
            choices = good[PARAM + name]
            best = choices.iloc[0]
            near &= (choices.isna() if best is None or best != best else choices == best).to_numpy()
    return int(near.sum())


def _more_trials(search: TaskSearch, near: int) -> tuple[Change, ...]:
    budget = search.results.budget
    reason = f"only {near} of {len(search.good)} trials lie near the best"
    return (Change(("search", "trials"), 2 * budget, budget, reason),)
