"""Optuna objective that trains an estimator of scikit-learn, XGBoost or LightGBM."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache, cached_property
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from hpsearch.checks import true_or_false
from hpsearch.data import Split
from hpsearch.data.preparation_settings import PreparationSettings
from hpsearch.errors import UsageError
from hpsearch.objectives.base import Objective, Outcome, Trained
from hpsearch.objectives.cross_validated import CrossValidated
from hpsearch.objectives.estimators.code import check_name, code_allowed, estimator_of, is_own_class
from hpsearch.objectives.estimators.settings import ESTIMATOR, NOT_SET, make, parameters, settings_type
from hpsearch.objectives.estimators.table import ESTIMATORS
from hpsearch.objectives.fitted import FittedModel
from hpsearch.objectives.scoring import RESPONSES
from hpsearch.objectives.searched_model import SearchedModel, Spec, not_fixed
from hpsearch.objectives.supervised import SupervisedObjective

_EARLY_STOPPING = "early_stopping"
_NOT_FINITE = "non-finite"  # in scikit-learn's error of a network whose weights have overflowed


class EstimatorObjective(SupervisedObjective):
    """Optuna objective: fits an estimator to the train rows and returns its validation score.

    `model` names the estimator, a key of `ESTIMATORS`, and sets parameters of its constructor; `space` searches others.
    The default space is that of `ESTIMATORS`, except for the parameters in `model`. The library's own rules apply to
    the values. The estimator's `random_state` comes from the seeds of the training.

    With folds in `data` (``validation = "5-fold"``), a trial is trained on each fold, and its value is the mean of the
    folds' values, which are its measures ``fold_1`` and so on. For the test, the estimator is trained on all other
    rows.

    With `allow_code`, ``"module:Class"`` names a class with scikit-learn's conventions, which is imported and run. It
    has no default space, and a model file can't hold it.

    User attributes of a trial: ``diverged``, and ``converged`` (False) where the library warns that its iterations
    ended before it converged. The other parameters are those of `SupervisedObjective`.

    Raises
    ------
    UsageError
        If the estimator is unknown, not for the task, or its library is not installed; if a name or value is invalid.

    Examples
    --------
    >>> forest = EstimatorObjective("iris", model={"estimator": "random_forest", "n_estimators": 10})
    >>> sorted(forest.space)
    ['max_features', 'max_samples', 'min_samples_leaf']
    """

    family = "estimator"
    kind_keys = (ESTIMATOR,)
    cross_validates = True
    takes_weights = True
    searches_preparation = True

    def __init__(self, *arguments: Any, allow_code: bool = False, **keywords: Any) -> None:
        self._allow_code = true_or_false("allow_code", allow_code)
        with self._code():
            super().__init__(*arguments, **keywords)

    def _code(self) -> AbstractContextManager[None]:
        return code_allowed() if self._allow_code else nullcontext()

    @classmethod
    def runs_code_of(cls, model: Mapping[str, Any]) -> bool:
        """Return whether the estimator is a class of one's own."""
        return is_own_class(model.get(ESTIMATOR))

    @classmethod
    def build(cls, *arguments: Any, allow_code: bool = False, **keywords: Any) -> Objective:
        """Return the objective of a study file's tables; `allow_code` as for the constructor."""
        with code_allowed() if allow_code else nullcontext():
            return super().build(*arguments, **keywords)

    def varied(self, tables: Mapping[str, Any], family: type[Objective]) -> Objective:
        """Return the objective of a variant, on the same data set."""
        with self._code():
            return super().varied(tables, family)

    def _read_model(self, model: Mapping[str, Any], space: Mapping[str, Spec] | None) -> SearchedModel[Any]:
        return _searched(model, space, self._source.dataset.task, self._source.settings.preparation)

    @classmethod
    def check(cls, model: Mapping[str, Any], space: Mapping[str, Any] | None) -> None:
        """Check the tables ``[model]`` and ``[space]`` of a study file, which must suit one task at least.

        A class of one's own is not imported for that, and so only its name is checked.
        """
        errors = []
        name = _name(model, imports=False)
        if is_own_class(name):
            return
        for task in ESTIMATORS[name].classes:
            try:
                _searched(model, space, task, PreparationSettings())
            except UsageError as error:
                errors.append(error)
            else:
                return
        raise errors[0]

    @classmethod
    def default_model(cls) -> Mapping[str, Any]:
        """Return nothing: defaults depend on the estimator and the task."""
        return {}

    def _check_with_data(self) -> None:
        """Refuse weights that the estimator does not take, and a metric that asks more of it than it gives."""
        from sklearn.utils.validation import has_fit_parameter

        if self._scorer is None and self.data.w_train is None:
            return
        model = make(self.estimator_name, self.data.task, self.settings({}), 0)
        if self.data.w_train is not None and not has_fit_parameter(model, "sample_weight"):
            raise UsageError(f"[data] weight: the estimator {self.estimator_name!r} takes no weights: leave it out")
        if self._scorer is None:
            return
        responses = tuple(name for name in RESPONSES if hasattr(model, name))
        try:
            self._scorer.refuse_unsuited(self.data, responses)
        except AttributeError:
            missing = " or ".join(name for name in RESPONSES if name not in responses)
            raise UsageError(
                f"[data] metric: {self._scorer.scorer!r} needs {missing}, which the estimator "
                f"{self.estimator_name!r} lacks with these settings"
            ) from None

    @property
    def notes(self) -> tuple[str, ...]:
        """Return a note if trainings may stop early by rows that belong to those they learn from."""
        dataset, kind = self._source.dataset, estimator_of(self.estimator_name)
        belonging = "group" if dataset.groups is not None else "time" if dataset.order is not None else ""
        rows = max(len(each.x_train) for each in (self.data, *self.data.folds))
        settings = self._model.extremes([_EARLY_STOPPING] if _EARLY_STOPPING in self.space else [])
        if not belonging or not any(kind.stops_early(each, rows) for each in settings):
            return ()
        return (
            f"{self.estimator_name} stops early by training rows that it draws at random, without regard to [data]"
            f" {belonging}: it may train too long. Validation and test keep to {belonging}. [model]"
            f" {_EARLY_STOPPING} = false trains to the end",
        )

    @property
    def estimator_name(self) -> str:
        """Name of the estimator."""
        return str(self._model.fixed[ESTIMATOR])

    @classmethod
    def settings_of(cls, model: Mapping[str, Any], params: Mapping[str, Any], task: str) -> Any:
        """Return all settings of a trial with `params`, from the table ``[model]`` and the data's task alone."""
        return _searched(model, {}, task).settings(params)

    @classmethod
    def estimator(cls, settings: Any, task: str, *, scaled_targets: bool = False) -> Any:
        """Return the unfitted estimator with these settings; it never scales targets."""
        return make(getattr(settings, ESTIMATOR), task, settings, 0)

    def load(self) -> None:
        """Load the data set and the estimator's library."""
        super().load()
        estimator_of(self.estimator_name).kind(self.data.task)

    def train(self, params: Mapping[str, Any], seeds: np.random.SeedSequence) -> Trained:
        """Return the training of an estimator with `params` and `seeds`; on each fold of a cross-validation."""
        rows = self.prepared(params).data
        if rows.whole is None:
            return self._fitted(rows, params, seeds)
        folds = [self._fitted(fold, params, _of(seeds, number)) for number, fold in enumerate(rows.folds)]
        return CrossValidated(folds, self._fitted(rows.whole, params, seeds))

    def _fitted(self, rows: Split, params: Mapping[str, Any], seeds: np.random.SeedSequence) -> FittedEstimator:
        seed = int(seeds.generate_state(1)[0])
        return FittedEstimator(self.on(rows), make(self.estimator_name, rows.task, self.settings(params), seed))

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the settings' class, which is made at run time and can't be pickled."""
        return super().__getstate__() | {
            "_model": (self._model.fixed, self._model.specs, self._model.preparation, self.data.task)
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the state, and make the settings' class."""
        fixed, specs, preparation, task = state["_model"]
        model = SearchedModel(settings_type(fixed[ESTIMATOR], task), fixed, specs, preparation)
        super().__setstate__(state | {"_model": model})


