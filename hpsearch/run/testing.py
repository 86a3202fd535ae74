"""Test of a run's incumbent: retrained on fresh seeds, judged, and stored on its Optuna study."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from hpsearch.objectives.base import Objective
from hpsearch.run.confirmation import incumbent
from hpsearch.run.description import Run
from hpsearch.run.judged_rows import stored_rows
from hpsearch.run.limit import OvertimeError
from hpsearch.run.trainer import Judgements, Trainer, Training, TrainingDiedError

TEST = "test"
"""Attribute of a run: the test of its latest incumbent."""

TEST_ROWS = "test_rows"
"""Attribute of a run: judgements of single test rows in that test."""

EARLIER_TESTS = "tests"
"""Attribute of a run: the tests of earlier incumbents by trial number, each with its `TEST_ROWS`."""


def test_incumbent(run: Run, study: optuna.Study, trainer: Trainer) -> None:
    """Retrain the incumbent's hyperparameters on fresh seeds and store how these trainings are judged.

    Nothing is done if that is stored already, or if the objective has no test rows.
    """
    best = _untested(run, study, trainer.objective)
    if best is not None and run.untuned:
        _store(study, best.number, 1, trainer.judge(best.params, best.number))
    elif best is not None:
        if run.first is not None:
            _test_first(run, study, trainer)
        _store(study, best.number, run.retrain, trainer.outcomes(best.params, best.number, run.retrain))


def store_judgement(study: optuna.Study, number: int, training: Training) -> None:
    """Store the judgement of a trial's own training; one that is lost with its process is trained again later."""
    with suppress(TrainingDiedError, OvertimeError):
        _store(study, number, 1, Judgements([training.judgement()]))


def test_of(attributes: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    """Return the stored test of the trial `number`, from a run's attributes: empty if it was not tested.

    A run that was extended to more trials keeps the tests of its earlier incumbents.
    """
    test: Mapping[str, Any] = attributes.get(TEST, {})
    if test.get("incumbent") != number:
        earlier: Mapping[str, Any] = attributes.get(EARLIER_TESTS, {}).get(str(number), {})
        return earlier
    return {**test, TEST_ROWS: attributes.get(TEST_ROWS, {})}


def _untested(run: Run, study: optuna.Study, objective: Objective) -> FrozenTrial | None:
    """Return the incumbent if the objective can judge it on test rows and has not yet done so."""
    retrain = 1 if run.untuned else run.retrain
    if retrain == 0 or not objective.tests:
        return None
    best = incumbent(run.direction, study.get_trials(deepcopy=False))
    test = study.user_attrs.get(TEST, {})
    if best is None or (test.get("incumbent") == best.number and _retrained(test) == retrain):
        return None
    return best


def _retrained(test: Mapping[str, Any]) -> int:
    """Return the number of requested values; an objective with a known true value returns only that one."""
    return int(test.get("retrain", len(test["values"])))


def _test_first(run: Run, study: optuna.Study, trainer: Trainer) -> None:
    """Retrain the defaults, if they are the first trial's parameters and it has not failed."""
    first = study.get_trials(deepcopy=False)[0]
    tested = study.user_attrs.get("test_first", {}).get("retrain") == run.retrain
    if not tested and first.params == run.first and first.state != TrialState.FAIL:
        judgements = trainer.outcomes(first.params, first.number, run.retrain)
        study.set_user_attr("test_first", {"trial": first.number} | _test(run.retrain, judgements))


def _store(study: optuna.Study, number: int, retrain: int, judgements: Judgements) -> None:
    _keep_earlier(study, number)
    study.set_user_attr(TEST_ROWS, stored_rows(judgements.outcomes))
    study.set_user_attr(TEST, {"incumbent": number} | _test(retrain, judgements))


def _keep_earlier(study: optuna.Study, number: int) -> None:
    """Keep the stored test if it is another trial's, before it is overwritten; a killed process repeats this."""
    attributes = study.user_attrs
    test, earlier = attributes.get(TEST), attributes.get(EARLIER_TESTS, {})
    if test is not None and test["incumbent"] != number and str(test["incumbent"]) not in earlier:
        kept = {**test, TEST_ROWS: attributes.get(TEST_ROWS, {})}
        study.set_user_attr(EARLIER_TESTS, {**earlier, str(test["incumbent"]): kept})


def _test(retrain: int, judgements: Judgements) -> dict[str, Any]:
    """Return what is stored of a test, in JSON types.

    ``retrain`` is the number of requested retrainings, so that none are due later. ``values`` has a test value per
    outcome, ``validation_values`` the validation value of the same training, ``diverged`` whether it diverged, each if
    any is known. ``failures`` says why other retrainings have no outcome.
    """
    outcomes = judgements.outcomes
    table: dict[str, Any] = {"retrain": retrain, "values": [outcome.value for outcome in outcomes]}
    if any(outcome.validation is not None for outcome in outcomes):
        table["validation_values"] = [outcome.validation for outcome in outcomes]
    if any(outcome.diverged for outcome in outcomes):
        table["diverged"] = [outcome.diverged for outcome in outcomes]
    return table | ({"failures": judgements.failures} if judgements.failures else {})
