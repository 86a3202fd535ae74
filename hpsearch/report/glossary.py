"""Glossary of a report: the terms that its sentences use, and links from the sentences to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

TERMS: Mapping[str, str] = {
    "baseline": (
        "A model without a search, trained on the same rows and scored like the trials. There are three, with "
        "scikit-learn's defaults: the most frequent class or the mean, logistic or ridge regression, and a random "
        "forest."
    ),
    "budget": "What each run may spend: a number of trials, or of epochs.",
    "effect": (
        "Mean over paired repeats of how much better one side did than the other. Positive is better, also where less "
        "of the metric is better."
    ),
    "equivalent": (
        "The difference is too small to matter: an interval of its own, that of this comparison alone, lies within the "
        "margin."
    ),
    "expected best": "Mean of the best value among n trials, if these were drawn again.",
    "fANOVA": (
        "Share of the variance of the values over the whole space that a hyperparameter explains alone (functional "
        "analysis of variance)."
    ),
    "incumbent": "The best trial of a run so far, by its validation value.",
    "infeasible": "A trial that diverged or failed, so that it has no finite value.",
    "interval": (
        "Range of values that agree with what was measured; such ranges contain the true value in 95 % of studies. "
        "Intervals of effects in verdicts hold for all comparisons of a page together. Intervals for equivalence hold "
        "for each comparison alone."
    ),
    "interquartile mean": "Mean of the middle half of the values: a few failed runs do not decide it.",
    "margin": "Largest difference that does not matter, set in the study file before the first trial.",
    "noise": "Standard deviation among trainings that differ in nothing but their seed.",
    "normalised regret": (
        "(value − best) / (median − best) of a task's configurations: 0 is its best configuration, 1 its median one."
    ),
    "optimistic": "Better than on new data, because it was chosen as the best of many noisy values.",
    "PED-ANOVA": (
        "Importance of a hyperparameter for being among the best tenth of the trials, by the distributions of good and "
        "of all trials."
    ),
    "probability of improvement": (
        "Share of paired repeats in which one side did better, a tie counting one half; the mean over the tasks."
    ),
    "repeat": (
        "One independent replicate of the study. All variants of a repeat have the same split of the data and, as far "
        "as possible, the same first random points."
    ),
    "retraining": "Training the same hyperparameters again on a fresh seed, after the search.",
    "run": "One search: one variant in one repeat of one task. It is one Optuna study.",
    "target": "Value that a run is to reach: what the median run of the reference had reached at its end.",
    "trial": "One training with one choice of hyperparameters.",
    "true value": (
        "Exact value of the hyperparameters of a trial. In a published table it is their mean over the seeds that no "
        "trial looks up."
    ),
    "validation": "Rows that score the trials during the search. Test rows score what the search chose, afterwards.",
    "variant": "One level of each factor that the study varies.",
    "verdict": "Better, worse, equivalent, or not resolved: what a comparison says, read off its interval.",
}
_FORMS = {"retrained": "retraining", "equivalence": "equivalent", "trained again": "retraining"}
_WORDS = sorted((*TERMS, *_FORMS), key=len, reverse=True)
_FIND = re.compile(rf"\{{[^}}]*\}}|(?<![\w-])({'|'.join(map(re.escape, _WORDS))})(?:s|es)?(?![\w-])", re.IGNORECASE)
_BY_LOWER = {term.lower(): term for term in TERMS} | _FORMS


def anchor(term: str) -> str:
    """Return the identifier of a term's entry."""
    return f"term-{re.sub('[^a-z]+', '-', term.lower())}"


class Linker:
    """Links the first use of each term in a section to the glossary, and collects the terms of the document.

    Parameters
    ----------
    write
        Function of the word in the text and its term to the link's markup.
    """

    def __init__(self, write: Callable[[str, str], str]) -> None:
        self._write = write
        self._section: set[str] = set()
        self.used: set[str] = set()

    def begin(self) -> str:
        """Begin a section; return an empty string, for use in a template."""
        self._section = set()
        return ""

    def mark(self, sentence: str) -> str:
        """Return a sentence, its facts not yet filled in, with links."""
        return _FIND.sub(self._link, sentence)

    def _link(self, match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0]  # the name of a fact
        term = _BY_LOWER[match[1].lower()]
        self.used.add(term)
        if term in self._section:
            return match[0]
        self._section.add(term)
        return self._write(match[0], term)

    def entries(self) -> dict[str, str]:
        """Return the terms that the document used, with their definitions, in alphabetical order."""
        return {term: TERMS[term] for term in sorted(self.used, key=str.lower)}
