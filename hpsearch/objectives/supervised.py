"""Objectives that train a model on a data set: the base class of the families that do."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.data import DataSettings, Split, located
from hpsearch.data.in_memory import InMemory
from hpsearch.errors import UsageError
from hpsearch.nn.losses import LOSSES
from hpsearch.nn.scores import Score
from hpsearch.objectives.base import Baseline, Direction, Objective, Outcome
from hpsearch.objectives.baselines import BASELINES, fitted, load_libraries, train_rows
from hpsearch.objectives.data_keys import check_in_one_place, of_data
from hpsearch.objectives.final_model import HoldOut, final_model
from hpsearch.objectives.fitted import FittedModel as FittedModel
from hpsearch.objectives.fitted import weights_of
from hpsearch.objectives.group_error import group_error
from hpsearch.objectives.prepared_objective import PreparedObjective, fixed_keys
from hpsearch.objectives.scoring import rescaled, scorer_of
from hpsearch.objectives.searched_model import SearchedModel
from hpsearch.objectives.source import Data, Source, data_settings
from hpsearch.seeding import integer

if TYPE_CHECKING:
    from hpsearch.estimators.tabular import TabularModel

LOSS_OF = {"classification": "cross_entropy", "regression": "squared_error"}
"""Loss of the network, and with it the score, by the data's task."""

LATER = ("imputation", "max_categories")
"""Keys of the data that earlier studies lack; their default is left out of the content."""

_TEST = 1  # separates the seeds of retrainings from those of trials
_OTHER = 1  # separates the seeds of `with_other_seeds`


