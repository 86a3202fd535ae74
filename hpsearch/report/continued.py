"""Sentences on the earlier study that a study goes on from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from hpsearch.report.text import Fact, listing
from hpsearch.results.results import Results
from hpsearch.run.taken_over import reasons
from hpsearch.strategies import STRATEGIES


def continued_sentence(results: Results, facts: dict[str, Fact]) -> str:
    """Say what the runs took over from an earlier study; empty if they follow none. Add the numbers to `facts`."""
    taken = list(results.taken_over.values())
    if not taken:
        return ""
    counts = [len(each.trials) for each in taken]
    left_out: Counter[str] = Counter()
    for each in taken:
        left_out.update(each.left_out)
    facts |= {
        "earlier": taken[0].study,
        "taken_least": min(counts),
        "taken_most": max(counts),
        "not_learning": listing(_not_learning(results)),
        "runs_near": sum(each.better_nearest(results.direction) is not None for each in taken),
        "runs_going_on": len(taken),
        "runs_from_nothing": counts.count(0),
        "left_out": listing(reasons(left_out)),
    }
    others = " Over all runs, {left_out} were left out." if left_out else ""
    if not any(counts):
        return f"The study follows {{earlier}}, but no trial of it is valid here.{_near(facts)}{others}"
    number = "{taken_most}" if min(counts) == max(counts) else "{taken_least} to {taken_most}"
    text = (
        f"Before its first trial, a strategy was given {number} trials of the study {{earlier}} to learn from. "
        "These are no part of the budget, and no score or verdict counts them; each run began by training the best of "
        "them again. Where they leave a part of a range untried, the next few trials take values from there."
    )
    if _not_learning(results):
        text += " {not_learning} learned nothing from them."
    text += _near(facts)
    if 0 in counts:
        text += " {runs_from_nothing} runs were given none."
    if len(results.variants) > 1:
        text += " In each repeat all variants took over the same number, so that none knew more than the others."
    return text + others


def _not_learning(results: Results) -> list[str]:
    """Return the variants whose strategy uses no values of earlier trials."""
    strategies = {label: STRATEGIES.get(results.strategy_of(label)) for label in results.variants}
    return [label for label, each in strategies.items() if each is not None and not each.learns]


def _near(facts: Mapping[str, Fact]) -> str:
    """Say that runs trained what is nearest to the best trial of the earlier study, if any did."""
    if not facts["runs_near"]:
        return ""
    return (
        " The best trial of {earlier} does not fit the space here in {runs_near} of {runs_going_on} runs; these also "
        "trained the nearest hyperparameters that do, one trial of their budget."
    )
