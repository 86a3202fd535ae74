"""Where a run's trainings happen: in the process that owns the run, or in another one that can be ended."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from hpsearch.errors import HpsearchError
from hpsearch.objectives.base import Baseline, Objective, Outcome
from hpsearch.run.limit import LimitedTrial, OvertimeError, overtime
from hpsearch.storage.optuna_private import SharedTrial

MOST_DEATHS = 2
"""Number of deaths of its process after which a training has failed."""

_T = TypeVar("_T")


class TrainingDiedError(HpsearchError):
    """The process of a training died in it; the message says how: the name of a signal, or an exit code."""


class Training(Protocol):
    """Finished training, as a run uses it."""

    @property
    def validation(self) -> float:
        """Validation value."""

    def judgement(self) -> Outcome:
        """Judge the training on the test rows, as `Trained.judgement` does."""


@dataclass(frozen=True)
class Judgements:
    """Results of the retrainings for test values.

    Attributes
    ----------
    outcomes
        Outcomes of the successful retrainings, in order.
    failures
        Retraining, counted from 1 → why it has no outcome: it took too long, or killed its process.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


class Trainer(AbstractContextManager["Trainer"], ABC):
    """Does everything of an objective that trains or needs its data.

    Parameters
    ----------
    objective
        The objective.
    trial_timeout
        Time limit of a training in seconds; None: no limit.
    """

    may_kill_owner: bool = False
    """Whether a training that dies takes the owner of the run with it."""

    def __init__(self, objective: Objective, trial_timeout: float | None = None) -> None:
        self.objective = objective
        self.trial_timeout = trial_timeout

    def start(self) -> None:
        """Prepare for trainings."""

    def end(self) -> None:
        """End a training in progress, if that is possible; another thread waits for it."""

    @abstractmethod
    def run(self, trial: SharedTrial) -> Training:
        """Train for a trial, as `Objective.run` does.

        Raises
        ------
        TrainingDiedError
            If the process of the training died.
        OvertimeError
            If it took longer than the limit.
        """

    @abstractmethod
    def fingerprints(self) -> Mapping[str, str]:
        """Return the objective's fingerprints."""

    @abstractmethod
    def _judge(self, params: Mapping[str, Any], trial_number: int, retraining: int) -> Outcome:
        """Retrain and judge; raise as `run` does."""

    @abstractmethod
    def _all_outcomes(self, params: Mapping[str, Any], trial_number: int, times: int) -> list[Outcome]:
        """Call the objective's own `outcomes`; raise as `run` does."""

    @abstractmethod
    def _baseline(self, name: str) -> Baseline:
        """Call the objective's `baseline`; raise as `run` does."""

    def prepare_baselines(self) -> None:
        """Prepare for baselines, before `start`."""

    def baseline(self, name: str) -> Baseline | str:
        """Train a simple model and judge it; return the reason if it fails, takes too long or kills its process twice.

        Raises
        ------
        HpsearchError
            If the process for trainings can't be started.
        """
        for _ in range(MOST_DEATHS):
            try:
                return self._baseline(name)
            except TrainingDiedError as error:
                reason = died_twice(str(error))
            except OvertimeError as error:
                return str(error)
            except HpsearchError:
                raise
            except Exception as error:  # the model's own
                return f"{type(error).__name__}: {error}"
        return reason

    def judge(self, params: Mapping[str, Any], trial_number: int) -> Judgements:
        """Train with the seeds of the trial itself, and judge the training on the test rows."""
        judgements = Judgements()
        self._add(judgements, 1, lambda: [self._judge(params, trial_number, 0)])
        return judgements

    def outcomes(self, params: Mapping[str, Any], trial_number: int, times: int) -> Judgements:
        """Judge `times` retrainings on fresh seeds. The limit is each one's."""
        judgements = Judgements()
        if not self.objective.judges_each:
            self._add(judgements, 1, lambda: self._all_outcomes(params, trial_number, times))
            return judgements
        for retraining in range(1, times + 1):
            self._add(judgements, retraining, lambda number=retraining: [self._judge(params, trial_number, number)])  # type: ignore[misc]  # a default is no argument
        return judgements

    def _add(self, judgements: Judgements, retraining: int, judged: Callable[[], list[Outcome]]) -> None:
        for death in range(1, MOST_DEATHS + 1):
            try:
                judgements.outcomes.extend(judged())
            except TrainingDiedError as error:
                if death == MOST_DEATHS:
                    judgements.failures[str(retraining)] = died_twice(str(error))
            except OvertimeError as error:
                judgements.failures[str(retraining)] = str(error)
                return
            else:
                return

    def __enter__(self) -> Self:
        """Return the trainer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Release the trainer's resources."""


class Here(Trainer):
    """Trains in the process that owns the run.

    Nothing can end a training here. So its limit is checked where it suggests, reports, asks whether it is pruned and
    sets attributes, and at its end.
    """

    @property
    def may_kill_owner(self) -> bool:  # type: ignore[override]  # depends on the objective
        """Whether a training may die: not if values are looked up."""
        return not self.objective.looked_up

    def run(self, trial: SharedTrial) -> Training:
        """Train for a trial."""
        if self.trial_timeout is None:
            return self.objective.run(trial)
        limited = LimitedTrial.limiting(trial, self.trial_timeout)
        training = self.objective.run(limited)
        limited.check()
        return training

    def fingerprints(self) -> Mapping[str, str]:
        """Return the objective's fingerprints."""
        return self.objective.fingerprints()

    def _judge(self, params: Mapping[str, Any], trial_number: int, retraining: int) -> Outcome:
        return self._within(1, lambda: self.objective.judge(params, trial_number, retraining))

    def _all_outcomes(self, params: Mapping[str, Any], trial_number: int, times: int) -> list[Outcome]:
        return self._within(times, lambda: self.objective.outcomes(params, trial_number, times))

    def _baseline(self, name: str) -> Baseline:
        return self._within(1, lambda: self.objective.baseline(name))

    def _within(self, times: int, train: Callable[[], _T]) -> _T:
        begin = time.monotonic()
        result = train()
        if self.trial_timeout is not None and time.monotonic() - begin > times * self.trial_timeout:
            raise overtime(self.trial_timeout)
        return result


def died_twice(how: str) -> str:
    """Return the reason why a training failed that killed its process twice."""
    return f"the training process died twice ({how})"
