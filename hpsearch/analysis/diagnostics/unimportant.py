"""Diagnostic: hyperparameters that do not matter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hpsearch.analysis.best import parameters
from hpsearch.analysis.diagnostics.additive import Additive
from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding, Gravity
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.importance import EVALUATORS, importances
from hpsearch.objectives.data_keys import place_of

KEY = "parameters"
_SEEN = 0.01  # p value below which the regression sees an effect


def unimportant(search: TaskSearch) -> Finding:
    """Report parameters that do not matter, to fix them and spend the trials on the others.

    Rule: the importance is below `unimportant` by fANOVA and by PED-ANOVA, and an additive regression of the values
    sees no effect (F test, p ≥ 0.01). One evaluator alone is not enough: PED-ANOVA, Optuna's default, sometimes ranks
    the wrong parameter first, and fANOVA is dominated by divergence. Both fall with the number of parameters, whether
    these matter or not, hence the regression; where trials are too few for it, nothing is said. If the evaluators
    disagree, or both are low where the regression sees an effect, it is unknown, and both numbers are reported.

    Source: Hutter et al. (2014), Watanabe et al. (2023); the threshold is this package's.
    """
    title = "Every hyperparameter matters"
    frame = importances(search.results, search.task).dropna()
    if len(frame) < 2:
        why = "Fewer than two hyperparameters, or too few trials to tell them apart."
        return search.unknown(KEY, title, why)
    facts: dict[str, Fact] = {"limit": search.limits.unimportant, "trials": int(frame["trials"].iloc[0])}
    additive = Additive(search, search.good)
    effects = {name: additive.matters(name) for name in search.numeric}
    if all(math.isnan(each) for each in effects.values()):
        return search.unknown(KEY, title, "Too few trials for as many hyperparameters to say which matter.")
    small = frame[list(EVALUATORS)] < search.limits.unimportant
    unseen = np.array([not effects.get(name, 1.0) < _SEEN for name in frame["parameter"]], dtype=bool)
    both, any_small = small.all(axis=1), small.any(axis=1)
    idle, disputed = frame[both & unseen], frame[any_small & ~(both & unseen)]
    sentences = []
    for place, row in enumerate([*idle.to_dict("records"), *disputed.to_dict("records")], 1):
        facts |= {f"name_{place}": row["parameter"]} | {f"{_fact(name)}_{place}": row[name] for name in EVALUATORS}
        sentences.append(
            f"The importance of {{name_{place}}} is "
            + " and ".join(f"{{{_fact(name)}_{place}:.2f}} by {name}" for name in EVALUATORS)
            + "."
        )
    if idle.empty and disputed.empty:
        return search.passed(KEY, title, "All matter by their importances.", facts)
    if idle.empty:
        opening = (
            "The two evaluators disagree" if (any_small & ~both).any() else "A regression of the values sees an effect"
        )
        unclear = [str(name) for name in disputed["parameter"]]
        headline = f"Not clear whether {_matters(unclear)}"
        return search.unknown(KEY, headline, f"{opening}. {' '.join(sentences)}", facts)
    names = [str(name) for name in idle["parameter"]]
    advice = "Where the ranges are right, fix what does not matter at its best value and spend the trials on the rest."
    headline = _matters(names, "hardly ")
    return search.warning(KEY, Gravity.WASTE, headline, " ".join(sentences), advice, facts, _fixed(search, names))


def _matters(names: list[str], how: str = "") -> str:
    return f"{' and '.join(names)} {how}{'matters' if len(names) == 1 else 'matter'}"


def _fact(evaluator: str) -> str:
    return evaluator.lower().replace("-", "_")


def _fixed(search: TaskSearch, names: list[str]) -> tuple[Change, ...]:
    """Move the parameters from the space to the model, if the study file has one, or to the data."""
    if search.good.empty or len(names) == len(search.space):
        return ()
    best = parameters(search.good.iloc[0], search.space)
    reason = f"its importance is below {search.limits.unimportant:.3g} by {' and '.join(EVALUATORS)}"
    changes = []
    for name in names:
        if name in best:
            changes += [
                Change(("space", name), None, "searched", reason),
                Change(place_of(name), _short(best[name]), None, f"it is the best trial's; {reason}"),
            ]
    return tuple(changes)


def _short(value: Any) -> Any:
    """Return the value with three significant digits if it is a real number: it hardly matters."""
    return float(f"{value:.3g}") if isinstance(value, float) else value
