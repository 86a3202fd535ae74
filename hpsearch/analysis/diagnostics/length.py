"""Diagnostic: length of the training."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from optuna.distributions import IntDistribution
from scipy import stats

from hpsearch.analysis.diagnostics.finding import Change, Fact, Finding, Gravity
from hpsearch.analysis.diagnostics.noise import binomial, retraining
from hpsearch.analysis.diagnostics.search import TaskSearch
from hpsearch.results.results import PARAM

KEY = "epochs"
_SHORTEST = 8  # with fewer epochs a quarter is not meaningful
_FEWEST = 3
_LEVEL = 0.01
_OF_NOISE = 0.1  # smaller changes, as a share of the noise, are left alone


def length(search: TaskSearch) -> Finding:
    """Report whether the best trials still improve at the end of the training, or get worse after its start.

    Rule, over the best ten trials with learning curves of the validation score, at least three:

    - train longer if the last quarter (after `late_share`) is better than the quarter before, without the last epoch,
      by which trials were chosen. The mean gain must be significant (t test over trials, 1 %), at least `rise_share` of
      the whole rise, and at least a tenth of the noise of a retraining (if unknown, of the rows);
    - train shorter, or check the learning rate, if most are best in the first tenth (`early_share`) and the second half
      is worse than the first tenth, by the same test and noise.

    Flat curves fire neither: where the best epoch lies on them is chance.

    Source: Google's deep learning tuning playbook, "Deciding how long to train when training is not compute-bound",
    which gives 10 % and 25 %.
    """
    title = "Trained long enough"
    places = best_epochs(search)
    if len(places) < _FEWEST:
        return search.unknown(KEY, title, "Fewer than three of the best trials have learning curves of eight epochs.")
    gain, fall = places["gain"].to_numpy(dtype=np.float64), places["fall"].to_numpy(dtype=np.float64)
    early = int((places["place"] <= search.limits.early_share).sum())
    facts: dict[str, Fact] = {
        "early": early,
        "trials": len(places),
        "epochs": int(places["epochs"].max()),
        "median": float(places["epoch"].median()),
        "gain": float(np.nanmean(gain)),
        "fall": float(np.nanmean(fall)),
        "late_percent": 100 * (1 - search.limits.late_share),
        "early_percent": 100 * search.limits.early_share,
        "metric": search.results.metric,
    }
    least = _least(search)
    whole = float(np.nanmean(places["rise"]))
    if _positive(gain) and float(np.nanmean(gain)) >= max(least, search.limits.rise_share * whole):
        evidence = (
            "In the last {late_percent:.3g} % of at most {epochs} epochs the validation {metric} of the best {trials} "
            "trials still improves by {gain:.2g}."
        )
        reason = f"the best {len(places)} trials still improve at the end of their training"
        return search.warning(
            KEY, Gravity.MISSED, "Trained too short: still improving at the end", evidence, "Train longer.", facts,
            _changes(search, 2.0, reason),
        )  # fmt: skip
    if 2 * early > len(places) and _positive(fall) and float(np.nanmean(fall)) >= least:
        evidence = (
            "{early} of the best {trials} trials are best in the first {early_percent:.3g} % of at most {epochs} "
            "epochs, and {fall:.2g} worse in the second half."
        )
        advice = "Train shorter and try more; if it overfits that soon, regularise."
        shorter = max(4 * float(facts["median"]) / float(facts["epochs"]), 1 / float(facts["epochs"]))
        reason = f"{early} of the best {len(places)} trials are best at the start of their training"
        return search.warning(
            KEY, Gravity.WASTE, "Trained too long: best at the start", evidence, advice, facts,
            _changes(search, shorter, reason),
        )  # fmt: skip
    evidence = (
        "Over the last {late_percent:.3g} % of {epochs} epochs the validation {metric} of the best {trials} trials "
    )
    evidence += _why_enough(gain, whole, search.limits.rise_share, facts)
    return search.passed(KEY, title, f"{evidence}.", facts)


def _why_enough(gain: NDArray[np.float64], whole: float, share: float, facts: dict[str, Fact]) -> str:
    """Return why the late gain asks for no longer training; the numbers for it are added to the facts."""
    mean = float(np.nanmean(gain))
    if mean <= 0:
        return "does not improve: the mean gain is {gain:.2g}"
    if not _positive(gain):
        facts["level_percent"] = 100 * _LEVEL
        return "improves by {gain:.2g}, which may be chance (t test over trials, {level_percent:.3g} %)"
    if mean < share * whole:
        facts |= {"whole": whole, "rise_percent": 100 * share}
        return "improves by {gain:.2g}, less than {rise_percent:.3g} % of the whole rise of {whole:.2g}"
    facts["noise_percent"] = 100 * _OF_NOISE
    return "improves by {gain:.2g}, less than {noise_percent:.3g} % of the noise of a value"


def _least(search: TaskSearch) -> float:
    sds = [each for each in (retraining(search).sd, binomial(search).sd) if not math.isnan(each)]
    return _OF_NOISE * sds[0] if sds else 0.0


def _positive(differences: NDArray[np.float64]) -> bool:
    """Return whether the mean is above 0 by a one-sided t test at 1 %."""
    finite = differences[np.isfinite(differences)]
    if len(finite) < _FEWEST or finite.mean() <= 0:
        return False
    return bool(np.ptp(finite) == 0 or stats.ttest_1samp(finite, 0.0, alternative="greater").pvalue <= _LEVEL)


def best_epochs(search: TaskSearch) -> pd.DataFrame:
    """Return, for the best trials, where the validation score is best, and how it changes; positive is better.

    Returns
    -------
    epoch (of the best score), epochs (maximum), place (their ratio), gain (mean of the last quarter − mean of the one
    before), rise (mean of the last quarter − median of the first), fall (mean of the first tenth − mean of the second
    half).
    """
    rows = []
    for curve in search.curves_of_best:
        scores = search.results.sign * curve["validation_score"].to_numpy(dtype=np.float64)
        allowed = _allowed(search, curve)
        if allowed >= _SHORTEST and len(scores) >= _SHORTEST and np.isfinite(scores).all():
            epoch = int(curve["epoch"].iloc[int(np.argmax(scores))])
            rows.append({"epoch": epoch, "epochs": allowed, "place": epoch / allowed})
            rows[-1] |= _changes_of(search, scores, stopped=len(scores) < allowed)
    return pd.DataFrame(rows, columns=["epoch", "epochs", "place", "gain", "rise", "fall"])


def _changes_of(search: TaskSearch, scores: NDArray[np.float64], *, stopped: bool) -> dict[str, float]:
    """Return the changes within one curve; a training that stopped by itself gains nothing from more epochs."""
    count, late = len(scores), search.limits.late_share
    start = min(max(round(late * count), 1), count - 2)
    before = max(start - (count - start), 0)
    last = float(scores[start : count - 1].mean())
    return {
        "gain": 0.0 if stopped else last - float(scores[before:start].mean()),
        "rise": last - float(np.median(scores[: count // 4])),
        "fall": float(scores[: max(round(search.limits.early_share * count), 1)].mean() - scores[count // 2 :].mean()),
    }


def _allowed(search: TaskSearch, curve: pd.DataFrame) -> int:
    """Return the maximum epochs of the trial: searched, else fixed, else as trained."""
    trained, first = int(curve["epoch"].max()), curve.iloc[0]
    if "epochs" in search.space and PARAM + "epochs" in search.good:
        same = search.good[[*("variant", "repeat", "number")]].eq(first[["variant", "repeat", "number"]]).all(axis=1)
        searched = search.good.loc[same, PARAM + "epochs"].dropna()
        return int(searched.iloc[0]) if len(searched) else trained
    fixed = search.table("model").get("epochs")
    return max(fixed, trained) if isinstance(fixed, int) else trained


def _changes(search: TaskSearch, factor: float, reason: str) -> tuple[Change, ...]:
    searched = search.space.get("epochs")
    if isinstance(searched, IntDistribution):
        new = max(math.ceil(factor * searched.high), searched.low + 1)
        path: tuple[str, ...] = ("space", "epochs", "high")
        old = searched.high
    else:
        fixed = search.table("model").get("epochs")
        if not isinstance(fixed, int):
            return ()
        new, old, path = max(math.ceil(factor * fixed), 1), fixed, ("model", "epochs")
    return (Change(path, new, old, reason),) if new != old else ()
