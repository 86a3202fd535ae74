"""A run: one strategy on one task, once. Opened, continued where it stopped, finished, tested."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Literal

import optuna
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, Trial, TrialState

from hpsearch import __version__
from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.content import check_comparable, content_hash
from hpsearch.errors import UsageError
from hpsearch.storage import STORAGE_ERRORS
from hpsearch.strategies.seeding import integer

Objective = Callable[[Trial], float]
Direction = Literal["minimize", "maximize"]

_GROWING = ("trials", "content")  # attributes of a run that a later call may change


@dataclass(frozen=True)
class Run:
    """What a run is, apart from its objective.

    Attributes
    ----------
    study, task, strategy, repeat
        Whose run it is.
    make_sampler, make_pruner
        The strategy, from a 32-bit seed, and the pruner.
    seed
        The study's seed: repeats differ, strategies share it.
    direction, metric
        ``"maximize"`` or ``"minimize"``, and what.
    trials
        How many trials it may spend.
    retrain
        How often the incumbent's hyperparameters are trained anew for the test, if the objective can.
    content
        What makes trials comparable: the study file, or what the caller gave.
    """

    study: str
    task: str
    strategy: str
    repeat: int
    make_sampler: Callable[[int], BaseSampler] = field(repr=False)
    make_pruner: Callable[[], BasePruner] = field(repr=False)
    seed: int
    direction: Direction
    metric: str
    trials: int
    retrain: int
    content: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """The name of its optuna study."""
        return f"{self.study}/{self.strategy}/{self.repeat:02d}"

    def sampler(self) -> BaseSampler:
        """A new sampler, seeded for this repeat."""
        return self.make_sampler(integer(self.seed, self.repeat))


def open_run(run: Run, storage: BaseStorage) -> optuna.Study:
    """The run's optuna study: the one in `storage`, or a new one that says whose it is.

    Raises
    ------
    UsageError
        If the storage holds this run with trials that the run's content makes incomparable.
    """
    with quiet_optuna():
        study = optuna.create_study(
            storage=storage,
            study_name=run.name,
            direction=run.direction,
            sampler=run.sampler(),
            pruner=run.make_pruner(),
            load_if_exists=True,
        )
        known = study.user_attrs
        if "content" not in known:  # new, or its process died before it could say whose it is
            known = {}
            study.set_metric_names([run.metric])
        else:
            stored = known["content"] | {"direction": study.direction.name.lower()}
            check_comparable(run.study, stored, {**run.content, "direction": run.direction})
        for key, value in _attributes(run).items():
            if key not in known or (key in _GROWING and known[key] != value):
                study.set_user_attr(key, value)
    return study


def continue_run(run: Run, study: optuna.Study, objective: Objective, catch: tuple[type[Exception], ...] = ()) -> None:
    """Finish the trials that a dead process left, then try on until the budget is spent, then test the incumbent.

    Exceptions of the objective that are not in `catch` end the run; the trial that met one is stored as failed.
    """
    with quiet_optuna(), ONE_BLAS_THREAD.hold():
        for trial in _trials_to_do(study, run.trials):
            _attempt(study, trial, objective, catch)
        _test_incumbent(run, study, objective)


def incumbent(direction: str, trials: Iterable[FrozenTrial]) -> FrozenTrial | None:
    """The complete trial with the best value, the earliest of equals; None where no trial is complete."""
    sign = 1 if direction == "maximize" else -1
    complete = [trial for trial in trials if trial.state == TrialState.COMPLETE and trial.value is not None]
    return max(complete, key=lambda trial: (sign * (trial.value or 0.0), -trial.number), default=None)


def _trials_to_do(study: optuna.Study, budget: int) -> Iterator[Trial]:
    """First the trials that are RUNNING, since a run has one owner and theirs is dead; then new ones."""
    for abandoned in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        yield Trial(study, abandoned._trial_id)
    begun = sum(trial.state != TrialState.WAITING for trial in study.get_trials(deepcopy=False))
    for _ in range(budget - begun):
        yield study.ask()


def _attempt(study: optuna.Study, trial: Trial, objective: Objective, catch: tuple[type[Exception], ...]) -> None:
    try:
        value = _number(objective(trial))
    except optuna.TrialPruned:
        study.tell(trial, state=TrialState.PRUNED)
    except STORAGE_ERRORS:
        raise  # the trial did not fail; it stays RUNNING and is finished by the next call
    except Exception as error:
        trial.set_user_attr("error", f"{type(error).__name__}: {error}")
        study.tell(trial, state=TrialState.FAIL)
        if not isinstance(error, catch):
            raise
    else:
        if math.isnan(value):
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, value)


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]  # that it may be anything is why this is here
    except (TypeError, ValueError):
        raise UsageError(f"an objective must return a number, got {value!r}") from None


def is_done(run: Run, study: optuna.Study, objective: Objective) -> bool:
    """Whether the budget is spent and the incumbent tested: nothing is left for `continue_run`."""
    trials = study.get_trials(deepcopy=False)
    spent = sum(trial.state.is_finished() for trial in trials) >= run.trials
    running = any(trial.state == TrialState.RUNNING for trial in trials)
    return spent and not running and _untested(run, study, objective) is None


def _untested(run: Run, study: optuna.Study, objective: Objective) -> FrozenTrial | None:
    """The incumbent, where the objective can test it and that has not been done."""
    best = incumbent(run.direction, study.get_trials(deepcopy=False))
    if best is None or run.retrain == 0 or not hasattr(objective, "test"):
        return None
    known = study.user_attrs.get("test", {})
    return None if known.get("incumbent") == best.number and len(known["values"]) == run.retrain else best


def _test_incumbent(run: Run, study: optuna.Study, objective: Objective) -> None:
    """Retrain the incumbent's hyperparameters on fresh seeds and note their test scores on the optuna study."""
    best = _untested(run, study, objective)
    test: Callable[[Mapping[str, Any], int, int], list[float]] | None = getattr(objective, "test", None)
    if best is not None and test is not None:
        values = test(best.params, best.number, run.retrain)
        study.set_user_attr("test", {"incumbent": best.number, "values": values})


def _attributes(run: Run) -> dict[str, Any]:
    """What a run's optuna study says of itself; `content` last, since it marks that all is said."""
    return {
        "study": run.study,
        "task": run.task,
        "strategy": run.strategy,
        "repeat": run.repeat,
        "seed": run.seed,
        "metric": run.metric,
        "trials": run.trials,
        "versions": {"hpsearch": __version__} | {name: version(name) for name in ("optuna", "numpy", "scikit-learn")},
        "content_hash": content_hash(run.content),
        "content": dict(run.content),
    }


@contextmanager
def quiet_optuna() -> Iterator[None]:
    """Keep optuna's log to errors, and its words about experimental features and resumed trials off the screen."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            warnings.filterwarnings("ignore", "The reported value is ignored")
            yield
    finally:
        optuna.logging.set_verbosity(verbosity)
