"""What the test values of a study are, in sentences: retrainings on test data, or values of a published table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hpsearch.objectives import family
from hpsearch.report.text import plural
from hpsearch.results.results import Results


@dataclass(frozen=True)
class Judging:
    """Sentences about the values that judge runs.

    Attributes
    ----------
    test
        What a test value is.
    best
        Beginning of a sentence about the test value of the best hyperparameters. Takes the number of values and the
        suffix of the fact names.
    confirming
        What the repetitions of trials are, and what they decide; the fact ``confirming`` counts them.
    confirmed
        What a confirmed value is, and how optimistic.
    reference
        What the best and the median value of the normalised regret are; empty if there is nothing to add.
    """

    test: str
    best: Callable[[int, str], str]
    confirming: str
    confirmed: str
    reference: str = ""


RETRAINED = Judging(
    test=(
        "Test values are from training each run's best hyperparameters again on fresh seeds; the search never saw "
        "the test data."
    ),
    best=lambda count, s: (
        f"Trained again on {{retrainings{s}}} fresh {plural(count, 'seed')}, these hyperparameters have"
    ),
    confirming=(
        "{confirming} of the trials train the best trials of their run again. Their values, which no search has "
        "chosen, decide which is the run's best."
    ),
    confirmed=(
        "Confirmed values are validation values of trainings made after their hyperparameters were among the best, so "
        "that they are hardly optimistic."
    ),
)
_LOOKED_UP = Judging(
    test=(
        "Test values are means over held-out seeds of a table, which no trial of the repeat could look up; all {nouns} "
        "of a repeat are scored with the same seeds."
    ),
    best=lambda _, __: "By the held-out seeds of the table they have",
    confirming=(
        "{confirming} of the trials look up the best trials of their run again, with the searched seeds in turn. The "
        "means decide which is the run's best."
    ),
    confirmed=(
        "Confirmed values are means over the searched seeds. These include the seed for which the search chose the "
        "trial, so that they may still be optimistic."
    ),
    reference=(
        "Best and median are of the means over all seeds of a table, so that a mean over held-out seeds may have a "
        "normalised regret below 0."
    ),
)
_LOOKED_UP_FROM_ALL = Judging(
    test=(
        "Test values are means over all seeds of a table, including the searched ones, so that they are optimistic too."
    ),
    best=lambda _, __: "By all seeds of the table, including the searched ones, they have",
    confirming=(
        "{confirming} of the trials look up the best trials of their run again. The means decide which is the run's "
        "best."
    ),
    confirmed=(
        "Confirmed values are of seeds drawn from all, possibly the one for which the search chose the trial, so that "
        "they may still be optimistic."
    ),
)


def judging(results: Results) -> Judging:
    """Return the sentences that are true of the study, by the families of its objectives and its ``[data]``.

    Runs on tables that say nothing of held-out seeds were made by a version that held none out.
    """
    looked_up = [family(name).looked_up for name in results.families.values()]
    if not (looked_up and all(looked_up)):
        return RETRAINED
    data = results.settings.get("data")
    return _LOOKED_UP if isinstance(data, Mapping) and "held_out" in data else _LOOKED_UP_FROM_ALL
