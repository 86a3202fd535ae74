"""Trainer in a child process. The owner of the run survives its death."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from types import TracebackType
from typing import Any

import cloudpickle
from optuna.pruners import NopPruner

from hpsearch.errors import HpsearchError, RunError, UsageError
from hpsearch.execution.child.errors import packed, unpacked
from hpsearch.execution.child.process import Child, borrowed, give_back, may_fork
from hpsearch.execution.child.serving import Parcel, Surroundings
from hpsearch.execution.child.trial import Method
from hpsearch.objectives.base import Baseline, Objective, Outcome
from hpsearch.run.limit import overtime
from hpsearch.run.trainer import Trainer, Training, TrainingDiedError
from hpsearch.storage import STORAGE_ERRORS
from hpsearch.storage.optuna_private import SharedTrial

_GRACE = 0.2  # seconds that what kills a whole tree of processes, from its leaves, takes to reach the owner
_START_SECONDS = 600.0  # libraries of the objective are imported


class ChildTrainer(Trainer):
    """Trains in a child process.

    The child runs the objective; its calls of the trial come back through a pipe and are made here, on the trial
    itself. So this process alone asks and writes. Exceptions and warnings of the objective are raised and shown here.
    """

    def __init__(self, objective: Objective, trial_timeout: float | None = None) -> None:
        super().__init__(objective, trial_timeout)
        self._child: Child | None = None
        self._at_work: Child | None = None  # while it trains
        self._reported: tuple[int, set[int]] = (-1, set())  # number of the last trial, and the steps that it reported

    def start(self) -> None:
        """Start the child, so that this is not part of the first trial's time."""
        self._ready()

    def end(self) -> None:
        """Kill the child that trains; the thread that waits for it sees its death."""
        if (child := self._at_work) is not None:
            child.interrupt()

    def run(self, trial: SharedTrial) -> Training:
        """Train for a trial."""
        if self._reported[0] != trial.number:
            self._reported = trial.number, set()
        seen = frozenset(self._reported[1])  # reported before its process died
        is_pruned = not isinstance(trial.study.pruner, NopPruner)
        value = self._call("run", trial.number, is_pruned, trial=trial, seen=seen)
        return _Trained(self, self._child, value)

    def fingerprints(self) -> Mapping[str, str]:
        """Return the objective's fingerprints."""
        try:
            fingerprints: dict[str, str] = self._call("fingerprints", times=None)
        except TrainingDiedError as error:
            raise RunError(f"the process for trainings died while it loaded the data ({error})") from None
        return fingerprints

    def _judge(self, params: Mapping[str, Any], trial_number: int, retraining: int) -> Outcome:
        outcome: Outcome = self._call("judge", dict(params), trial_number, retraining)
        return outcome

    def _all_outcomes(self, params: Mapping[str, Any], trial_number: int, times: int) -> list[Outcome]:
        outcomes: list[Outcome] = self._call("outcomes", dict(params), trial_number, times, times=times)
        return outcomes

    def _baseline(self, name: str) -> Baseline:
        baseline: Baseline = self._call("baseline", name)
        return baseline

    def prepare_baselines(self) -> None:
        """Load the libraries before children are forked, so that it is done once for all."""
        if may_fork():
            self.objective.load_baselines()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the child, or keep it for the next run."""
        child, self._child = self._child, None
        if child is not None:
            give_back(child)

    def _call(
        self,
        *request: Any,
        times: int | None = 1,
        trial: SharedTrial | None = None,
        seen: frozenset[int] = frozenset(),
    ) -> Any:
        """Return the child's answer to a request; raise what the objective raised.

        Parameters
        ----------
        times
            Number of trainings; None if it is none, and has no limit.
        trial
            Trial whose methods the objective calls.
        seen
            Steps whose values are stored already.
        """
        child = self._ready()
        limit = None if times is None or self.trial_timeout is None else times * self.trial_timeout
        try:
            self._at_work = child
            child.send(request)
            kind, answer = self._served(child, limit, trial, seen)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise TrainingDiedError(self._mourn(child)) from None
        except BaseException:  # the child may be in the middle of a training
            self._child = None
            child.kill()
            raise
        finally:
            self._at_work = None
        if kind == "raised":
            raise unpacked(answer)
        return answer

    def _ready(self) -> Child:
        """Return the child, started if there is none that lives."""
        if self._child is not None and not self._child.is_alive:  # it died between two trainings
            self._child.kill()
            self._child = None
        if self._child is None:
            self._child = self._started()
        return self._child

    def _started(self) -> Child:
        if may_fork():
            self.objective.load()
            child, request = Child(self.objective), ("ready",)
        else:
            parcel = Parcel(Surroundings.here(), _pickled(self.objective))
            child, request = borrowed(), ("take", parcel)  # type: ignore[assignment]  # of another length
        try:
            child.send(request)
            answer = child.receive(_START_SECONDS)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise RunError(f"a process for trainings could not be started ({self._mourn(child)})") from None
        except BaseException:
            child.kill()
            raise
        if answer is None:
            child.kill()
            raise RunError(f"a process for trainings did not start within {_START_SECONDS:.0f} s")
        if answer[0] == "raised":
            child.kill()
            raise unpacked(answer[1])
        return child

    def _mourn(self, child: Child) -> str:
        """Return how the child died, after a delay in which a signal to all processes would reach this one too."""
        self._child = None
        how = child.death()
        child.kill()
        time.sleep(_GRACE)
        return how

    def _served(
        self, child: Child, limit: float | None, trial: SharedTrial | None, seen: frozenset[int]
    ) -> tuple[str, Any]:
        """Serve the child's calls until it is done. Time in which it waits for an answer does not count."""
        deadline = None if limit is None else time.monotonic() + limit
        pending: Exception | None = None  # of a message without an answer
        while True:
            message = child.receive(None if deadline is None else deadline - time.monotonic())
            if message is not None and message[0] in ("done", "raised"):
                return ("raised", packed(pending)) if pending else message
            if deadline is not None and self.trial_timeout is not None and time.monotonic() >= deadline:
                raise overtime(self.trial_timeout)
            if message is None:
                continue
            begin = time.monotonic()
            try:
                value, error = self._do(message, trial, seen), pending
            except (*STORAGE_ERRORS, HpsearchError):
                raise  # not the objective's
            except Exception as raised:
                value, error = None, pending or raised
            if message[0] in ("trial", "study"):
                child.send(("value", value) if error is None else ("raised", packed(error)))
                pending = None
                if deadline is not None:
                    deadline += time.monotonic() - begin
            else:
                pending = error

    def _do(self, message: tuple[Any, ...], trial: SharedTrial | None, seen: frozenset[int]) -> Any:
        kind, *arguments = message
        if kind == "warning":
            text, category, filename, lineno = arguments
            warnings.warn_explicit(text, category, filename, lineno)
            return None
        assert trial is not None  # only trials call
        if kind == "report":
            value, step = arguments
            if step not in seen:
                trial.report(value, step)
                self._reported[1].add(step)
            return None
        name, positional, named = arguments
        with trial.lock if kind == "study" else nullcontext():  # a trial takes the lock itself
            found = getattr(trial if kind == "trial" else trial.study, name)
            if not callable(found):
                return found
            return Method(name) if positional is None else found(*positional, **named)


class _Trained:
    """A training that the child has kept."""

    def __init__(self, trainer: ChildTrainer, child: Child | None, validation: float) -> None:
        self._trainer, self._child = trainer, child
        self.validation = validation

    def judgement(self) -> Outcome:
        if self._trainer._child is not self._child:
            raise TrainingDiedError("its process ended since")
        outcome: Outcome = self._trainer._call("judgement")
        return outcome


def _pickled(objective: Objective) -> bytes:
    try:
        return bytes(cloudpickle.dumps(objective))
    except Exception as error:  # pickling runs arbitrary code
        reason = f"{type(error).__name__}: {error}"
        raise UsageError(f"the objective can't be sent to the process that trains it ({reason})") from error
