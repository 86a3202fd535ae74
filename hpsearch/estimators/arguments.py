"""Constructor arguments of the estimators, written out because scikit-learn reads them from the signature."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from sklearn.base import BaseEstimator

from hpsearch.errors import UsageError
from hpsearch.nn import Hyperparameters


class Arguments(BaseEstimator):  # type: ignore[misc] # scikit-learn ships no types
    """All fields of `Hyperparameters` as arguments with the same names, and arguments only for estimators.

    The defaults are those of `Hyperparameters` except for `epochs`: with the default learning rate, 20 epochs are too
    few on a data set of a few hundred rows (about a hundred steps).
    """

    def __init__(
        self,
        hidden_layer_sizes: int | tuple[int, ...] | str = (100,),
        activation: str = "relu",
        *,
        negative_slope: float = 0.01,
        initial_slope: float = 0.25,
        pieces: int = 2,
        initial_pieces: str = "random",
        initializer: str = "auto",
        initializer_std: float = 0.01,
        batch_norm: bool = False,
        batch_norm_place: str = "before",
        dropout: float = 0.0,
        dropout_scaling: str = "training",
        optimizer: str = "adam",
        learning_rate: float = 0.001,
        momentum: float = 0.9,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        rho: float = 0.99,
        epsilon: float = 1e-8,
        rmsprop_start: str = "zero",
        schedule: str = "constant",
        decay_rate: float = 0.5,
        decay_epochs: float = 10.0,
        warmup_epochs: float = 0.0,
        weight_decay: float = 0.0,
        l1: float = 0.0,
        batch_size: int = 32,
        replacement: bool = False,
        epochs: int = 100,
        steps: int | None = None,
        evaluate_every: int | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        stop_by: str = "score",
        patience: int = 5,
        min_delta: float = 0.0,
        train_metrics: str = "running",
        dtype: str = "float32",
        random_state: int | np.random.RandomState | np.random.Generator | None = None,
    ) -> None:
        """Store the arguments; `fit` validates them.

        Parameters
        ----------
        hidden_layer_sizes
            Units of each hidden layer; () for no hidden layer, "3 x 100" for three layers of 100 units.
        activation
            Key of `hpsearch.nn.ACTIVATIONS`. `negative_slope` is the slope of leaky_relu for x < 0; `initial_slope` is
            the initial value of prelu's learned slope; `pieces` is the number of linear functions per maxout unit, and
            `initial_pieces` says how they start: "random", or as "relu".
        initializer
            Key of `hpsearch.nn.INITIALIZERS`, or "auto" for the activation's default. `initializer_std` is the standard
            deviation of "normal".
        batch_norm, batch_norm_place, dropout, dropout_scaling
            Whether hidden layers have batch normalisation, and whether it stands "before" or "after" the activation;
            share of hidden units dropped in training, and whether outputs are scaled for it in "training" or in
            "evaluation".
        optimizer, learning_rate
            Key of `hpsearch.nn.OPTIMIZERS`, and its rate. `momentum` applies to momentum and nesterov; `beta_1` and
            `beta_2` to adam and adamw; `rho` and `rmsprop_start` ("zero" or "gradient": where its mean of squares
            starts) to rmsprop; `epsilon` to adagrad, rmsprop, adam and adamw.
        schedule
            Key of `hpsearch.nn.SCHEDULES`, with `decay_rate` and `decay_epochs`. It starts after `warmup_epochs` of
            linear growth.
        weight_decay, l1
            Adds weight_decay / 2 · Σ w² + l1 · Σ |w| over the weights to the loss; adamw applies `weight_decay`
            separately.
        batch_size, replacement, epochs
            Rows per step, whether they are drawn with replacement, and passes of `fit` over the rows. Large data sets
            need fewer epochs than the default.
        steps, evaluate_every
            Number of steps of `fit`, instead of `epochs`, and steps between evaluations (None: those of one epoch). The
            initial network and the last one are evaluated, too.
        early_stopping, validation_fraction
            Whether to stop early, and the share of rows held out for it (stratified by class). `fit` stops when their
            score, or with `stop_by` "loss" their loss, has not improved by more than `min_delta` for `patience` epochs
            (evaluations, with `steps`), and restores the best weights.
        train_metrics
            Kind of `loss_curve_`: "running" (averaged while the weights change) or "exact" (evaluated after the epoch).
        dtype
            Data type of all arithmetic, float32 or float64; inputs are converted once if necessary.
        random_state
            Seed of initial weights, order of the rows, dropout and the held-out rows. None differs at each call.
        """
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.negative_slope = negative_slope
        self.initial_slope = initial_slope
        self.pieces = pieces
        self.initial_pieces = initial_pieces
        self.initializer = initializer
        self.initializer_std = initializer_std
        self.batch_norm = batch_norm
        self.batch_norm_place = batch_norm_place
        self.dropout = dropout
        self.dropout_scaling = dropout_scaling
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.rho = rho
        self.epsilon = epsilon
        self.rmsprop_start = rmsprop_start
        self.schedule = schedule
        self.decay_rate = decay_rate
        self.decay_epochs = decay_epochs
        self.warmup_epochs = warmup_epochs
        self.weight_decay = weight_decay
        self.l1 = l1
        self.batch_size = batch_size
        self.replacement = replacement
        self.epochs = epochs
        self.steps = steps
        self.evaluate_every = evaluate_every
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.stop_by = stop_by
        self.patience = patience
        self.min_delta = min_delta
        self.train_metrics = train_metrics
        self.dtype = dtype
        self.random_state = random_state

    def _settings(self) -> Hyperparameters:
        """Return the arguments as validated `Hyperparameters`.

        Raises
        ------
        UsageError
            If an argument is invalid; the message names the argument, its rule and the value.
        """
        fraction = self.validation_fraction
        if not (isinstance(fraction, float | np.floating) and 0.0 < fraction < 1.0):
            raise UsageError(f"validation_fraction must be a number > 0 and < 1, got {fraction!r}")
        return Hyperparameters(**{field.name: getattr(self, field.name) for field in fields(Hyperparameters)})
