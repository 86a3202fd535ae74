"""Diagnostic: share of infeasible trials, and their location in the space."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding, Gravity, Level
from hpsearch.analysis.diagnostics.ranges import change, outward
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.results.results import PARAM
from hpsearch.space import value_at

KEY = "infeasible"
_TELLING = 0.5  # minimum explained share of the variance of infeasibility for reporting a split


class Split(NamedTuple):
    """Part of a parameter's range, or one choice, that best separates infeasible trials.

    `side` is ``"above"``, ``"below"`` or ``"equal to"``; `inside` and `outside` are the shares of infeasible trials in
    that part and in the rest; `explained` is the explained share of the variance of infeasibility.
    """

    name: str
    side: str
    at: object
    inside: float
    outside: float
    explained: float


def infeasible(search: TaskSearch) -> Finding:
    """Report trials that diverged, failed or have no finite value, and the single split that separates them best.

    Rule: a share of finished trials above `infeasible_warn` warns, above `infeasible_fail` fails. The split is the
    threshold of one parameter (or one choice) that explains most of the variance of infeasibility: the first split of
    a regression tree.

    Source: Google's deep learning tuning playbook, "a large fraction of infeasible trials"; Breiman et al. (1984).
    """
    trials, limits = search.trials, search.limits
    if trials.empty:
        return search.unknown(KEY, "Feasible trials", "No trial is finished.")
    bad, share = int(trials["bad"].sum()), float(trials["bad"].mean())
    facts: dict[str, Fact] = {"bad": bad, "trials": len(trials), "percent": 100 * share}
    evidence = "{bad} of {trials} trials ({percent:.0f} %) diverged, failed or gave no finite value."
    split = best_split(search) if bad else None
    if split is not None and split.explained >= _TELLING:
        facts |= _split_facts(split)
        evidence += (
            f" They lie where {{name}} is {{side}} {_at(split)}: {{inside:.0f}} % there, {{outside:.0f}} % elsewhere."
        )
    if share <= limits.infeasible_warn:
        return search.passed(KEY, "Few infeasible trials", evidence, facts)
    level: Level = "fail" if share > limits.infeasible_fail else "warn"
    gravity = Gravity.MISLEADING if level == "fail" else Gravity.MISSED
    separated = split is not None and split.explained >= _TELLING
    advice = "Search where training works." if separated else "No single hyperparameter says where: look at the errors."
    changes = _changes(search, split) if split and separated else ()
    return search.warning(KEY, gravity, "Many infeasible trials", evidence, advice, facts, changes, level)


def best_split(search: TaskSearch) -> Split | None:
    """Return the split that explains most; None if no parameter separates the trials."""
    splits = [_numeric_split(search, name) for name in search.numeric]
    splits += [_choice_split(search, name) for name in search.categorical]
    return max((each for each in splits if each), key=lambda each: each.explained, default=None)


def _numeric_split(search: TaskSearch, name: str) -> Split | None:
    places = search.positions(search.trials, name)
    defined = ~np.isnan(places)
    order = np.argsort(places[defined], kind="stable")
    ordered, bad = places[defined][order], search.trials["bad"].to_numpy(dtype=float)[defined][order]
    cuts = np.flatnonzero(np.diff(ordered) > 0) + 1  # number of trials below each cut
    if not len(cuts):
        return None
    below = np.cumsum(bad)[cuts - 1] / cuts
    above = (bad.sum() - np.cumsum(bad)[cuts - 1]) / (len(bad) - cuts)
    explained = _explained(bad, cuts / len(bad), below, above)
    best = int(explained.argmax())
    at = value_at(float(ordered[cuts[best] - 1] + ordered[cuts[best]]) / 2, search.numeric[name])
    shares = (above[best], below[best]) if above[best] >= below[best] else (below[best], above[best])
    side = "above" if above[best] >= below[best] else "below"
    return Split(name, side, at, float(shares[0]), float(shares[1]), float(explained[best]))


def _choice_split(search: TaskSearch, name: str) -> Split | None:
    if PARAM + name not in search.trials:
        return None
    bad, chosen = search.trials["bad"].to_numpy(dtype=float), search.trials[PARAM + name].map(str).to_numpy()
    splits = []
    for choice in dict.fromkeys(chosen):
        inside = chosen == choice
        if inside.all():
            continue
        shares = bad[inside].mean(), bad[~inside].mean()
        explained = _explained(bad, np.array([inside.mean()]), *(np.array([each]) for each in shares))
        if shares[0] >= shares[1]:
            splits.append(Split(name, "equal to", choice, float(shares[0]), float(shares[1]), float(explained[0])))
    return max(splits, key=lambda each: each.explained, default=None)


def _explained(
    bad: NDArray[np.float64],
    weight: NDArray[np.float64],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Compute the share of the variance explained by two groups' means; `weight` is the share of the first group."""
    variance = float(bad.var())
    between = weight * (1 - weight) * (first - second) ** 2
    return between / variance if variance > 0 else np.zeros_like(between)


def _split_facts(split: Split) -> dict[str, Fact]:
    at = split.at if isinstance(split.at, int | float) else str(split.at)
    return {
        "name": split.name,
        "side": split.side,
        "at": at,
        "inside": 100 * split.inside,
        "outside": 100 * split.outside,
    }


def _at(split: Split) -> str:
    return "{at:.3g}" if isinstance(split.at, int | float) else "{at}"


def _changes(search: TaskSearch, split: Split) -> tuple[Change, ...]:
    if split.name not in search.numeric or not isinstance(split.at, int | float):
        return ()
    distribution = search.numeric[split.name]
    end = "high" if split.side == "above" else "low"
    value = outward(float(split.at), end, distribution)
    if value == getattr(distribution, end) or value in (distribution.low, distribution.high):
        return ()
    reason = f"{100 * split.inside:.0f} % of the trials {split.side} {split.at:.3g} are infeasible"
    return (change(split.name, end, value, distribution, reason),)
