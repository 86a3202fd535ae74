"""Diagnostic: underfitting of the training rows, or overfitting."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.metrics import metric

KEY = "fit"
_FEWEST = 3
_TRAINING = (
    "First get the training rows right: another activation (ReLU, maxout), an adaptive learning rate (RMSProp, Adam) "
    "or momentum, initial weights that suit the activation, batch normalisation, more units, more epochs. Dropout and "
    "other regularisation make it worse."
)
_VALIDATION = (
    "The training rows are fitted, so regularise: early stopping, weight decay, dropout, fewer units, or more training "
    "rows."
)


def fit(search: TaskSearch) -> Finding:
    """Report underfitting or overfitting, with advice for each.

    Rule, over the best ten trials with learning curves: the network underfits if the median of their last training
    scores (accuracy, R²) is below `train_fit`. This comes first and excludes overfitting, regardless of the validation
    rows. Otherwise the trials overfit if more than half of them do: from the epoch of minimum validation loss to the
    last, the validation loss rises by more than `overfit_rise` of itself while the training loss falls.

    Source: Hung-yi Lee's "recipe of deep learning" (good results on the training data first, then on the test data);
    Google's deep learning tuning playbook, "Does any trial exhibit problematic overfitting?".
    """
    title = "Training rows fitted, and no overfitting"
    curves = [_numbers(curve) for curve in search.curves_of_best]
    overfits = list(_overfits(curves, search.limits.overfit_rise))
    scores = [float(curve["train_score"].iloc[-1]) for curve in curves if math.isfinite(curve["train_score"].iloc[-1])]
    rated = metric(search.results.metric).best_is_one and len(scores) >= _FEWEST
    if not rated and len(overfits) < _FEWEST:
        return search.unknown(KEY, title, "Fewer than three of the best trials have learning curves with losses.")
    facts: dict[str, Fact] = {"overfit": sum(overfits), "curves": len(overfits)}
    if rated:
        facts |= {"train": float(np.median(scores)), "least": search.limits.train_fit, "metric": search.results.metric}
    if rated and float(np.median(scores)) < search.limits.train_fit:
        evidence = "The best trials end with a training {metric} of {train} in the middle, below {least:.3g}."
        headline = "The training rows are not fitted: this is not overfitting"
        return search.finding(KEY, "warn", headline, evidence, _TRAINING, facts=facts)
    fitted = " The training {metric} is {train} in the middle." if rated else ""
    if len(overfits) >= _FEWEST and 2 * sum(overfits) > len(overfits):
        evidence = (
            "In {overfit} of the best {curves} trials the validation loss rises again while the training loss falls."
        )
        finding = search.finding(KEY, "warn", "The best trials overfit", evidence + fitted, _VALIDATION, facts=facts)
        return replace(finding, changes=_early_stopping(search, sum(overfits), len(overfits)))
    evidence = "The validation loss rises again while the training loss falls in {overfit} of the best {curves} trials."
    return search.finding(KEY, "pass", title, evidence + fitted, facts=facts)


def _numbers(curve: pd.DataFrame) -> pd.DataFrame:
    return curve[["train_score", "train_loss", "validation_loss"]].astype(float)


def _overfits(curves: list[pd.DataFrame], rise: float) -> Iterator[bool]:
    """Yield whether each curve with losses overfits."""
    for curve in curves:
        losses = curve.dropna(subset=["train_loss", "validation_loss"])
        if len(losses) < 2:
            continue
        validation, train = losses["validation_loss"].to_numpy(), losses["train_loss"].to_numpy()
        least = int(validation.argmin())
        yield bool(validation[-1] > validation[least] + rise * abs(validation[least]) and train[-1] < train[least])


def _early_stopping(search: TaskSearch, overfit: int, curves: int) -> tuple[Change, ...]:
    """Propose early stopping if the study file has a network without it."""
    model = search.table("model")
    if not model or "early_stopping" in search.space or model.get("early_stopping"):
        return ()
    return (Change(("model", "early_stopping"), True, None, f"{overfit} of the best {curves} trials overfit"),)