class SupervisedObjective(PreparedObjective):
    """Model trained on the train rows of a data set and judged on its validation rows.

    The score is accuracy for classification and R² for regression, or what ``metric`` in `data` names. A subclass sets
    `family`, `settings_type` and `default_space`, and implements `train`.

    Parameters
    ----------
    data
        Name of a data set; pair ``(X, y)`` of inputs and target; table like ``[data]`` of a study file; or `Dataset`.
        The inputs are an array or a data frame of pandas or polars, and the target can be the name of a column:
        ``(frame, "churned")``. With other keys of ``[data]`` such data is the table ``{"frame": frame, "target":
        "churned", "validation": 0.25}``. It is not stored: a call on the same storage needs the same data again.
    model
        Fixed settings; those in neither `model` nor `space` have their defaults.
    space
        Searched settings: each a range ``{"low": …, "high": …, "log": True}``, a choice ``{"choices": […]}`` or an
        Optuna distribution. None: `default_space`, without the settings that `model` fixes. ``"data.scaling"`` and the
        like are the keys of `data` in `DATA_NAMES`: how each trial's inputs are prepared.
    seed, repeat
        Test rows depend on `seed`, the split of the rest on both, and a training on both and the trial's number.
        Any trial can therefore be retrained alone.
    data_dir
        Folder of data files that are not part of a package (MNIST).
    folder
        Folder that a relative path in `data` starts from; the current folder if None.
    record
        What to record of trainings, like ``[record]`` of a study file, if the family records anything.

    Raises
    ------
    UsageError
        If a name is unknown, a value is invalid, or a setting is both fixed and searched.
    """

    cross_validates: ClassVar[bool] = False
    """Whether trainings can be judged by cross-validation."""

    takes_weights: ClassVar[bool] = False
    """Whether trainings and scores can be weighted."""

    estimator_scales_targets: ClassVar[bool] = False
    """Whether `estimator` standardizes the targets of a regression itself, unless they are scaled already."""

    tests = True
    predicts = True
    computed_keys = ("fingerprint",)

    def __init__(
        self,
        data: Data = "digits",
        *,
        model: Mapping[str, object] | None = None,
        space: Mapping[str, Mapping[str, object] | BaseDistribution] | None = None,
        seed: int = 0,
        repeat: int = 0,
        data_dir: str | Path | None = None,
        folder: str | Path | None = None,
        record: Mapping[str, object] | None = None,
    ) -> None:
        settings = data_settings(data)
        check_in_one_place(fixed_keys(data, settings), space or {})
        self._source = Source.read(settings, data_dir, folder and Path(folder).absolute())
        self._model = self._read_model(model or {}, space)
        self.record = dict(record or {})
        self.seed, self.repeat = seed, repeat
        self._entropy: int | tuple[int, int] = seed  # of the trainings' seeds
        self._score: type[Score] = LOSSES[LOSS_OF[self.data.task]].score  # loads and splits: errors are raised now
        self._scorer = scorer_of(self._source.metric, self._score.name, self.data)
        if self.data.folds and not self.cross_validates:
            raise UsageError(f"[data] validation: the family {self.family!r} has no cross-validation: name a share")
        if self.data.w_train is not None and not self.takes_weights:
            raise UsageError(f"[data] weight: the family {self.family!r} takes no weights: leave it out")
        self._check_with_data()

    def _check_with_data(self) -> None:
        """Refuse settings that do not fit the data set."""

    def _read_model(self, model: Mapping[str, Any], space: Mapping[str, Any] | None) -> SearchedModel[Any]:
        """Return the fixed and the searched settings; the data set is there already."""
        return self._searched_model(model, space, self._source.settings.preparation)

    @property
    def direction(self) -> Direction:
        """Whether larger or smaller scores are better."""
        return self._scorer.direction if self._scorer else self._score.direction

    @property
    def metric(self) -> str:
        """Name of the score: "accuracy" or "r2", or what ``metric`` in `data` names."""
        return self._scorer.name if self._scorer else self._score.name

    @property
    def has_own_score(self) -> bool:
        """Whether the score is the task's own, accuracy or R²."""
        return self._scorer is None

    @property
    def worst(self) -> float:
        """Worst value of the score, that of a diverged training."""
        return self._scorer.worst if self._scorer else self._score.worst

    @property
    def task(self) -> str:
        """Name of the data set."""
        return self._source.dataset.name

    @property
    def folder(self) -> str | None:
        """Folder that the relative path in `content` starts from; None if there is no such path."""
        data, folder = self._source.data, self._source.folder
        path = data.path if isinstance(data, DataSettings) else None
        return None if folder is None or path is None or located(path).is_absolute() else str(folder)

    @property
    def content(self) -> dict[str, Any]:
        """Content that comparable trials share: data (with the SHA-256 of its content), fixed settings and space."""
        data = self._source.data
        table = asdict(data) if isinstance(data, DataSettings) else data.content
        return {
            "data": {key: value for key, value in table.items() if value is not None and not self._is_own(key)}
            | {"fingerprint": self._source.fingerprint},
            **self._model_content,
        } | ({"record": self.record} if self.record else {})

    def _is_own(self, key: str) -> bool:
        """Return whether a key of the data is none of its content.

        It is searched, or has no effect: a metric that is the task's own, or a later default.
        """
        if key in of_data(self.space):
            return True
        data = self._source.data
        later = key in LATER and isinstance(data, DataSettings) and getattr(data, key) == getattr(DataSettings, key)
        return later or (key == "metric" and self._scorer is None)

    def for_repeat(self, repeat: int) -> Self:
        """Return the same objective for another repeat, with another split of the same rows and other seeds."""
        return self._changed(repeat=repeat, _received=self._received if repeat == self.repeat else None)

    def with_other_seeds(self) -> Self:
        """Return the same objective with other seeds for trainings and the same split."""
        return self._changed(_entropy=(self.seed, _OTHER))

    def varied(self, tables: Mapping[str, Any], family: type[Objective]) -> Objective:
        """Return the objective of a variant, on the same data set."""
        data = self._source.data
        data = data.varied(tables["data"]) if isinstance(data, InMemory) else tables["data"]
        return family.build(
            data,  # type: ignore[arg-type]  # data that only exists in Python
            model=tables["model"],
            space=tables["space"],
            seed=self.seed,
            repeat=self.repeat,
            data_dir=self._source.data_dir,
            folder=self._source.folder,
            separate_seeds=self.separate_seeds,
            record=self.record if family.records else None,
        )

    def seeds(self, trial_number: int, retraining: int = 0) -> np.random.SeedSequence:
        """Return the seeds of a trial's training, or of a retraining of its parameters (counted from 1).

        With separate seeds, retrainings have seeds that do not depend on the trial, so variants share them.
        """
        if self.separate_seeds and retraining:
            return np.random.SeedSequence(self._entropy, spawn_key=(self.repeat, _TEST, retraining, _TEST))
        return np.random.SeedSequence(self._entropy, spawn_key=(self.repeat, trial_number, retraining))

    @classmethod
    def estimator(cls, settings: Any, task: str, *, scaled_targets: bool = False) -> Any:
        """Return an estimator with scikit-learn's conventions that is not fitted, for all settings of a trial.

        Parameters
        ----------
        settings
            An instance of `settings_type`.
        task
            ``"classification"`` or ``"regression"``.
        scaled_targets
            Whether its targets are scaled already, so that it need not scale them.

        Raises
        ------
        UsageError
            If the family has none.
        """
        raise UsageError(f"the family {cls.family!r} has no estimator")

    @classmethod
    def fit_estimator(
        cls,
        estimator: Any,
        x: NDArray[Any],
        y: NDArray[Any],
        weights: NDArray[Any] | None,
        hold_out: HoldOut | None = None,
    ) -> None:
        """Fit a result of `estimator` to rows, which can have weights.

        `hold_out` draws rows for early stopping, if the rows belong together; None otherwise.
        """
        estimator.fit(x, y, **weights_of(weights))

    @classmethod
    def settings_of(cls, model: Mapping[str, Any], params: Mapping[str, Any], task: str) -> Any:
        """Return all settings of a trial with `params`, from the table ``[model]`` and the data's task alone."""
        return cls._searched_model(model, {}).settings(params)

    def final_model(self, params: Mapping[str, Any], *, all_rows: bool = False) -> TabularModel:
        """Return a model for use with `params`, fitted to all rows but the test rows, or to `all_rows`."""
        settings = self._source.settings
        return final_model(
            self._source.dataset,
            lambda task: self.estimator(self.settings(params), task, scaled_targets=True),
            self.fit_estimator,
            test=settings.test,
            preparation=self._model.prepared(params) or settings.preparation,
            seed=self.seed,
            repeat=self.repeat,
            all_rows=all_rows,
        )

    @property
    def baselines(self) -> tuple[str, ...]:
        """Names of the simple models on the same rows: "simple", "linear", "forest"."""
        return tuple(BASELINES)

    def load_baselines(self) -> None:
        """Import scikit-learn."""
        load_libraries()

    def baseline(self, name: str) -> Baseline:
        """Train the simple model `name` on the train rows of this repeat, and score it as trials are scored."""
        rows, seed = self.data.whole or self.data, integer(self.seed, self.repeat, name)
        values = []
        with ONE_BLAS_THREAD.hold():
            for fold in self.data.folds or [self.data]:
                model = fitted(name, fold, seed)
                validation = fold.x_validation, fold.y_validation, fold.w_validation
                values.append(self.on(fold).value(model, *validation))
            model = fitted(name, rows, seed) if self.data.folds else model
            test = self.on(rows).value(model, rows.x_test, rows.y_test, rows.w_test)
        return Baseline(sum(values) / len(values), test, train_rows(name, rows), len(rows.x_train))

    def on(self, rows: Split) -> Self:
        """Return this objective on a fold of its rows, or on the whole, or on rows prepared in another way."""
        return self if rows is self.data else self._changed(_received=rows, _scorer=rescaled(self._scorer, rows))

    def judged(self, value: float, predictions: NDArray[Any]) -> Outcome:
        """Return the outcome for predictions of the test rows: class numbers, or numbers as scaled.

        Of rows that belong together or have weights none are kept: the chance of such test rows is not that of
        independent ones. Of groups, the error of the value over these is kept.
        """
        rows = self.data
        if rows.groups_test is not None:
            weights = rows.w_test

            def score(some: NDArray[np.intp]) -> float:
                return self.score(predictions[some], rows.y_test[some], None if weights is None else weights[some])

            return self._of_groups(value, score)
        if not rows.alike:
            return Outcome(value)
        if rows.task == "classification":
            return Outcome(value, right=predictions == rows.y_test)
        residuals = (rows.y_test - predictions.reshape(len(rows.y_test))) * rows.y_scale
        return Outcome(value, residuals=residuals.astype(np.float32))

    def judged_by_scorer(self, model: Any) -> Outcome:
        """Return the outcome of the test rows for a model, by another metric than the own one.

        The error is over groups, if rows have them, and unknown of rows in the order of time or with weights.
        """
        rows = self.data
        value = self.value(model, rows.x_test, rows.y_test, rows.w_test)
        if self._scorer and rows.groups_test is not None:
            score = self._scorer.on_rows(model, rows.x_test, rows.y_test, rows.w_test)
            return self._of_groups(value, score)
        error = self._scorer.row_error(model, rows.x_test, rows.y_test) if self._scorer and rows.alike else math.nan
        return Outcome(value, error=error if math.isfinite(error) else None)

    def _of_groups(self, value: float, score: Callable[[NDArray[np.intp]], float]) -> Outcome:
        """Return the outcome with the error of the value over the groups of test rows."""
        groups = self.data.groups_test
        assert groups is not None
        error = group_error(groups, score)
        return Outcome(value, error=error if math.isfinite(error) else None, groups=len(np.unique(groups)))

    def score(
        self, predictions: NDArray[Any], targets: NDArray[Any], sample_weight: NDArray[Any] | None = None
    ) -> float:
        """Return the score of predictions: class numbers, or numbers as scaled."""
        score = self._score()
        score.add(predictions.reshape(targets.shape), targets, sample_weight)
        return score.value()

    def value(
        self, model: Any, x: NDArray[Any], targets: NDArray[Any], sample_weight: NDArray[Any] | None = None
    ) -> float:
        """Return the value of the metric for a model with ``predict``, and what else the metric asks of it."""
        if self._scorer is None:
            return self.score(model.predict(x), targets, sample_weight)
        return self._scorer.value(model, x, targets, sample_weight)
