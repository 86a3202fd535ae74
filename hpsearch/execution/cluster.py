"""Trainings on a Dask cluster: its workers train, and the process of the call asks and writes.

So the workers need not reach the storage, and trials are those of one process, whatever becomes of a worker or of the
scheduler: a training that is lost is trained again with the same seeds.
"""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from hpsearch.errors import RunError, UsageError, quoted
from hpsearch.execution.child.errors import packed, unpacked
from hpsearch.objectives.base import Baseline, Objective, Outcome, Step, Trained
from hpsearch.run.batches import StoppedError
from hpsearch.run.deaths import DEATHS
from hpsearch.run.limit import overtime
from hpsearch.run.trainer import MOST_DEATHS, Trainer, Training, TrainingDiedError
from hpsearch.storage.connections import PATIENCE
from hpsearch.storage.optuna_private import SharedTrial

if TYPE_CHECKING:
    import distributed

_PAUSE = 0.5  # seconds between two attempts to reach the scheduler
_CONNECT_SECONDS = 10
_ATTEMPTS = 20  # at a training, while the scheduler answers

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Cluster:
    """Connection to a Dask scheduler, for many threads.

    Raises
    ------
    UsageError
        If `address` is none, or distributed is not installed.
    RunError
        If no scheduler answers there.
    """

    def __init__(self, address: str) -> None:
        _check(address)
        try:
            import distributed
        except ImportError:
            raise UsageError("--dask needs distributed: pip install 'hpsearch[dask]'") from None
        self._address = address
        self._is_waiting = False
        self._lock = threading.Lock()
        self._objectives: dict[int, tuple[distributed.Client, distributed.Future, Objective]] = {}
        self._stopped = threading.Event()
        self._lost = (distributed.comm.CommClosedError, CancelledError, OSError, TimeoutError, RuntimeError)
        for name in list(logging.root.manager.loggerDict):  # their tracebacks of lost connections
            if name.startswith(("distributed", "tornado", "asyncio")):
                logging.getLogger(name).setLevel(logging.CRITICAL)
        try:
            self._client = self._connected()
        except (*self._lost, ValueError) as error:
            raise RunError(f"no Dask scheduler answers at {address} ({error})") from error

    def threads(self) -> int:
        """Return how many trainings it runs at once.

        Raises
        ------
        RunError
            If it has no workers.
        """
        found: int = sum(self._client.nthreads().values())
        if not found:
            raise RunError(
                f"the Dask scheduler at {self._address} has no workers: start some, or say with --jobs how many "
                "trainings there will be at once"
            )
        return found

    def call(self, function: Callable[..., _T], objective: Objective, *arguments: Any) -> _T:
        """Return ``function(objective, *arguments)``, computed by a worker.

        Raises
        ------
        TrainingDiedError
            If workers died in it, more than the scheduler allows.
        RunError
            If the scheduler cannot be reached for a minute.
        """
        import distributed

        attempts = 0
        while True:
            client = self._client
            try:
                future = client.submit(_done, function, self._placed(client, objective), *arguments, pure=False)
                value, error = self._result(client, future)
                break
            except distributed.KilledWorker as error:
                raise TrainingDiedError("it killed the workers that trained it") from error
            except Exception as error:  # an error of Dask; errors of the objective are returned
                attempts += 1
                if self._stopped.is_set():
                    raise StoppedError from None
                if client.status != "running":
                    self._reconnect(client)
                elif attempts == _ATTEMPTS:
                    raise RunError(f"the Dask cluster at {self._address} failed ({error})") from error
                else:
                    time.sleep(_PAUSE)
        if error is not None:
            raise unpacked(error)
        result: _T = value
        return result

    def _result(self, client: distributed.Client, future: distributed.Future) -> tuple[Any, bytes | None]:
        """Wait for the result; log a warning if the cluster has no workers."""
        while True:
            with suppress(TimeoutError):
                result: tuple[Any, bytes | None] = future.result(timeout=_CONNECT_SECONDS)
                return result
            if client.status == "running" and not client.nthreads() and not self._is_waiting:
                self._is_waiting = True
                _log.warning("the Dask cluster has no workers: waiting for some")

    def _placed(self, client: distributed.Client, objective: Objective) -> distributed.Future:
        """Return the objective on the cluster, as a task that Dask repeats if its worker is lost."""
        with self._lock:
            placed = self._objectives.get(id(objective))
            if placed is None or placed[0] is not client or placed[1].status != "finished":
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
                    placed = client, client.submit(_itself, objective, pure=False), objective
                self._objectives[id(objective)] = placed
            return placed[1]

    def close(self) -> None:
        """Give up the trainings in progress, and the connection."""
        self._stopped.set()
        with suppress(*self._lost):
            self._client.close(timeout=_CONNECT_SECONDS)

    def _connected(self) -> distributed.Client:
        import distributed

        return distributed.Client(self._address, timeout=_CONNECT_SECONDS, set_as_default=False)

    def _reconnect(self, lost: distributed.Client) -> None:
        """Wait until the scheduler answers; the first of the threads that ask does it for all."""
        with self._lock:
            if self._client is not lost:
                return
            _log.warning("the Dask scheduler does not answer: trying again for up to %.0f seconds", PATIENCE)
            with suppress(*self._lost):
                lost.close(timeout=1)
            end = time.monotonic() + PATIENCE
            while not self._stopped.is_set():
                try:
                    self._client = self._connected()
                except self._lost as latest:
                    if time.monotonic() > end:
                        raise RunError(f"the Dask scheduler at {self._address} no longer answers") from latest
                    time.sleep(_PAUSE)
                else:
                    _log.warning("the Dask scheduler answers again")
                    return
        raise StoppedError


