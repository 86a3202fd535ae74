"""The network as an optuna objective: a trial trains it on the training rows and is judged on the validation rows."""

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
from hpsearch.data import Dataset, DataSettings, Split, load, split
from hpsearch.errors import DataError, DivergenceError, UsageError, choose_from
from hpsearch.nn import LOSSES, Epoch, Hyperparameters, Network, Training
from hpsearch.objectives.base import Direction
from hpsearch.objectives.searched_model import SearchedModel
from hpsearch.space import describe

DEFAULT_SPACE: Mapping[str, Mapping[str, Any]] = {
    "learning_rate": {"low": 1e-6, "high": 1.0, "log": True},
    "weight_decay": {"low": 1e-8, "high": 1e-1, "log": True},
}
_LOSS_OF = {"classification": "cross_entropy", "regression": "squared_error"}


class MLPObjective:
    """Train a multilayer perceptron with a trial's hyperparameters; its value is the validation score.

    The score is accuracy for classes and R² for numbers, of the weights that the training ends with: those of the last
    epoch or, with early stopping, of the best. Each epoch's score is reported to the trial (step = epoch, from 1), so
    that pruners and learning-curve plots work. A training that diverges is a finished trial with the worst value.

    User attributes of a trial: ``epochs`` (trained), ``diverged`` and ``history`` (``train_loss``, ``train_score``,
    ``validation_loss``, a list of one number an epoch each).

    Parameters
    ----------
    data
        What to learn: the name of a data set, a table as ``[data]`` of a study file holds it, or a `Dataset`.
    model
        What is fixed: fields of `Hyperparameters`. The rest have that class's defaults.
    space
        What is searched: fields of `Hyperparameters` too, each a range ``{"low": …, "high": …, "log": True}``, a choice
        ``{"choices": […]}`` or an optuna distribution.
    seed, repeat
        Test rows depend on `seed`; the split of the rest on both; a training on both and the trial's number,
        so that any trial can be trained again alone.
    data_dir
        The folder of data files that are not part of a package (MNIST).

    Raises
    ------
    UsageError
        If a name is unknown, a value is outside what its setting allows, or a setting is both fixed and searched.
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
    ) -> None:
        self._source = _Source.read(_data_settings(data), None if data_dir is None else Path(data_dir))
        self._model = SearchedModel(dict(model or {}), DEFAULT_SPACE if space is None else space)
        self.seed, self.repeat = seed, repeat
        self._loss_name = _LOSS_OF[self.data.task]  # loads the data: what can't be split is refused now, not in a trial

    @property
    def space(self) -> Mapping[str, BaseDistribution]:
        """What is searched."""
        return self._model.space

    @property
    def direction(self) -> Direction:
        """Whether more or less of the score is better."""
        return LOSSES[self._loss_name].score.direction

    @property
    def metric(self) -> str:
        """What a value is: "accuracy" or "r2"."""
        return LOSSES[self._loss_name].score.name

    @property
    def task(self) -> str:
        """The name of the data set."""
        return self._source.dataset.name

    @property
    def epochs(self) -> int:
        """The most epochs that a trial may train."""
        return self._model.most_epochs

    @property
    def content(self) -> dict[str, Any]:
        """What makes two trials comparable: the data (with the SHA-256 of its content), what is fixed, the space."""
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
        """The split that this repeat trains, validates and tests on; every process loads it once, none is sent it."""
        return _split(self._source, self.seed, self.repeat)

    def for_repeat(self, repeat: int) -> MLPObjective:
        """The same objective for another repeat: another split of the same rows, other trainings."""
        other = object.__new__(MLPObjective)
        other.__dict__ = self.__dict__ | {"repeat": repeat}
        return other

    def hyperparameters(self, params: Mapping[str, Any]) -> Hyperparameters:
        """The whole description of the network that a trial with `params` trains."""
        return self._model.hyperparameters(params)

    @ONE_BLAS_THREAD.hold()
    def __call__(self, trial: Trial) -> float:
        """Train with what `trial` suggests and return the validation score.

        Raises
        ------
        optuna.TrialPruned
            If the study's pruner says so.
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
        """Test scores of networks trained anew with `params`, from `times` fresh seeds.

        To be called when the search is over: what it returns must not steer it.
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
    known = [field.name for field in fields(DataSettings)]
    for key in table:
        if key not in known:
            raise UsageError(f"[data] {key}: {choose_from('key', key, known)}")
    try:
        return DataSettings(**table)
    except UsageError as error:
        raise UsageError(f"[data] {error}") from error


_LOADED: OrderedDict[_Source, Dataset] = OrderedDict()
_MOST_LOADED = 8  # a study may have several tasks


@dataclass(frozen=True)
class _Source:
    """The data of an objective. Other processes get its settings and fingerprint, and load it themselves, once.

    Attributes
    ----------
    fingerprint
        SHA-256 of the rows that the objective was made with.
    """

    data: DataSettings | Dataset
    data_dir: Path | None
    fingerprint: str

    @classmethod
    def read(cls, data: DataSettings | Dataset, data_dir: Path | None) -> _Source:
        """Load the data as it is now, whatever was loaded from the same place before."""
        dataset = data if isinstance(data, Dataset) else load(data, data_dir)
        source = cls(data, data_dir, dataset.fingerprint)
        source._keep(dataset)
        return source

    @property
    def dataset(self) -> Dataset:
        """The rows with this fingerprint.

        Raises
        ------
        DataError
            If they have to be loaded again and are not the same any more.
        """
        if isinstance(self.data, Dataset):
            return self.data
        dataset = _LOADED.get(self)
        if dataset is None:
            dataset = load(self.data, self.data_dir)
            if dataset.fingerprint != self.fingerprint:
                raise DataError(f"{dataset.name}: the data changed while it was in use; start again")
            self._keep(dataset)
        return dataset

    def _keep(self, dataset: Dataset) -> None:
        _LOADED[self] = dataset
        _LOADED.move_to_end(self)
        while len(_LOADED) > _MOST_LOADED:
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
    """A number that JSON knows."""
    return value if value is not None and math.isfinite(value) else None


def _final_score(training: Training) -> float:
    """The validation score of the weights that the training ended with."""
    last = training.best_epoch or len(training.history)
    return _score(training.history[last - 1])


def _score(epoch: Epoch) -> float:
    assert epoch.validation_score is not None  # every split has validation rows
    return epoch.validation_score
