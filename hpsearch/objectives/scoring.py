"""Metrics that a study chooses: scikit-learn's scorers, by its names."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hpsearch.data import Split
from hpsearch.errors import UsageError, choose_from
from hpsearch.objectives.base import Direction
from hpsearch.objectives.fitted import weights_of

_LESS_IS_BETTER = "neg_"  # scikit-learn's names of scores that are a loss with its sign turned

RESPONSES = ("predict_proba", "decision_function", "predict")
"""Methods of models that scorers call."""


class Rule(NamedTuple):
    """What a scorer is for.

    Attributes
    ----------
    task
        "classification" or "regression".
    worst
        Worst possible score, in scikit-learn's sign.
    """

    task: str
    worst: float = 0.0


_AVERAGES = ("", "_macro", "_micro", "_weighted")

SCORERS: Mapping[str, Rule] = {
    **{
        name: Rule("classification")
        for name in (
            "accuracy",
            "balanced_accuracy",
            "average_precision",
            *(f"{name}{average}" for name in ("f1", "jaccard", "precision", "recall") for average in _AVERAGES),
            "roc_auc",
            "roc_auc_ovo",
            "roc_auc_ovo_weighted",
            "roc_auc_ovr",
            "roc_auc_ovr_weighted",
            "top_k_accuracy",
        )
    },
    "matthews_corrcoef": Rule("classification", -1.0),
    **{name: Rule("classification", -inf) for name in ("neg_brier_score", "neg_log_loss")},
    **{
        name: Rule("regression", -inf)
        for name in (
            "r2",
            "d2_absolute_error_score",
            "explained_variance",
            "neg_max_error",
            "neg_mean_absolute_error",
            "neg_mean_absolute_percentage_error",
            "neg_mean_gamma_deviance",
            "neg_mean_poisson_deviance",
            "neg_mean_squared_error",
            "neg_mean_squared_log_error",
            "neg_median_absolute_error",
            "neg_root_mean_squared_error",
            "neg_root_mean_squared_log_error",
        )
    },
}
"""Scikit-learn's scorers by name: those of classes and of numbers. (Those of clusters judge no predictions.)"""


