"""Diagnostic: length of the training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from optuna.distributions import IntDistribution

from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.results.results import PARAM

KEY = "epochs"
_SHORTEST = 5  # with fewer epochs the last quarter is not meaningful
_FEWEST = 3


def length(search: TaskSearch) -> Finding:
    """Report whether the best epochs of the best trials are late in the training or early.

    Rule, over the best ten trials with learning curves: train longer if most have their best validation score in the
    last quarter of their maximum epochs (after `late_share`). Train shorter, or shuffle and check the learning rate,
    if most have it in the first tenth (`early_share`). Ties go to the first epoch. "Most" is more than half, of at
    least three.

    Source: Google's deep learning tuning playbook, "Deciding how long to train when training is not compute-bound",
    which gives 10 % and 25 %.
    """
    title = "Trained long enough"
    places = best_epochs(search)
    if len(places) < _FEWEST:
        return search.unknown(KEY, title, "Fewer than three of the best trials have learning curves of five epochs.")
    late = int((places["place"] > search.limits.late_share).sum())
    early = int((places["place"] <= search.limits.early_share).sum())
    facts: dict[str, Fact] = {
        "late": late,
        "early": early,
        "trials": len(places),
        "epochs": int(places["epochs"].max()),
        "median": float(places["epoch"].median()),
        "late_percent": 100 * (1 - search.limits.late_share),
        "early_percent": 100 * search.limits.early_share,
    }
    half = "of at most {epochs} epochs; the best epoch is in the middle {median:.3g}."
    if 2 * late > len(places):
        evidence = f"{{late}} of the best {{trials}} trials are best in the last {{late_percent:.3g}} % {half}"
        return _fired(search, facts, "Trained too short: still improving at the end", evidence, "Train longer.", 2.0)
    if 2 * early > len(places):
        evidence = f"{{early}} of the best {{trials}} trials are best in the first {{early_percent:.3g}} % {half}"
        advice = "Train shorter and try more; if it overfits that soon, regularise."
        shorter = max(4 * float(facts["median"]) / float(facts["epochs"]), 1 / float(facts["epochs"]))
        return _fired(search, facts, "Trained too long: best at the start", evidence, advice, shorter)
    evidence = (
        "Of the best {trials} trials {late} are best in the last {late_percent:.3g} % and {early} in the first "
        f"{{early_percent:.3g}} % {half}"
    )
    return search.finding(KEY, "pass", title, evidence, facts=facts)


def best_epochs(search: TaskSearch) -> pd.DataFrame:
    """Return, for the best trials, the epoch of the best validation score, the maximum epochs, and their ratio."""
    rows = []
    for curve in search.curves_of_best:
        scores = search.results.sign * curve["validation_score"].astype(float).to_numpy()
        allowed = _allowed(search, curve)
        if allowed >= _SHORTEST and np.isfinite(scores).any():
            epoch = int(curve["epoch"].iloc[int(np.nanargmax(scores))])
            rows.append({"epoch": epoch, "epochs": allowed, "place": epoch / allowed})
    return pd.DataFrame(rows, columns=["epoch", "epochs", "place"])


def _allowed(search: TaskSearch, curve: pd.DataFrame) -> int:
    """Return the maximum epochs of the trial: searched, else fixed, else as trained."""
    trained, first = int(curve["epoch"].max()), curve.iloc[0]
    if "epochs" in search.space and PARAM + "epochs" in search.good:
        same = search.good[[*("variant", "repeat", "number")]].eq(first[["variant", "repeat", "number"]]).all(axis=1)
        searched = search.good.loc[same, PARAM + "epochs"].dropna()
        return int(searched.iloc[0]) if len(searched) else trained
    fixed = search.table("model").get("epochs")
    return max(fixed, trained) if isinstance(fixed, int) else trained


def _fired(
    search: TaskSearch, facts: Mapping[str, Fact], title: str, evidence: str, advice: str, factor: float
) -> Finding:
    finding = search.finding(KEY, "warn", title, evidence, advice, facts=facts)
    many, end = (facts["late"], "end") if factor > 1 else (facts["early"], "start")
    reason = f"{many} of the best {facts['trials']} trials are best at the {end} of their training"
    return replace(finding, changes=_changes(search, factor, reason))


def _changes(search: TaskSearch, factor: float, reason: str) -> tuple[Change, ...]:
    searched = search.space.get("epochs")
    if isinstance(searched, IntDistribution):
        new = max(math.ceil(factor * searched.high), searched.low + 1)
        path: tuple[str, ...] = ("space", "epochs", "high")
        old = searched.high
    else:
        fixed = search.table("model").get("epochs")
        if not isinstance(fixed, int):
            return ()
        new, old, path = max(math.ceil(factor * fixed), 1), fixed, ("model", "epochs")
    return (Change(path, new, old, reason),) if new != old else ()
