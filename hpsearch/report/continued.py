"""Sentences on the earlier study that a study goes on from."""

from __future__ import annotations

from collections import Counter

from hpsearch.report.text import Fact, listing
from hpsearch.results.results import Results
from hpsearch.run.taken_over import reasons


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
        "runs_from_nothing": counts.count(0),
        "left_out": listing(reasons(left_out)),
    }
    others = " Over all runs, {left_out} were left out." if left_out else ""
    if not any(counts):
        return "The study follows {earlier}, but no trial of it is valid here: every run began from nothing." + others
    number = "{taken_most}" if min(counts) == max(counts) else "{taken_least} to {taken_most}"
    text = (
        f"Before its first trial, a strategy was given {number} trials of the study {{earlier}} to learn from. "
        "These are no part of the budget, and no score or verdict counts them; each run began by training the best of "
        "them again. Where they leave a part of a range untried, the next few trials take values from there."
    )
    if 0 in counts:
        text += " {runs_from_nothing} runs began from nothing."
    if len(results.variants) > 1:
        text += " In each repeat all variants took over the same number, so that none knew more than the others."
    return text + others
