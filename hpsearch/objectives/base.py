"""Contract of objectives: what a run, a plan, the analysis or a report may ask of what is tuned."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import Trial

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.errors import UsageError
from hpsearch.objectives.measures import as_stored
from hpsearch.objectives.trained import Baseline, Outcome, Step, Trained
from hpsearch.objectives.traits import Traits
from hpsearch.space import suggest_all

if TYPE_CHECKING:
    from hpsearch.estimators.tabular import TabularModel

__all__ = ["Baseline", "Conditions", "Direction", "Objective", "Outcome", "Step", "Trained"]

Direction = Literal["minimize", "maximize"]
Conditions = Mapping[str, Mapping[str, Sequence[Any]]]
"""Parameter → other parameter → values with which the first is searched."""


class Objective(Traits, ABC):
    """What a study tunes: a task under a variant, callable with an Optuna trial.

    A subclass implements `train`; the rest has defaults. `suggest` draws parameters from `space`, `train` trains with
    them, and `__call__` combines both, reports the steps to pruners, and returns the validation value.

    A *family* is a subclass that study files can name. Its constructor takes the keywords of `build`, and it has a line
    in `hpsearch.objectives.FAMILIES`.
    """

    seed: int = 0
    repeat: int = 0
    separate_seeds: bool = False
    """Whether weights, order and dropout have seeds of their own, as in studies with factors."""

    @abstractmethod
    def train(self, params: Mapping[str, Any], seeds: Any) -> Trained:
        """Return a training with `params` and `seeds`; it starts when iterated."""

    @property
    def task(self) -> str:
        """Name of the task."""
        return "objective"

    @property
    def direction(self) -> Direction:
        """Whether larger or smaller values are better."""
        return "minimize"

    @property
    def metric(self) -> str:
        """Name of the value."""
        return "value"

    @property
    def space(self) -> Mapping[str, BaseDistribution] | None:
        """Search space; None if it is only known while trials suggest. Empty: there is nothing to search."""
        return None

    @property
    def conditions(self) -> Conditions:
        """When conditional parameters are searched."""
        return {}

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Value of each searched parameter without a search, as Optuna stores it; without inactive ones."""
        return {}

    @property
    def setting_defaults(self) -> Mapping[str, Any]:
        """Default of every setting that a model or a space may name; those of unknown default are left out."""
        return {}

    @property
    def likely(self) -> Mapping[str, Any]:
        """Searched parameter → value near which a person expects the best one, as Optuna stores it."""
        return {}

    @property
    def ineffective(self) -> Mapping[str, str]:
        """Settings without effect, whatever is searched, each with the reason."""
        return {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a person should read before a search: what is allowed, but may not be meant."""
        return ()

    @property
    def epochs(self) -> int | None:
        """Fidelity: maximum number of steps of a training; None if it has a single one."""
        return None

    @property
    def counts_epochs(self) -> bool:
        """Whether `epochs` counts epochs, like the trials' attribute of that name; pruners of a study need that."""
        return True

    @property
    def content(self) -> Mapping[str, Any]:
        """Settings that comparable trials share, in JSON types: ``data``, ``model`` and ``space``."""
        return {}

    @property
    def reference(self) -> Mapping[str, float] | None:
        """True ``best`` and ``median`` value over all configurations, if known."""
        return None

    @property
    def baselines(self) -> tuple[str, ...]:
        """Names of the simple models that `baseline` trains, for comparison; none by default."""
        return ()

    @property
    def folder(self) -> str | None:
        """Folder that relative paths in `content` start from, if there are any."""
        return None

    def for_repeat(self, repeat: int) -> Self:
        """Return this objective for another repeat."""
        return self

    def with_separate_seeds(self) -> Self:
        """Return this objective with seeds of their own for weights, order and dropout, if it draws them."""
        return self

    def with_other_seeds(self) -> Self:
        """Return this objective with other seeds for trainings and the same split, if it draws them."""
        return self

    def varied(self, tables: Mapping[str, Any], family: type[Objective]) -> Objective:
        """Return the objective of a variant, of this `family`, from its tables ``data``, ``model`` and ``space``.

        Raises
        ------
        UsageError
            If this objective cannot be rebuilt from tables.
        """
        raise UsageError(f"a level can't set keys of {type(self).__name__}: give factors objectives of their own")

    def fingerprints(self) -> Mapping[str, str]:
        """Return hashes of what the trainings of a repeat share, such as the split, by name."""
        return {}

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """Return a value from `trial` for every parameter, inactive conditional ones left out."""
        return suggest_all(trial, self.space or {}, self.conditions)

    def seeds(self, trial_number: int, retraining: int = 0) -> Any:
        """Return the seeds of a trial's training, or of a retraining of its parameters (counted from 1)."""
        return (trial_number, retraining)

    def seeds_of(self, trial: Trial) -> Any:
        """Return the seeds of the training of `trial`."""
        return self.seeds(trial.number)

    def run(self, trial: Trial, train: Callable[[Mapping[str, Any], Any], Trained] | None = None) -> Trained:
        """Train with the parameters suggested by `trial`, report the steps, and store the trial's attributes.

        `train` replaces the method of that name, such as one that trains elsewhere.

        Raises
        ------
        optuna.TrialPruned
            If the study's pruner stops the trial.
        """
        with ONE_BLAS_THREAD.hold():
            training = (train or self.train)(self.suggest(trial), self.seeds_of(trial))
            pruned, is_reported = False, self.epochs is not None
            for step in training:
                if is_reported:
                    trial.report(step.value, step.number)
                    if pruned := trial.should_prune():
                        break
            for name, value in training.attributes().items():
                trial.set_user_attr(name, value)
            if measures := as_stored(training.measures()):
                trial.set_user_attr("measures", measures)
            if layers := training.layers():
                trial.set_user_attr("layers", [dict(row) for row in layers])
            if self.separate_seeds:
                trial.set_user_attr("fingerprints", dict(training.fingerprints()))
        if pruned:
            raise optuna.TrialPruned
        return training

    def __call__(self, trial: Trial) -> float:
        """Train with the parameters suggested by `trial`, and return the validation value.

        Raises
        ------
        optuna.TrialPruned
            If the study's pruner stops the trial.
        """
        return self.run(trial).validation

    def retrain(self, params: Mapping[str, Any], seeds: Any) -> Trained:
        """Train to the end, without a trial."""
        with ONE_BLAS_THREAD.hold():
            training = self.train(params, seeds)
            for _ in training:
                pass
        return training

    def judge(self, params: Mapping[str, Any], trial_number: int, retraining: int) -> Outcome:
        """Train with the seeds of a trial (0) or a retraining of it (from 1), and judge that on the test rows."""
        with ONE_BLAS_THREAD.hold():
            return self.retrain(params, self.seeds(trial_number, retraining)).judgement()

    def outcomes(self, params: Mapping[str, Any], trial_number: int, times: int) -> list[Outcome]:
        """Return the judgements on the test rows of `times` retrainings with `params` on fresh seeds.

        Call it after the search: test values must not influence the search.
        """
        return [self.judge(params, trial_number, retraining) for retraining in range(1, times + 1)]

    def test(self, params: Mapping[str, Any], trial_number: int, times: int) -> list[float]:
        """Return the test values of `outcomes`."""
        return [outcome.value for outcome in self.outcomes(params, trial_number, times)]

    @property
    def judges_each(self) -> bool:
        """Whether each of the `outcomes` is what `judge` returns; not if a subclass computes them another way."""
        return type(self).outcomes is Objective.outcomes

    def baseline(self, name: str) -> Baseline:
        """Train the simple model `name`, one of `baselines`, and judge it as trials are. Call it after the search."""
        raise NotImplementedError

    def load_baselines(self) -> None:
        """Load what baselines need into this process, where processes that train will be forked from it."""

    def load(self) -> None:
        """Load what trainings need into this process, where processes that train will be forked from it."""

    def final_model(self, params: Mapping[str, Any], *, all_rows: bool = False) -> TabularModel:
        """Return a model for use with `params`, fitted to all rows but the test rows, or to `all_rows`.

        Raises
        ------
        UsageError
            If the objective has no model that predicts.
        """
        raise UsageError(f"{type(self).__name__} has no model that predicts new rows")

    def as_settings(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters as Optuna stores them as the values that are set."""
        return dict(params)

    @classmethod
    def build(
        cls,
        data: Mapping[str, Any],
        *,
        model: Mapping[str, Any],
        space: Mapping[str, Any] | None,
        seed: int = 0,
        repeat: int = 0,
        data_dir: str | Path | None = None,
        folder: str | Path | None = None,
        separate_seeds: bool = False,
        record: Mapping[str, Any] | None = None,
    ) -> Objective:
        """Return the objective of a study file's tables; a family's constructor takes the same arguments.

        `record` is what to record of trainings, see `records`; a constructor gets it only if it is not empty.

        Raises
        ------
        UsageError
            If a key or value is invalid; the message begins with the table.
        """
        if record and not cls.records:
            raise UsageError(f"[record] must be empty for the family {cls.family!r}, got {dict(record)!r}")
        arguments: dict[str, Any] = {"seed": seed, "repeat": repeat, "data_dir": data_dir, "folder": folder}
        arguments |= {"record": dict(record)} if record else {}
        built = cls(data, model=model, space=space, **arguments)  # type: ignore[call-arg]  # of a family
        return built.with_separate_seeds() if separate_seeds else built

    @classmethod
    def from_content(cls, content: Mapping[str, Any], **arguments: Any) -> Objective:
        """Rebuild an objective from its stored `content`; `arguments` are the other ones of `build`.

        Raises
        ------
        UsageError
            If the data is not as it was.
        """
        data = {key: value for key, value in content["data"].items() if key not in cls.computed_keys}
        space = content["space"] if cls.accepts_changes else None
        rebuilt = cls.build(data, model=content["model"], space=space, record=content.get("record"), **arguments)
        stored, now = (each["data"].get("fingerprint") for each in (content, rebuilt.content))
        if stored != now:
            raise UsageError(f"{rebuilt.task}: the data is not what the stored trials were made with")
        return rebuilt

    @classmethod
    def check(cls, model: Mapping[str, Any], space: Mapping[str, Any] | None) -> None:
        """Check the tables ``[model]`` and ``[space]`` of a study file, without its data.

        Raises
        ------
        UsageError
            If a key or value is invalid; the message begins with the table.
        """
        for table, settings in (("model", model), ("space", space)):
            if settings:
                raise UsageError(f"[{table}] must be empty for the family {cls.family!r}, got {dict(settings)!r}")

    @classmethod
    def default_model(cls) -> Mapping[str, Any]:
        """Return the default of every field of ``[model]``, in JSON types."""
        return {}

    @classmethod
    def runs_code_of(cls, model: Mapping[str, Any]) -> bool:
        """Return whether a table ``[model]`` names code that is imported and run, which has to be allowed.

        No model file can hold such a model, since its parts can't be checked.
        """
        return False
