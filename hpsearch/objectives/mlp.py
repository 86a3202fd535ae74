"""Optuna objective that trains the network and returns its validation score."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import Trial

from hpsearch.blas import ONE_BLAS_THREAD
from hpsearch.data import Dataset, DataSettings, Split, load, located, split
from hpsearch.errors import DataError, DivergenceError, UsageError, choose_from
from hpsearch.nn import LOSSES, SIZE, Epoch, Hyperparameters, Network, Training, check_size
from hpsearch.objectives.base import Direction
from hpsearch.objectives.searched_model import SearchedModel
from hpsearch.space import describe

DEFAULT_SPACE: Mapping[str, Mapping[str, Any]] = {
    "learning_rate": {"low": 1e-6, "high": 1.0, "log": True},
    "weight_decay": {"low": 1e-8, "high": 1e-1, "log": True},
}
_LOSS_OF = {"classification": "cross_entropy", "regression": "squared_error"}


class MLPObjective:
    """Optuna objective: trains a multilayer perceptron and returns the validation score.

    The score is accuracy for classification and R² for regression, with the weights of the last epoch or, with early
    stopping, of the best. Each epoch's score is reported to the trial (step = epoch, from 1) for pruners and
    learning-curve plots. A diverged training is a completed trial with the worst value.

    User attributes of a trial: ``epochs`` (number trained), ``diverged`` and ``history`` (lists ``train_loss``,
    ``train_score`` and ``validation_loss`` with one number per epoch).

    Parameters
    ----------
    data
        Name of a data set, table like ``[data]`` of a study file, or `Dataset`.
    model
        Fixed fields of `Hyperparameters`; fields in neither `model` nor `space` have that class's defaults.
    space
        Searched fields of `Hyperparameters`: each a range ``{"low": …, "high": …, "log": True}``, a choice
        ``{"choices": […]}`` or an Optuna distribution.
    seed, repeat
        Test rows depend on `seed`, the split of the rest on both, and a training on both and the trial's number.
        Any trial can therefore be retrained alone.
    data_dir
        Folder of data files that are not part of a package (MNIST).
    folder
        Folder that a relative path in `data` starts from; the current folder if None.

    Raises
    ------
    UsageError
        If a name is unknown, a value is invalid, or a field is both fixed and searched.
    """

    def __init__(
        self,
        data: str | Mapping[str, Any] | DataSettings | Dataset = "digits",
        *,
        model: Mapping[str, Any] | None = None,
        space: Mapping[str, Mapping[str, Any] | BaseDistribution] | None = None,
        seed: int = 0,
        repeat: int = 0,
        data_dir: str | Path | None = None,
        folder: str | Path | None = None,
    ) -> None:
        self._source = _Source.read(_data_settings(data), data_dir, folder and Path(folder).absolute())
        self._model = SearchedModel(dict(model or {}), DEFAULT_SPACE if space is None else space)
        self.seed, self.repeat = seed, repeat
        self._loss_name = _LOSS_OF[self.data.task]  # loads and splits the data: errors are raised now, not in a trial
        for settings in self._model.extremes(SIZE):
            check_size(self.data.n_inputs, self.data.n_outputs, settings)

    @property
    def space(self) -> Mapping[str, BaseDistribution]:
        """Search space: a distribution per searched field."""
        return self._model.space

    @property
    def direction(self) -> Direction:
        """Whether larger or smaller scores are better."""
        return LOSSES[self._loss_name].score.direction

    @property
    def metric(self) -> str:
        """Name of the score: "accuracy" or "r2"."""
        return LOSSES[self._loss_name].score.name

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
    def epochs(self) -> int:
        """Maximum number of epochs of a trial."""
        return self._model.most_epochs

    @property
    def content(self) -> dict[str, Any]:
        """Content that comparable trials share: data (with the SHA-256 of its content), fixed fields and space."""
        data = self._source.data
        table = asdict(data) if isinstance(data, DataSettings) else {"source": data.name}
        return {
            "data": {key: value for key, value in table.items() if value is not None}
            | {"fingerprint": self._source.fingerprint},
            "model": self._model.fixed,
            "space": {name: describe(dist) for name, dist in self.space.items()},
        }

    @property
    def data(self) -> Split:
        """Train, validation and test part of this repeat; each process loads the data once, instead of receiving it."""
        return _split(self._source, self.seed, self.repeat)

    def for_repeat(self, repeat: int) -> MLPObjective:
        """Return the same objective for another repeat, with another split of the same rows and other seeds."""
        other = object.__new__(MLPObjective)
        other.__dict__ = self.__dict__ | {"repeat": repeat}
        return other

    def hyperparameters(self, params: Mapping[str, Any]) -> Hyperparameters:
        """Return all hyperparameters of a trial with `params`."""
        return self._model.hyperparameters(params)

    @ONE_BLAS_THREAD.hold()
    def __call__(self, trial: Trial) -> float:
        """Train with the hyperparameters suggested by `trial` and return the validation score.

        Raises
        ------
        optuna.TrialPruned
            If the study's pruner stops the trial.
        """
        training = self._training(self._model.suggest(trial), self._seed_of(trial.number))
        diverged = pruned = False
        try:
            for epoch in training:
                trial.report(_score(epoch), epoch.epoch)
                if pruned := trial.should_prune():
                    break
        except DivergenceError:
            diverged = True
        _describe(trial, training, diverged)
        if pruned:
            raise optuna.TrialPruned
        return LOSSES[self._loss_name].score.worst if diverged else _final_score(training)

    def test(self, params: Mapping[str, Any], trial_number: int, times: int) -> list[float]:
        """Return test scores of networks retrained with `params` on `times` fresh seeds.

        Call it after the search: test scores must not influence the search.
        """
        return [self._test_once(params, self._seed_of(trial_number, retraining)) for retraining in range(1, times + 1)]

    @ONE_BLAS_THREAD.hold()
    def _test_once(self, params: Mapping[str, Any], seed: np.random.SeedSequence) -> float:
        training = self._training(params, seed)
        try:
            for _ in training:
                pass
        except DivergenceError:
            return LOSSES[self._loss_name].score.worst
        return training.network.evaluate(self.data.x_test, self.data.y_test)[1]

    def _training(self, params: Mapping[str, Any], seed: np.random.SeedSequence) -> Training:
        rows, settings, rng = self.data, self.hyperparameters(params), np.random.default_rng(seed)
        network = Network(rows.n_inputs, rows.n_outputs, settings, loss=self._loss_name, rng=rng)
        validation = (rows.x_validation, rows.y_validation)
        return Training(network, settings, rows.x_train, rows.y_train, validation=validation, rng=rng)

    def _seed_of(self, trial_number: int, retraining: int = 0) -> np.random.SeedSequence:
        return np.random.SeedSequence(self.seed, spawn_key=(self.repeat, trial_number, retraining))


def _data_settings(data: str | Mapping[str, Any] | DataSettings | Dataset) -> DataSettings | Dataset:
    if isinstance(data, Dataset):
        return data
    if isinstance(data, DataSettings):
        return data
    table = {"source": data} if isinstance(data, str) else dict(data)
    keys = [field.name for field in fields(DataSettings)]
    for key in table:
        if key not in keys:
            raise UsageError(f"[data] {key}: {choose_from('key', key, keys)}")
    try:
        return DataSettings(**table)
    except UsageError as error:
        raise UsageError(f"[data] {error}") from error


_LOADED: OrderedDict[_Source, Dataset] = OrderedDict()
_MAX_LOADED = 8  # a study can have several tasks


@dataclass(frozen=True)
class _Source:
    """Data of an objective; other processes receive settings and fingerprint, and load the data themselves, once.

    Attributes
    ----------
    fingerprint
        SHA-256 of the data at construction of the objective.
    """

    data: DataSettings | Dataset
    data_dir: str | Path | None
    folder: str | Path | None
    fingerprint: str

    @classmethod
    def read(cls, data: DataSettings | Dataset, data_dir: str | Path | None, folder: str | Path | None) -> _Source:
        """Load the current data, without using the cache."""
        dataset = data if isinstance(data, Dataset) else load(data, data_dir, folder)
        source = cls(data, data_dir, folder, dataset.fingerprint)
        source._cache(dataset)
        return source

    @property
    def dataset(self) -> Dataset:
        """Data set with this fingerprint, loaded if it is not in the cache.

        Raises
        ------
        DataError
            If the reloaded data has another fingerprint.
        """
        if isinstance(self.data, Dataset):
            return self.data
        dataset = _LOADED.get(self)
        if dataset is None:
            dataset = load(self.data, self.data_dir, self.folder)
            if dataset.fingerprint != self.fingerprint:
                raise DataError(f"{dataset.name}: the data changed while it was in use; start again")
            self._cache(dataset)
        return dataset

    def _cache(self, dataset: Dataset) -> None:
        _LOADED[self] = dataset
        _LOADED.move_to_end(self)
        while len(_LOADED) > _MAX_LOADED:
            _LOADED.popitem(last=False)


@lru_cache(maxsize=2)
def _split(source: _Source, seed: int, repeat: int) -> Split:
    settings = source.data if isinstance(source.data, DataSettings) else DataSettings()
    return split(
        source.dataset,
        validation=settings.validation,
        test=settings.test,
        train=settings.train,
        scaling=settings.scaling,
        seed=seed,
        repeat=repeat,
    )


def _describe(trial: Trial, training: Training, diverged: bool) -> None:
    history = {
        name: [_finite(getattr(epoch, name)) for epoch in training.history]
        for name in ("train_loss", "train_score", "validation_loss")
    }
    trial.set_user_attr("epochs", len(training.history) + diverged)
    trial.set_user_attr("diverged", diverged)
    trial.set_user_attr("history", history)


def _finite(value: float | None) -> float | None:
    """Return `value` if it is finite, else None, because JSON lacks NaN and infinity."""
    return value if value is not None and math.isfinite(value) else None


def _final_score(training: Training) -> float:
    """Return the validation score of the final weights."""
    last = training.best_epoch or len(training.history)
    return _score(training.history[last - 1])


def _score(epoch: Epoch) -> float:
    assert epoch.validation_score is not None  # every split has validation rows
    return epoch.validation_score