class FittedEstimator(FittedModel):
    """Training of an estimator: one step, in one thread, with its warnings as attributes."""

    def __init__(self, objective: EstimatorObjective, model: Any) -> None:
        super().__init__(objective, model)
        self._worst = objective.worst
        self._diverged = False
        self._converged = True

    def fit(self) -> None:
        """Fit the estimator to the train rows; a network of scikit-learn whose weights overflow has diverged."""
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings(record=True) as caught, _one_thread():
            warnings.simplefilter("always")
            try:
                super().fit()
            except ValueError as error:
                if _NOT_FINITE not in str(error):
                    raise
                self._diverged = True
        self._converged = not any(issubclass(each.category, ConvergenceWarning) for each in caught)

    @cached_property
    def validation(self) -> float:
        """Score on the validation rows; the worst one after divergence."""
        with _one_thread():
            return self._worst if self._diverged else self.validate()

    def attributes(self) -> Mapping[str, Any]:
        """Return ``diverged``, and ``converged`` if it has not."""
        return {"diverged": self._diverged} | ({} if self._converged else {"converged": False})

    def outcome(self) -> Outcome:
        """Judge the estimator on the test rows."""
        if self._diverged:
            return Outcome(self._worst)
        with _one_thread():
            return super().outcome()


def _searched(
    model: Mapping[str, Any],
    space: Mapping[str, Spec] | None,
    task: str,
    preparation: PreparationSettings | None = None,
) -> SearchedModel[Any]:
    """Return the fixed and the searched settings of an estimator for a task."""
    name = _name(model, imports=True)
    try:
        kind = settings_type(name, task)
    except UsageError as error:
        raise UsageError(f"[model] {ESTIMATOR}: {error}") from error
    for table, settings in (("model", model), ("space", space or {})):
        for key in settings:
            if key in NOT_SET:
                raise UsageError(f"[{table}] {key}: {NOT_SET[key]}; leave it out")
    if ESTIMATOR in (space or {}):
        raise UsageError(f"[space] {ESTIMATOR} can't be searched: make it a factor, with a level for each estimator")
    if space is None:
        space = not_fixed(estimator_of(name).space_for(task), model, parameters(kind()))
    return SearchedModel(kind, dict(model), space, preparation)


def _of(seeds: np.random.SeedSequence, fold: int) -> np.random.SeedSequence:
    """Return the seeds of a fold."""
    return np.random.SeedSequence(seeds.entropy, spawn_key=(*seeds.spawn_key, fold))


def _name(model: Mapping[str, Any], *, imports: bool) -> str:
    """Return the estimator that a table ``[model]`` names; see `check_name`."""
    if ESTIMATOR not in model:
        raise UsageError(f"[model] {ESTIMATOR} is missing: choose from {', '.join(sorted(ESTIMATORS))}")
    try:
        return check_name(model[ESTIMATOR], imports=imports)
    except UsageError as error:
        raise UsageError(f"[model] {ESTIMATOR}: {error}") from error


def _one_thread() -> AbstractContextManager[Any]:
    """Limit OpenMP, which histogram gradient boosting uses, to one thread."""
    limit: AbstractContextManager[Any] = _threads().limit(limits=1, user_api="openmp")
    return limit


@cache
def _threads() -> ThreadpoolController:
    """Return the control of the loaded libraries: finding them takes milliseconds."""
    import sklearn.ensemble  # noqa: F401 -- loads OpenMP

    return ThreadpoolController()
