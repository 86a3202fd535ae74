"""The study that a command is about, and its best trial by validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hpsearch.errors import RunError, UsageError, choose_from

if TYPE_CHECKING:
    from hpsearch.analysis.best import Best
    from hpsearch.results.results import Results


def stored_results(study: str | None, storage: str, names: Sequence[str] = ()) -> Results:
    """Return the results of STUDY, or of the Optuna studies `names`; without any, of the only study in the storage."""
    import pandas as pd

    from hpsearch.results.choose import load_chosen
    from hpsearch.storage import opened

    pd.set_option("mode.string_storage", "python")  # PyArrow, where it is installed, refuses names that are no UTF-8
    with opened(storage, existing=True) as here:
        return load_chosen(here, None if study is None else stored_name(study), names)


def stored_name(study: str) -> str:
    """Return the name under which STUDY's runs are stored: what its file says, if it is a file."""
    from hpsearch.study.config import read

    return read(study).name if study.endswith(".toml") else study


def best_trial(results: Results, variant: str | None, task: str | None) -> Best:
    """Return the trial with the best validation value of a task; test rows are not used.

    Raises
    ------
    UsageError
        If there is no such variant or task, or there are several tasks and none is named.
    RunError
        If no trial has a finite value.
    """
    from hpsearch.analysis.best import best
    from hpsearch.analysis.incumbents import tasks

    if variant is not None and variant not in results.variants:
        raise UsageError(f"--variant: {choose_from('variant', variant, results.variants)}")
    names = tasks(results)
    if task is not None and task not in names:
        raise UsageError(f"--task: {choose_from('task', task, names)}")
    if task is None and len(names) > 1:
        raise UsageError(f"--task: the study has several tasks: choose from {', '.join(sorted(names))}")
    among = best(results, None if variant is None else [variant])
    for each in among:
        if each.task == (names[0] if task is None else task):
            return each
    raise RunError(f"the study {results.name!r} has no complete trial with a finite value: nothing can be chosen")


def test_score(results: Results, chosen: Best) -> dict[str, float | int | None]:
    """Return mean, low, high and repeats of the test scores of the variant's winners; None for unknown numbers."""
    from hpsearch.analysis.metrics import metric
    from hpsearch.report.expectation import expectation

    one, bounds = expectation(results, chosen.task, (chosen.variant,)), metric(results.metric)
    ends = {"mean": one.mean, "low": one.mean - one.half, "high": one.mean + one.half}
    return {name: _finite(bounds.clipped(end)) for name, end in ends.items()} | {"repeats": one.repeats}


def score_sentence(results: Results, chosen: Best) -> str:
    """Say what test score the study has for such a model."""
    from hpsearch.report.expectation import expectation
    from hpsearch.report.text import plural
    from hpsearch.text import plain

    one, metric = expectation(results, chosen.task, (chosen.variant,)), plain(results.metric)
    if not one.repeats:
        return f"No test {metric} is known: no run of {plain(chosen.variant)} is finished and tested."
    facts = one.facts(results)
    low, high = facts["expected_low"].written(), facts["expected_high"].written()
    over = "" if one.over_rows else "over repeats: "
    interval = f" ({over}{low} to {high})" if one.half > 0 else ""
    repeats = f"{one.repeats} {plural(one.repeats, 'repeat')}"
    return (
        f"Expect a test {metric} of {facts['expected'].written()}{interval}: the mean over the winners of {repeats}, "
        f"trained on {_trained_on(results, chosen)}, on test rows that no search has used."
    )


def _trained_on(results: Results, chosen: Best) -> str:
    definition = results.definitions.get((chosen.task, chosen.variant))
    has_folds = definition is not None and isinstance(definition.data.get("validation"), str)
    return "all other rows" if has_folds else "the training rows alone"


def _finite(number: float) -> float | None:
    """Return a number, or None for one that JSON does not have."""
    from math import isfinite

    return float(number) if isfinite(number) else None
