"""Optuna objective that trains the network and returns its validation score."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.preparation_settings import PreparationSettings
from hpsearch.errors import DivergenceError, UsageError
from hpsearch.nn import SIZE, Epoch, Hyperparameters, Network, Streams, Training, check_size, ineffective
from hpsearch.nn.layer_sizes import expanded
from hpsearch.objectives.base import Outcome, Step, Trained
from hpsearch.objectives.data_keys import of_model
from hpsearch.objectives.final_model import HoldOut
from hpsearch.objectives.measures import Measure
from hpsearch.objectives.record import ON_TEST_ROWS, record_settings
from hpsearch.objectives.recorder import Recorder
from hpsearch.objectives.searched_model import SearchedModel, with_values
from hpsearch.objectives.supervised import LOSS_OF, SupervisedObjective

_SIZES = "hidden_layer_sizes"
_MOST_COMBINATIONS = 1_000  # of ends and choices, over which settings without effect are looked for


class MLPObjective(SupervisedObjective):
    """Optuna objective: trains a multilayer perceptron and returns the validation score.

    The score is accuracy for classification and R² for regression, or what ``metric`` in `data` names, with the weights
    of the last evaluation or, with early stopping, of the best by the criterion `stop_by` (accuracy or R², or the
    loss). Each evaluation's score is reported to the trial (step = epoch, from 1, or with `steps`
    the number of steps, from 0) for pruners and learning-curve plots. A diverged training is a completed trial with the
    worst value.

    User attributes of a trial: ``epochs`` (number trained; with `steps`, a fraction), ``diverged`` and ``history``
    (lists ``train_loss``, ``train_score`` and ``validation_loss`` with one number per evaluation, and with `steps`
    ``step``). Losses in it include the penalty. With `steps`, or if `record` is not empty, there are measures: see
    `Recorder`.

    `model` and `space` hold fields of `Hyperparameters`. The other parameters are those of `SupervisedObjective`.
    """

    family = "mlp"
    records = True
    takes_weights = True
    searches_preparation = True
    estimator_scales_targets = True
    settings_type = Hyperparameters
    measure_names = {  # noqa: RUF012 -- a constant, as in the base class
        "batch_loss": "loss",
        "test_score": "test",
        "test_loss": "test",
        "ensemble_score": "ensemble",
        "thinned_score": "ensemble",
        "scaled_score": "ensemble",
        "weights.near_zero": "weights",
        "weights.large": "weights",
        "weights.rms": "weights",
    }
    default_space = {  # noqa: RUF012 -- a constant, as in the base class
        "learning_rate": {"low": 1e-6, "high": 1.0, "log": True},
        "weight_decay": {"low": 1e-8, "high": 1e-1, "log": True},
    }

    @classmethod
    def _searched_model(
        cls,
        model: Mapping[str, Any],
        space: Mapping[str, Any] | None,
        preparation: PreparationSettings | None = None,
    ) -> SearchedModel[Any]:
        """Expand sizes such as "3 x 100" first: equal networks have equal contents, however they are written."""
        model = {name: expanded(value) if name == _SIZES else value for name, value in model.items()}
        return super()._searched_model(model, space and with_values(space, _SIZES, expanded), preparation)

    def _check_with_data(self) -> None:
        self._recorded = record_settings(self.record)
        for name in ON_TEST_ROWS if self._scorer else ():
            if getattr(self._recorded, name):
                raise UsageError(
                    f"[record] {name} needs the metric {self._score.name!r}, got [data] metric = {self.metric!r}"
                )
        for name in (*ON_TEST_ROWS, "layers") if self.data.w_train is not None else ():
            if getattr(self._recorded, name):
                raise UsageError(f"[record] {name} needs rows without weights: leave it out, or [data] weight")
        if len({value is None for value in self._model.ends("steps")}) > 1:
            raise UsageError("[space] steps must be searched without a condition: a study has one kind of budget")
        for settings in self._model.extremes(("early_stopping",)):
            self._recorded.check(settings, self.space)
        for settings in self._model.extremes(SIZE):
            check_size(self.most_inputs, self.data.n_outputs, settings)

    @property
    def ineffective(self) -> Mapping[str, str]:
        """Settings without effect, whatever is searched, each with the reason."""
        searched = of_model(self.space)
        if math.prod(len(self._model.ends(name)) for name in searched) > _MOST_COMBINATIONS:
            return super().ineffective
        reasons = [ineffective(settings) for settings in self._model.extremes(searched)]
        common = {name: reason for name, reason in reasons[0].items() if all(name in each for each in reasons)}
        return {**super().ineffective, **common}

    @property
    def epochs(self) -> int:
        """Maximum number of epochs of a trial; with a budget in steps, of steps."""
        steps = self._model.ends("steps")
        return int(max(self._model.ends("epochs") if None in steps else steps))

    @property
    def counts_epochs(self) -> bool:
        """Whether the budget of a training is in epochs, not in steps."""
        return None in self._model.ends("steps")

    def hyperparameters(self, params: Mapping[str, Any]) -> Hyperparameters:
        """Return all hyperparameters of a trial with `params`."""
        hyperparameters: Hyperparameters = self.settings(params)
        return hyperparameters

    @classmethod
    def estimator(cls, settings: Hyperparameters, task: str, *, scaled_targets: bool = False) -> Any:
        """Return an `MLPClassifier` or `MLPRegressor` with these hyperparameters."""
        from hpsearch.estimators import MLPClassifier
        from hpsearch.estimators.regressor import MLPRegressor, UnscaledMLPRegressor

        regressor = UnscaledMLPRegressor if scaled_targets else MLPRegressor
        return (MLPClassifier if task == "classification" else regressor)(**asdict(settings))

    @classmethod
    def fit_estimator(
        cls,
        estimator: Any,
        x: NDArray[Any],
        y: NDArray[Any],
        weights: NDArray[Any] | None,
        hold_out: HoldOut | None = None,
    ) -> None:
        """Fit a result of `estimator` to rows; early stopping judges whole groups, or the latest rows, if there are."""
        if hold_out is not None and estimator.early_stopping:
            estimator.fit_parts(x, y, weights, hold_out(estimator.validation_fraction))
        else:
            _ = estimator.fit(x, y) if weights is None else estimator.fit_weighted(x, y, weights)

    def train(self, params: Mapping[str, Any], seeds: np.random.SeedSequence) -> TrainedNetwork:
        """Return the training of a network with `params` and `seeds`."""
        prepared, settings = self.prepared(params), self.hyperparameters(params)
        rows = prepared.data
        rng = Streams(seeds) if self.separate_seeds else np.random.default_rng(seeds)
        loss = LOSS_OF[rows.task]
        network = Network(rows.n_inputs, rows.n_outputs, settings, loss=loss, rng=rng)
        train, validation = (
            (rows.x_train, rows.y_train, rows.w_train),
            (rows.x_validation, rows.y_validation, rows.w_validation),
        )
        training = Training(network, settings, *train, validation=validation, rng=rng)
        return TrainedNetwork(prepared, training, prepared._recorder(training, seeds))

    def _recorder(self, training: Training, seeds: np.random.SeedSequence) -> Recorder | None:
        """Return what records the training; None for a study with neither a budget in steps nor a record."""
        if not self.record and training.hyperparameters.steps is None:
            return None
        return Recorder(self._recorded, training, self.data, seeds)


class TrainedNetwork(Trained):
    """Training of a network, as an objective's."""

    def __init__(self, objective: MLPObjective, training: Training, recorder: Recorder | None = None) -> None:
        self._objective, self._training, self._recorder = objective, training, recorder
        self._diverged = False
        self._values: dict[int, tuple[float, float]] = {}
        self._fingerprints: Mapping[str, Any] = training.fingerprints() if objective.separate_seeds else {}

    @property
    def network(self) -> Network:
        """The network."""
        return self._training.network

    def __iter__(self) -> Iterator[Step]:
        """Train from evaluation to evaluation; stop at divergence."""
        recorder = self._recorder
        if recorder:
            recorder.begin()
        try:
            for epoch in self._training:
                if recorder:
                    recorder.observe(epoch)
                yield Step(epoch.epoch, self._observe(epoch)[1])
        except DivergenceError:
            self._diverged = True
        if recorder:
            recorder.end(diverged=self._diverged)

    def _observe(self, epoch: Epoch) -> tuple[float, float]:
        """Return the scores of an evaluation on the train and the validation rows."""
        objective, rows = self._objective, self._objective.data
        if objective.has_own_score:
            return epoch.train_score, _score(epoch)
        train = rows.x_train, rows.y_train, rows.w_train
        validation = rows.x_validation, rows.y_validation, rows.w_validation
        scores = (objective.value(self._scored, *train), objective.value(self._scored, *validation))
        self._values[epoch.epoch] = scores
        return scores

    @property
    def _scored(self) -> Any:
        """The network as a scorer takes it."""
        from hpsearch.objectives.scored_models import NetworkOfClasses

        return NetworkOfClasses(self.network) if self._objective.data.class_names else self.network

    def _scores(self, epoch: Epoch) -> tuple[float, float]:
        return self._values.get(epoch.epoch) or self._observe(epoch)

    @property
    def validation(self) -> float:
        """Score of the final weights on the validation rows."""
        return self._objective.worst if self._diverged else self._scores(self._training.final)[1]

    def attributes(self) -> Mapping[str, Any]:
        """Return ``epochs``, ``diverged`` and ``history``."""
        training, epochs = self._training, self._training.history
        in_steps = training.hyperparameters.steps is not None
        return {
            "epochs": training.optimizer.steps / training.steps_per_epoch if in_steps else len(epochs) + self._diverged,
            "diverged": self._diverged,
            "history": ({"step": [epoch.epoch for epoch in epochs]} if in_steps else {})
            | {
                "train_loss": [_finite(epoch.train_loss) for epoch in epochs],
                "train_score": [_finite(self._scores(epoch)[0]) for epoch in epochs],
                "validation_loss": [_finite(epoch.validation_loss) for epoch in epochs],
            },
        }

    def measures(self) -> Mapping[str, Measure]:
        """Return what was recorded, see `Recorder`."""
        return self._recorder.measures() if self._recorder else {}

    def layers(self) -> Sequence[Mapping[str, Any]]:
        """Return what was recorded of the layers, see `Recorder`."""
        return self._recorder.layers if self._recorder else ()

    def fingerprints(self) -> Mapping[str, Any]:
        """Return hashes of each layer's initial weights and of the first order of rows, with separate seeds."""
        return self._fingerprints

    def outcome(self) -> Outcome:
        """Judge the final weights on the test rows; a diverged training has the worst score."""
        if self._diverged:
            return Outcome(self._objective.worst)
        if not self._objective.has_own_score:
            return self._objective.judged_by_scorer(self._scored)
        rows = self._objective.data
        value = self.network.evaluate(rows.x_test, rows.y_test, rows.w_test)[1]
        predictions = self.network.predict(rows.x_test)
        return self._objective.judged(value, predictions.argmax(axis=1) if rows.class_names else predictions)

    def model(self) -> Network:
        """Return the network; its inputs are scaled like the objective's data."""
        return self.network


def _finite(value: float | None) -> float | None:
    """Return `value` if it is finite, else None, because JSON lacks NaN and infinity."""
    return value if value is not None and math.isfinite(value) else None


def _score(epoch: Epoch) -> float:
    assert epoch.validation_score is not None  # every split has validation rows
    return epoch.validation_score