class ClusterTrainer(Trainer):
    """Trainer on a cluster. After a training has ended, its steps are reported and the pruner decides."""

    def __init__(self, objective: Objective, cluster: Cluster, trial_timeout: float | None = None) -> None:
        super().__init__(objective, trial_timeout)
        self._cluster = cluster

    def run(self, trial: SharedTrial) -> Training:
        """Train for a trial."""
        try:
            return self.objective.run(trial, self._train)
        except TrainingDiedError:  # the scheduler has tried it on several workers
            trial.set_user_attr(DEATHS, max(MOST_DEATHS - 1, int(trial.user_attrs.get(DEATHS, 0))))
            raise

    def fingerprints(self) -> Mapping[str, str]:
        """Return the objective's fingerprints."""
        return self.objective.fingerprints()

    def _train(self, params: Mapping[str, Any], seeds: Any) -> Trained:
        return self._cluster.call(_trained, self.objective, dict(params), seeds, self.trial_timeout)

    def _judge(self, params: Mapping[str, Any], trial_number: int, retraining: int) -> Outcome:
        return self._cluster.call(_judged, self.objective, dict(params), trial_number, retraining)

    def _all_outcomes(self, params: Mapping[str, Any], trial_number: int, times: int) -> list[Outcome]:
        return self._cluster.call(_outcomes, self.objective, dict(params), trial_number, times)

    def _baseline(self, name: str) -> Baseline:
        return self._cluster.call(_baseline, self.objective, name)


@dataclass
class _Ended(Trained):
    """A training that has ended elsewhere: its steps, with its attributes after each of them and at the end."""

    value: float
    final: Mapping[str, Any]
    steps: list[tuple[Step, Mapping[str, Any]]] = field(default_factory=list)
    hashes: Mapping[str, Any] = field(default_factory=dict)
    judged: Outcome | None = None
    reached: int = 0

    def __iter__(self) -> Iterator[Step]:
        """Yield the steps."""
        for step, _ in self.steps:
            self.reached += 1
            yield step
        self.reached = -1

    @property
    def validation(self) -> float:
        """Validation value at the end."""
        return self.value

    def attributes(self) -> Mapping[str, Any]:
        """Return the attributes after the step that was yielded last; those at the end after the last one."""
        return self.final if self.reached == -1 else self.steps[self.reached - 1][1]

    def fingerprints(self) -> Mapping[str, Any]:
        """Return the hashes of the random parts."""
        return self.hashes

    def judgement(self) -> Outcome:
        """Return the judgement, of a training that is judged itself."""
        if self.judged is None:
            raise TrainingDiedError("its model is not kept")
        return self.judged


def _check(address: str) -> None:
    """Refuse what Dask would not understand, or only after its time to connect."""
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        is_one = bool(parts.scheme and parts.hostname and parts.port)
    except ValueError:  # the port
        is_one = False
    if not is_one:
        raise UsageError(f"a Dask scheduler is given as tcp://HOST:8786, got {quoted(address)}")


def _trained(objective: Objective, params: Mapping[str, Any], seeds: Any, limit: float | None) -> _Ended:
    from hpsearch.blas import ONE_BLAS_THREAD

    begin = time.monotonic()
    with ONE_BLAS_THREAD.hold():
        training = objective.train(params, seeds)
        steps: list[tuple[Step, Mapping[str, Any]]] = []
        for step in training:
            steps.append((step, dict(training.attributes())))
            if limit is not None and time.monotonic() - begin > limit:
                raise overtime(limit)
        hashes = dict(training.fingerprints()) if objective.separate_seeds else {}
        is_judged = objective.tests and objective.space is not None and not objective.space
        return _Ended(
            training.validation, dict(training.attributes()), steps, hashes, training.judgement() if is_judged else None
        )


def _judged(objective: Objective, params: Mapping[str, Any], trial_number: int, retraining: int) -> Outcome:
    return objective.judge(params, trial_number, retraining)


def _outcomes(objective: Objective, params: Mapping[str, Any], trial_number: int, times: int) -> list[Outcome]:
    return objective.outcomes(params, trial_number, times)


def _baseline(objective: Objective, name: str) -> Baseline:
    return objective.baseline(name)


def _itself(objective: Objective) -> Objective:
    return objective


def _done(function: Callable[..., Any], *arguments: Any) -> tuple[Any, bytes | None]:
    """Return the function's result, or its error, so that it is not mistaken for an error of Dask."""
    try:
        return function(*arguments), None
    except BaseException as error:
        return None, packed(error)
