"""Diagnostic: underfitting of the training rows, or overfitting."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding, Gravity
from hpsearch.analysis.diagnostics.noise import noise
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.analysis.metrics import metric

KEY = "fit"
_FEWEST = 3
_LOW = 0.9  # scores below it may come from noisy labels or from a poor fit
_WINDOW = 5  # a tenth or a fifth of the epochs is averaged, so that one low epoch is no minimum
_TRAINING = (
    "First fit the training rows: another activation (ReLU, maxout), RMSProp, Adam or momentum, suitable initial "
    "weights, batch normalisation, more units, more epochs. Dropout and other regularisation make it worse."
)
_VALIDATION = "Regularise: early stopping, weight decay, dropout, fewer units. Or take more training rows."


def fit(search: TaskSearch) -> Finding:
    """Report underfitting or overfitting, with advice for each.

    Rule, over the best ten trials with learning curves, at least three, by the medians of their last scores:

    - the training rows are not fitted if the training score (accuracy, R²) is below the validation score of a baseline
      (linear model or random forest), or below the trials' own validation score by `overfit_gap`: the network does not
      reach on known rows what is reached on unseen ones. A low score alone is no fault, since labels may be noisy;
    - the trials overfit if the training score exceeds the validation score by `overfit_gap` or more, or if in more than
      half of the trials the validation loss rises by more than `overfit_rise` of itself above its minimum while the
      training loss falls. Losses are averaged over a fifth of the epochs.

    Without baselines, a training score below 0.9 is reported as unknown.

    Score differences must also exceed `apart` noises of one value. Underfitting comes first.

    Source: Hung-yi Lee's "recipe of deep learning" (good results on the training data first, then on the test data);
    Google's deep learning tuning playbook, "Does any trial exhibit problematic overfitting?".
    """
    title = "Training rows fitted, and no overfitting"
    curves = [_numbers(curve) for curve in search.curves_of_best]
    overfits = list(_overfits(curves, search.limits.overfit_rise))
    train, validation, count = _last_scores(search, curves)
    if count < _FEWEST and len(overfits) < _FEWEST:
        return search.unknown(KEY, title, "Fewer than three of the best trials have learning curves with losses.")
    name, baseline = _best_baseline(search)
    facts: dict[str, Fact] = {"overfit": sum(overfits), "curves": len(overfits), "metric": search.results.metric}
    facts |= {"train": train, "validation": validation, "gap": train - validation, "name": name, "baseline": baseline}
    scores = (
        "The best trials end with a median training {metric} of {train:.3g}, a validation {metric} of {validation:.3g}"
    )
    error = noise(search).sd
    real = 0.0 if math.isnan(error) else search.limits.apart * error
    gap = max(search.limits.overfit_gap, real)
    if count >= _FEWEST and (train < baseline - real or train < validation - gap):
        by = "; the baseline {name} reaches {baseline:.3g} on the validation rows" if train < baseline - real else ""
        headline = "The training rows are not fitted: this is not overfitting"
        return search.warning(KEY, Gravity.MISSED, headline, f"{scores}{by}.", _TRAINING, facts)
    rising = len(overfits) >= _FEWEST and 2 * sum(overfits) > len(overfits)
    if rising or (count >= _FEWEST and train - validation >= gap):
        evidence = (
            "In {overfit} of the best {curves} trials the validation loss rises again while the training loss falls."
            if rising
            else f"{scores}."
        )
        changes = _early_stopping(search, sum(overfits), len(overfits)) if rising else ()
        return search.warning(KEY, Gravity.MISSED, "The best trials overfit", evidence, _VALIDATION, facts, changes)
    if count < _FEWEST:
        evidence = "In {overfit} of the best {curves} trials the validation loss rises while the training loss falls."
        return search.passed(KEY, "No overfitting by the losses", evidence, facts)
    if math.isnan(baseline):
        evidence = f"{scores}. Without baselines, a low training {{metric}} can't be told from noisy labels."
        if train < _LOW:
            return search.unknown(KEY, "Not clear whether the training rows are fitted", evidence, facts)
        return search.passed(KEY, "No overfitting", evidence, facts)
    return search.passed(KEY, title, f"{scores}; the baseline {{name}} reaches {{baseline:.3g}} there.", facts)


def _numbers(curve: pd.DataFrame) -> pd.DataFrame:
    return curve[["train_score", "validation_score", "train_loss", "validation_loss"]].astype(float)


def _last_scores(search: TaskSearch, curves: list[pd.DataFrame]) -> tuple[float, float, int]:
    """Return the medians of the last training and validation scores, and the number of trials with both.

    0 trials if the metric is not rated: only then are both scores of one scale, on which 1 is perfect.
    """
    last = [curve[["train_score", "validation_score"]].iloc[-1].to_numpy() for curve in curves]
    finite = np.array([pair for pair in last if np.isfinite(pair).all()]).reshape(-1, 2)
    if not metric(search.results.metric).best_is_one or not len(finite):
        return math.nan, math.nan, 0
    train, validation = np.median(finite, axis=0)
    return float(train), float(validation), len(finite)


def _best_baseline(search: TaskSearch) -> tuple[str, float]:
    """Return name and mean validation score of the best baseline over the repeats; NaN without baselines."""
    baselines = search.results.baselines
    if baselines.empty:
        return "", math.nan
    mine = baselines[baselines["task"] == search.task]
    means = mine.assign(validation=mine["validation"].astype(float)).groupby("name")["validation"].mean().dropna()
    if means.empty:
        return "", math.nan
    best = str((search.results.sign * means).idxmax())
    return best, float(means[best])


def _overfits(curves: list[pd.DataFrame], rise: float) -> Iterator[bool]:
    """Yield whether each curve with losses overfits."""
    for curve in curves:
        losses = curve.dropna(subset=["train_loss", "validation_loss"])
        if len(losses) < 2:
            continue
        window = np.ones(max(len(losses) // _WINDOW, 1))
        validation, train = (
            np.convolve(losses[name], window / len(window), mode="valid") for name in ("validation_loss", "train_loss")
        )
        least = int(validation.argmin())
        yield bool(validation[-1] > validation[least] + rise * abs(validation[least]) and train[-1] < train[least])


def _early_stopping(search: TaskSearch, overfit: int, curves: int) -> tuple[Change, ...]:
    """Propose early stopping if the study file has a network without it."""
    model = search.table("model")
    if not model or "early_stopping" in search.space or model.get("early_stopping"):
        return ()
    return (Change(("model", "early_stopping"), True, None, f"{overfit} of the best {curves} trials overfit"),)
