"""Diagnostic: hyperparameters that do not matter."""

from __future__ import annotations

from dataclasses import replace

from hpsearch.analysis.best import parameters
from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.importance import EVALUATORS, importances

KEY = "parameters"


def unimportant(search: TaskSearch) -> Finding:
    """Report parameters that do not matter, to fix them and spend the trials on the others.

    Rule: the importance is below `unimportant` by fANOVA and by PED-ANOVA. One evaluator alone is not enough:
    PED-ANOVA, Optuna's default, sometimes ranks the wrong parameter first, and fANOVA is dominated by divergence. If
    they disagree, both numbers are reported.

    Source: Hutter et al. (2014), Watanabe et al. (2023); the threshold is this package's.
    """
    title = "Every hyperparameter matters"
    frame = importances(search.results, search.task).dropna()
    if len(frame) < 2:
        why = "Fewer than two hyperparameters, or too few trials to tell them apart."
        return search.unknown(KEY, title, why)
    facts: dict[str, Fact] = {"limit": search.limits.unimportant, "trials": int(frame["trials"].iloc[0])}
    small = frame[list(EVALUATORS)] < search.limits.unimportant
    idle, disputed = frame[small.all(axis=1)], frame[small.any(axis=1) & ~small.all(axis=1)]
    sentences = []
    for place, row in enumerate([*idle.to_dict("records"), *disputed.to_dict("records")], 1):
        facts |= {f"name_{place}": row["parameter"]} | {f"{_fact(name)}_{place}": row[name] for name in EVALUATORS}
        sentences.append(
            f"The importance of {{name_{place}}} is "
            + " and ".join(f"{{{_fact(name)}_{place}:.2f}} by {name}" for name in EVALUATORS)
            + "."
        )
    if idle.empty:
        opening = (
            "The two evaluators disagree. " if sentences else "All have an importance of at least {limit:.3g} by both."
        )
        return search.finding(KEY, "pass", title, opening + " ".join(sentences), facts=facts)
    names = [str(name) for name in idle["parameter"]]
    advice = "Where the ranges are right, fix what does not matter at its best value and spend the trials on the rest."
    finding = search.finding(
        KEY, "warn", f"{' and '.join(names)} hardly matters", " ".join(sentences), advice, facts=facts
    )
    return replace(finding, changes=_fixed(search, names))


def _fact(evaluator: str) -> str:
    return evaluator.lower().replace("-", "_")


def _fixed(search: TaskSearch, names: list[str]) -> tuple[Change, ...]:
    """Move the parameters from the space to the model, if the study file has one."""
    if search.good.empty or len(names) == len(search.space):
        return ()
    best = parameters(search.good.iloc[0], search.space)
    reason = f"its importance is below {search.limits.unimportant:.3g} by {' and '.join(EVALUATORS)}"
    changes = []
    for name in names:
        if name in best:
            changes += [
                Change(("space", name), None, "searched", reason),
                Change(("model", name), best[name], None, f"it is the best trial's; {reason}"),
            ]
    return tuple(changes)
