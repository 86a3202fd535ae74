"""Hyperparameters of a network and its training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

from hpsearch.checks import MOST_EPOCHS, MOST_UPDATES, MOST_WHOLE, number, one_of, true_or_false, whole
from hpsearch.nn.activations import ACTIVATIONS
from hpsearch.nn.activations.maxout import INITIAL_PIECES
from hpsearch.nn.dropout import SCALINGS
from hpsearch.nn.early_stopping import CRITERIA
from hpsearch.nn.initializers import INITIALIZERS
from hpsearch.nn.layer_sizes import layer_sizes
from hpsearch.nn.optimizers import OPTIMIZERS, RMSPROP_STARTS
from hpsearch.nn.schedules import SCHEDULES

BATCH_NORM_PLACES = ("before", "after")
TRAIN_METRICS = ("running", "exact")
DTYPES = ("float32", "float64")


@dataclass(frozen=True, kw_only=True)
class Hyperparameters:
    """Hyperparameters of a network and its training, named as in scikit-learn where it has them, else as in Keras.

    Raises
    ------
    UsageError
        If a value has the wrong type or is out of range, or a name isn't in its table.
    """

    hidden_layer_sizes: tuple[int, ...] = (100,)
    """Units of each hidden layer: a number means one layer, () none, "3 x 100" three layers of 100 units."""
    activation: str = "relu"
    """Key of `ACTIVATIONS`."""
    negative_slope: float = 0.01
    """Slope of leaky_relu for x < 0."""
    initial_slope: float = 0.25
    """Slope of prelu for x < 0 before training; 0.25 is its paper's."""
    pieces: int = 2
    """Number of linear functions per unit of maxout."""
    initial_pieces: str = "random"
    """maxout: initial weights of the pieces: "random" ones, or "relu", which makes each unit start as one of relu."""
    initializer: str = "auto"
    """Key of `INITIALIZERS`, or "auto": the activation's default."""
    initializer_std: float = 0.01
    """Standard deviation of the initial weights of initializer "normal"."""
    batch_norm: bool = False
    """Whether each hidden layer has batch normalisation."""
    batch_norm_place: str = "before"
    """Batch normalisation "before" the activation, in the place of the dense layer's bias, or "after" it."""
    dropout: float = 0.0
    """Share of the hidden units dropped in each training step."""
    dropout_scaling: str = "training"
    """Scale the units that are left in "training", or, as in the chapter and the lecture, all units in "evaluation"."""
    optimizer: str = "adam"
    """Key of `OPTIMIZERS`."""
    learning_rate: float = 0.001
    momentum: float = 0.9
    """Momentum coefficient of momentum and nesterov."""
    beta_1: float = 0.9
    """adam and adamw: decay factor of the mean gradient per step."""
    beta_2: float = 0.999
    """adam and adamw: decay factor of the mean squared gradient per step."""
    rho: float = 0.99
    """rmsprop: decay factor of the mean squared gradient per step."""
    epsilon: float = 1e-8
    """adagrad, rmsprop, adam and adamw: added to the root that divides a step, to avoid division by 0."""
    rmsprop_start: str = "zero"
    """rmsprop: the mean squared gradient starts at "zero", or, as in Hung-yi Lee's lecture, at the first "gradient"."""
    schedule: str = "constant"
    """Key of `SCHEDULES`."""
    decay_rate: float = 0.5
    """Decay rate of the schedules step, exponential and inverse_time."""
    decay_epochs: float = 10.0
    """Epochs per `decay_rate` in the schedules step, exponential and inverse_time."""
    warmup_epochs: float = 0.0
    """Epochs of linear learning-rate warm-up before the schedule starts."""
    weight_decay: float = 0.0
    """L2: adds weight_decay / 2 · Σ w² over the weights to the loss; adamw decays them separately instead."""
    l1: float = 0.0
    """L1: adds l1 · Σ |w| over the weights to the loss."""
    batch_size: int = 32
    """Rows per step; the last step of an epoch takes the remaining rows."""
    replacement: bool = False
    """Whether each step draws its rows with replacement, instead of shuffling all rows for each epoch."""
    epochs: int = 20
    steps: int | None = None
    """Number of steps, instead of `epochs`; 0: no training, the initial network is evaluated."""
    evaluate_every: int | None = None
    """With `steps`: steps between evaluations; None: those of one epoch, ceil(rows / batch_size)."""
    early_stopping: bool = False
    """Whether to stop when validation no longer improves, and restore the best weights."""
    stop_by: str = "score"
    """Early stopping: key of `CRITERIA`, what must improve: the validation "score", or the validation "loss"."""
    patience: int = 5
    """Early stopping: evaluations (one after each epoch) without improvement after which training stops."""
    min_delta: float = 0.0
    """Early stopping: smallest increase of the best score, or decrease of the loss, that counts as an improvement."""
    train_metrics: str = "running"
    """Training loss and score: "running" (averaged over the batches since the last evaluation, while the weights
    change) or "exact" (evaluated after the epoch). At step 0 they are exact."""
    dtype: str = "float32"
    """Data type of parameters and arithmetic: float32 or float64."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = RULES[field.name](field.name, getattr(self, field.name))
            object.__setattr__(self, field.name, value)

    def select(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the values of the fields `names`, as keyword arguments of a formula."""
        return {name: getattr(self, name) for name in names}


