"""Versions of the rule of narrowing. A study goes on by the rule that it was begun with."""

from __future__ import annotations

from dataclasses import dataclass

import optuna

from hpsearch.errors import UsageError, choose_from
from hpsearch.strategies.base import RULE


@dataclass(frozen=True)
class Rule:
    """What may differ between versions.

    Attributes
    ----------
    pseudo_count
        Pseudo-count of choices, see `ChoiceAxis`; 0: a choice that none of the best trials has is not drawn.
    avoids_repeats
        Whether no trial repeats a finished one while other configurations are left, if all parameters are discrete.
    explores_choices
        Whether trials explore by default if all parameters are choices, of which none has probability 0.
    avoids_begun
        Whether trials don't repeat those either that have begun and are not finished, or are hidden by a batch.
    """

    pseudo_count: float
    avoids_repeats: bool
    explores_choices: bool
    avoids_begun: bool


RULES = {
    1: Rule(pseudo_count=0.0, avoids_repeats=False, explores_choices=True, avoids_begun=False),
    2: Rule(pseudo_count=2.0, avoids_repeats=True, explores_choices=False, avoids_begun=False),
    3: Rule(pseudo_count=2.0, avoids_repeats=True, explores_choices=False, avoids_begun=True),
}
OLDEST, NEWEST = min(RULES), max(RULES)


def is_rule(stored: object) -> bool:
    """Return whether an attribute is a rule."""
    return type(stored) is int and stored in RULES


def rule_of(study: optuna.Study, range_prefix: str) -> int:
    """Return the rule that a study goes on by: its own, else that of its first trial with a range, else the newest.

    Of a trial, the rule is an attribute, too. A trial with a range and without it was drawn by the oldest rule.

    Raises
    ------
    UsageError
        If it was begun with a rule that this version doesn't have.
    """
    rule = study.user_attrs.get(RULE)
    if rule is None:
        trials = sorted(study.get_trials(deepcopy=False), key=lambda trial: trial.number)
        ranged = (each.user_attrs for each in trials if any(name.startswith(range_prefix) for name in each.user_attrs))
        rule = next((attributes.get(RULE, OLDEST) for attributes in ranged), NEWEST)
    if not is_rule(rule):
        message = choose_from("rule", rule, map(str, RULES))
        raise UsageError(f"the study {study.study_name!r} was begun with {message}")
    return int(rule)