@dataclass(frozen=True)
class Scorer:
    """Scorer of scikit-learn, on rows as a `Split` scales them.

    A score that is a loss with its sign turned, "neg_log_loss", is given as the loss, "log_loss", and minimized.
    Numbers are judged in the target's units. Of two classes, the second is the positive one.

    Attributes
    ----------
    scorer
        Key of `SCORERS`.
    y_shift, y_scale
        Units of the target, see `Split`.
    """

    scorer: str
    y_shift: float = 0.0
    y_scale: float = 1.0

    @property
    def name(self) -> str:
        """Name of the metric."""
        return self.scorer.removeprefix(_LESS_IS_BETTER)

    @property
    def direction(self) -> Direction:
        """Whether larger or smaller values are better."""
        return "minimize" if self._sign < 0 else "maximize"

    @property
    def worst(self) -> float:
        """Worst value."""
        return self._sign * SCORERS[self.scorer].worst

    @property
    def _sign(self) -> int:
        return -1 if self.scorer.startswith(_LESS_IS_BETTER) else 1

    def value(
        self, model: Any, x: NDArray[Any], targets: NDArray[Any], sample_weight: NDArray[Any] | None = None
    ) -> float:
        """Return the value for a model with the methods that the scorer calls.

        Parameters
        ----------
        x, targets
            Inputs, and class numbers or scaled numbers, of the rows to judge.
        sample_weight
            Their weights; None without.
        """
        return self._in_units(*self._as_judged(model, targets), x, sample_weight)

    def row_error(self, model: Any, x: NDArray[Any], targets: NDArray[Any]) -> float:
        """Return the standard error of the value by the chance of the rows, see `row_chance.row_error`."""
        from hpsearch.objectives.row_chance import row_error

        model, targets = self._as_judged(model, targets)
        return row_error(lambda replayed, rows, y: self._in_units(replayed, y, rows), model, x, targets)

    def on_rows(
        self, model: Any, x: NDArray[Any], targets: NDArray[Any], sample_weight: NDArray[Any] | None
    ) -> Callable[[NDArray[np.intp]], float]:
        """Return what gives the value on the rows with some numbers; the model predicts all rows once."""
        from hpsearch.objectives.row_chance import replayed

        model, targets = self._as_judged(model, targets)
        answers = replayed(model, x)

        def value(rows: NDArray[np.intp]) -> float:
            weights = None if sample_weight is None else sample_weight[rows]
            return self._in_units(answers, targets[rows], rows[:, np.newaxis], weights)

        return value

    def _as_judged(self, model: Any, targets: NDArray[Any]) -> tuple[Any, NDArray[Any]]:
        """Return the model and the targets; numbers in the target's units."""
        from hpsearch.objectives.scored_models import InUnits

        if SCORERS[self.scorer].task == "regression":
            return InUnits(model, self.y_shift, self.y_scale), in_units(targets, self.y_shift, self.y_scale)
        return model, targets

    def _in_units(
        self, model: Any, targets: NDArray[Any], x: NDArray[Any], sample_weight: NDArray[Any] | None = None
    ) -> float:
        from sklearn.metrics import get_scorer

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as a class without predictions, whose precision is 0
            return self._sign * float(get_scorer(self.scorer)(model, x, targets, **weights_of(sample_weight)))

    def refuse_unsuited(self, rows: Split, responses: tuple[str, ...] = RESPONSES) -> None:
        """Refuse the scorer if a model with these methods can't be judged by it on such rows.

        Raises
        ------
        ValueError
            If the scorer is for another number of classes, or for other targets.
        AttributeError
            If it calls another method.
        TypeError
            If it takes no weights, and the rows have them.
        """
        from hpsearch.objectives.scored_models import guessing

        self.value(guessing(rows, responses), rows.x_validation, rows.y_validation, rows.w_validation)


def rescaled(scorer: Scorer | None, rows: Split) -> Scorer | None:
    """Return the scorer for other rows, whose target may have other units."""
    return scorer and replace(scorer, y_shift=rows.y_shift, y_scale=rows.y_scale)


def in_units(values: NDArray[Any], shift: float, scale: float) -> NDArray[np.float64]:
    """Return scaled numbers in the target's units."""
    return values.astype(np.float64).reshape(len(values)) * scale + shift


def scorer_of(name: str | None, own: str, rows: Split) -> Scorer | None:
    """Return the scorer `name` for such rows; None for the task's `own` score.

    Raises
    ------
    UsageError
        If there is no such scorer, or it is not for such rows; the message begins with the key of the study file.
    """
    if name is None or name == own:
        return None
    if name not in SCORERS:
        raise UsageError(f"[data] metric: {choose_from('metric', name, _names(rows.task))}")
    if SCORERS[name].task != rows.task:
        needs = f"is for {SCORERS[name].task}, and the data is for {rows.task}"
        raise UsageError(f"[data] metric: {name!r} {needs}: choose from {', '.join(_names(rows.task))}")
    scorer = Scorer(name, rows.y_shift, rows.y_scale)
    try:
        scorer.refuse_unsuited(rows)
    except TypeError as error:
        if rows.w_validation is None:
            raise
        raise UsageError(f"[data] metric: {name!r} takes no weights: leave out [data] weight") from error
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"[data] metric: {name!r} does not suit the {rows.n_outputs} class(es): {reason}") from error
    return scorer


def task_of(metric: str) -> str:
    """Return the task of a metric, by its own name or scikit-learn's; empty for others.

    >>> task_of("accuracy"), task_of("mean_squared_error"), task_of("neg_log_loss"), task_of("loss")
    ('classification', 'regression', 'classification', '')
    """
    rule = SCORERS.get(metric) or SCORERS.get(_LESS_IS_BETTER + metric)
    return rule.task if rule else ""


def _names(task: str) -> list[str]:
    return sorted(name for name, rule in SCORERS.items() if rule.task == task)