Rule = Callable[[str, Any], Any]
"""Function of a field's name and value that returns the normalised value or raises `UsageError`."""


def _number(rule: str, accepts: Callable[[float], bool]) -> Rule:
    return lambda name, value: number(name, value, rule, accepts)


def _whole(least: int, most: int = MOST_WHOLE) -> Rule:
    return lambda name, value: whole(name, value, least, most)


def _one_of(choices: Iterable[str]) -> Rule:
    return lambda name, value: one_of(name, value, choices)


def _or_none(rule: Rule) -> Rule:
    return lambda name, value: None if value is None else rule(name, value)


_positive = _number("> 0", lambda x: x > 0)
_not_negative = _number(">= 0", lambda x: x >= 0)
_share = _number(">= 0 and < 1", lambda x: 0 <= x < 1)

RULES: dict[str, Rule] = {
    "hidden_layer_sizes": layer_sizes,
    "activation": _one_of(ACTIVATIONS),
    "negative_slope": _number(">= 0 and <= 1", lambda x: 0 <= x <= 1),
    "initial_slope": _number(">= 0 and <= 1", lambda x: 0 <= x <= 1),
    "pieces": _whole(2),
    "initial_pieces": _one_of(INITIAL_PIECES),
    "initializer": _one_of(["auto", *INITIALIZERS]),
    "initializer_std": _positive,
    "batch_norm": true_or_false,
    "batch_norm_place": _one_of(BATCH_NORM_PLACES),
    "dropout": _share,
    "dropout_scaling": _one_of(SCALINGS),
    "optimizer": _one_of(OPTIMIZERS),
    "learning_rate": _positive,
    "momentum": _share,
    "beta_1": _share,
    "beta_2": _share,
    "rho": _share,
    "epsilon": _positive,
    "rmsprop_start": _one_of(RMSPROP_STARTS),
    "schedule": _one_of(SCHEDULES),
    "decay_rate": _positive,
    "decay_epochs": _positive,
    "warmup_epochs": _not_negative,
    "weight_decay": _not_negative,
    "l1": _not_negative,
    "batch_size": _whole(1),
    "replacement": true_or_false,
    "epochs": _whole(1, MOST_EPOCHS),
    "steps": _or_none(_whole(0, MOST_UPDATES)),
    "evaluate_every": _or_none(_whole(1)),
    "early_stopping": true_or_false,
    "stop_by": _one_of(CRITERIA),
    "patience": _whole(1),
    "min_delta": _not_negative,
    "train_metrics": _one_of(TRAIN_METRICS),
    "dtype": _one_of(DTYPES),
}
"""Rule of every field; a field without a rule raises an error at the first use."""
