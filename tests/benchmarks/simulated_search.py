"""Searches simulated as `Results` without any training: clean ones, and ones with a planted fault.

The true value is a quadratic hill over the positions in the ranges. Around it move the training seed, the rows that
judge, and the epochs. A value is the validation score of the last epoch, as the network reports it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from optuna.distributions import FloatDistribution

from hpsearch.results.results import PARAM, Results

EPOCHS = 20
RETRAININGS = 5
_SPREAD = 0.05  # standard deviation of the true values over the space
_CENTRES = (0.3, 0.7)  # the best position of a clean parameter
SCORES = {"accuracy": ("maximize", 0.95), "r2": ("maximize", 0.9), "loss": ("minimize", 0.2)}


@dataclass(frozen=True)
class Design:
    """What a simulated study is like; `noise` and `step` are multiples of the spread of the true values.

    Attributes
    ----------
    noise
        Standard deviation between trainings that differ only in their seed.
    shape
        Of the validation curves: ``"flat"``, ``"sloped"`` (levels off), ``"rising"``, ``"falling"``.
    rows, test_rows
        Number of rows that judge a trial of an accuracy, and a test.
    edge, cliff
        Position of the best value of the first parameter; position above which trials of it diverge.
    gap, memorised
        Training score − validation score; training score of every trial instead of it.
    shift
        What the test is worse by than the validation rows.
    idle
        Number of parameters without any effect.
    needle
        Whether the true value is high in a small ball only.
    baseline
        Validation score of the linear model − that of the best trial; None without baselines.
    narrowed
        Ranges of the parameters that a narrowing run ends with, by position.
    """

    parameters: int = 2
    trials: int = 100
    noise: float = 0.1
    score: str = "accuracy"
    shape: str = "sloped"
    runs: int = 1
    rows: int = 2000
    test_rows: int = 2000
    step: float = 0.05
    edge: float | None = None
    cliff: float | None = None
    diverging: float = 0.0
    gap: float = 0.02
    memorised: float | None = None
    fitted: float | None = None
    loss_rise: float = 0.0
    shift: float = 0.0
    idle: int = 0
    needle: bool = False
    baseline: float | None = -0.03
    narrowed: tuple[float, float] | None = None
    best: float | None = None
    report: tuple[tuple[str, Any], ...] = ()


def simulate(design: Design, rng: np.random.Generator) -> Results:
    """Return the results of a random search of the design, which are scores to maximise or losses to minimise."""
    direction, best = SCORES[design.score]
    best = best if design.best is None else design.best
    centres, weights = _hill(design, rng)
    trials, curves, runs = [], [], []
    for repeat in range(design.runs):
        places = rng.random((design.trials, design.parameters))
        scores, bad = _true(design, places, centres, weights, best), _bad(design, places, rng)
        offset = _row_noise(design, best, design.rows, 1, rng)[0]
        scores = scores + design.noise * _SPREAD * rng.standard_normal(design.trials)
        every = _curves(design, scores + offset, rng)
        every[:, -1] = _judged(design, every[:, -1], rng)
        trials.append(_trials(design, repeat, every[:, -1], places, bad))
        curves.append(_epochs(design, repeat, every, bad, rng))
        runs.append(_run(design, repeat, trials[-1], places, centres, weights, best, offset, rng))
    return _results(design, direction, pd.concat(trials), pd.concat(curves), pd.DataFrame(runs))


def _hill(design: Design, rng: np.random.Generator) -> tuple[Any, Any]:
    centres = rng.uniform(*_CENTRES, design.parameters)
    weights = rng.uniform(0.7, 1.3, design.parameters)
    weights[design.parameters - design.idle :] = 0
    if design.edge is not None:
        centres[0] = design.edge
    sample = np.random.default_rng(0).random((2000, design.parameters))
    sd = float(((sample - centres) ** 2 @ weights).std())
    return centres, weights / sd


def _true(design: Design, places: Any, centres: Any, weights: Any, best: float) -> Any:
    squares = (places - centres) ** 2
    if design.needle:
        width = 0.12 if design.parameters > 1 else 0.03
        near = np.exp(-0.5 * squares[:, :2].sum(axis=1) / width**2)
        return best - 6 * _SPREAD * (1 - near) - 0.3 * _SPREAD * (squares @ weights)
    return best - _SPREAD * (squares @ weights)


def _bad(design: Design, places: Any, rng: np.random.Generator) -> Any:
    bad = rng.random(len(places)) < design.diverging
    return bad if design.cliff is None else bad | (places[:, 0] > design.cliff)


def _row_noise(design: Design, score: float, rows: int, count: int, rng: np.random.Generator) -> Any:
    """Draw what a set of rows is easier by, shared by all that it judges; most of the binomial error is shared."""
    if design.score != "accuracy":
        return 0.1 * _SPREAD * rng.standard_normal(count)
    return np.sqrt(0.8 * score * (1 - score) / rows) * rng.standard_normal(count)


def _judged(design: Design, scores: Any, rng: np.random.Generator, rows: int | None = None) -> Any:
    """Return scores as shares of the rows, with each trial's own part of the binomial error."""
    if design.score != "accuracy":
        return scores
    rows = rows or design.rows
    own = np.sqrt(0.2 * np.clip(scores * (1 - scores), 0, None) / rows) * rng.standard_normal(np.shape(scores))
    return np.round(np.clip(scores + own, 0, 1) * rows) / rows


def _curves(design: Design, last: Any, rng: np.random.Generator) -> Any:
    time = np.arange(1, EPOCHS + 1) / EPOCHS
    gain, missing = {
        "flat": (0.0, np.zeros(EPOCHS)),
        "sloped": (6.0, np.exp(-6 * time) - np.exp(-6)),
        "rising": (3.0, 1 - time),
        "falling": (-3.0, 1 - time),
    }[design.shape]
    noise = design.step * _SPREAD * rng.standard_normal((len(last), EPOCHS))
    return last[:, None] - gain * _SPREAD * missing + noise


def _trials(design: Design, repeat: int, scores: Any, places: Any, bad: Any) -> pd.DataFrame:
    sign = 1 if SCORES[design.score][0] == "maximize" else -1
    values = _signed(design, scores)
    worst = 0.0 if sign > 0 else float(values.max()) + 1.0
    frame = pd.DataFrame(
        {
            "task": "t",
            "variant": _strategy(design),
            "repeat": repeat,
            "number": np.arange(design.trials),
            "state": "COMPLETE",
            "value": np.where(bad, worst, values),
            "diverged": bad,
            "epochs": float(EPOCHS),
            "seconds": 1.0,
            "confirms": np.nan,
        }
    )
    for place in range(design.parameters):
        frame[f"{PARAM}p{place}"] = places[:, place]
    return frame


def _signed(design: Design, scores: Any) -> Any:
    """Return scores as values: a loss is as far above its least as a score is below its best."""
    return scores if SCORES[design.score][0] == "maximize" else 2 * SCORES[design.score][1] - scores


def _strategy(design: Design) -> str:
    return "narrowing" if design.narrowed else "random"


def _epochs(design: Design, repeat: int, every: Any, bad: Any, rng: np.random.Generator) -> pd.DataFrame:
    count, time = int((~bad).sum()), np.arange(1, EPOCHS + 1) / EPOCHS
    validation = every[~bad]
    train = np.minimum(validation + design.gap, 1.0) if design.memorised is None else np.full_like(validation, 1.0)
    if design.memorised is not None:
        train *= design.memorised
    if design.fitted is not None:
        train = np.full_like(validation, design.fitted) + 0.005 * rng.standard_normal(validation.shape)
    losses = 0.2 + np.exp(-4 * time)
    wobble = 1 + 0.02 * rng.standard_normal((count, EPOCHS))
    return pd.DataFrame(
        {
            "task": "t",
            "variant": _strategy(design),
            "repeat": repeat,
            "number": np.repeat(np.flatnonzero(~bad), EPOCHS),
            "epoch": np.tile(np.arange(1, EPOCHS + 1), count),
            "validation_score": _signed(design, validation).ravel(),
            "train_score": (train if design.score != "loss" else np.full_like(train, np.nan)).ravel(),
            "validation_loss": ((losses + design.loss_rise * np.clip(time - 0.4, 0, None)) * wobble).ravel(),
            "train_loss": np.tile(np.exp(-4 * time), count),
        }
    )


def _run(
    design: Design, repeat: int, trials: pd.DataFrame, places: Any, centres: Any, weights: Any, best: float,
    offset: float, rng: np.random.Generator,
) -> dict[str, Any]:  # fmt: skip
    sign = 1 if SCORES[design.score][0] == "maximize" else -1
    good = trials[~trials["diverged"]]
    incumbent = int(good["number"].iloc[int((sign * good["value"]).to_numpy().argmax())]) if len(good) else 0
    true = float(_true(design, places[[incumbent]], centres, weights, best)[0])
    retrained = true + design.noise * _SPREAD * rng.standard_normal(RETRAININGS)
    other = _row_noise(design, best, design.test_rows, 1, rng)[0] - design.shift
    observed = float(trials["value"].iloc[incumbent])
    return {
        "task": "t",
        "variant": _strategy(design),
        "repeat": repeat,
        "name": f"simulated/{_strategy(design)}/{repeat:02d}",
        "trials": design.trials,
        "incumbent": float(incumbent),
        "value": observed,
        "observed": observed,
        "confirmed": [],
        "test_values": _signed(design, _judged(design, retrained + other, rng, design.test_rows)).tolist(),
        "retrained_validation": _signed(design, _judged(design, retrained + offset, rng)).tolist(),
        "reference_best": np.nan,
        "reference_median": np.nan,
        "complete": True,
    }


def _results(design: Design, direction: str, trials: pd.DataFrame, curves: pd.DataFrame, runs: pd.DataFrame) -> Results:
    names = [f"p{place}" for place in range(design.parameters)]
    label = _strategy(design)
    ranges = pd.DataFrame()
    if design.narrowed:
        low, high = design.narrowed
        columns = {"task": "t", "variant": label, "number": design.trials - 1, "parameter": "p0"}
        ranges = pd.DataFrame([columns | {"repeat": each, "low": low, "high": high} for each in range(design.runs)])
    results = Results(
        name="simulated", title="", question="", metric=design.score, direction=direction, budget=design.trials,
        repeats=design.runs, variants=(label,), space={name: FloatDistribution(0.0, 1.0) for name in names},
        settings={
            "name": "simulated",
            "data": {"source": "digits"} | ({"validation": design.rows} if design.score == "accuracy" else {}),
            "model": {"epochs": EPOCHS},
            "space": {name: {"low": 0.0, "high": 1.0} for name in names},
            "search": {"strategies": [label], "trials": design.trials, "repeats": design.runs, "seed": 0},
            "report": dict(design.report),
        },
        trials=trials.reset_index(drop=True), curves=curves.reset_index(drop=True), runs=runs,
        families={("t", label): "mlp"}, ranges=ranges,
    )  # fmt: skip
    baselines = pd.DataFrame(_baselines(design, runs), columns=["task", "repeat", "name", "validation", "test"])
    if "baselines" in Results.__dataclass_fields__:
        return replace(results, **{"baselines": baselines})
    object.__setattr__(results, "baselines", baselines)
    return results


def _baselines(design: Design, runs: pd.DataFrame) -> list[dict[str, Any]]:
    if design.baseline is None:
        return []
    best = float(_signed(design, runs["observed"].to_numpy(dtype=float)).mean()) + design.baseline
    scores = {"simple": min(best, 0.1), "linear": best, "forest": best - 0.01}
    return [
        {"task": "t", "repeat": repeat, "name": name}
        | dict.fromkeys(("validation", "test"), float(_signed(design, np.float64(score))))
        for repeat in range(design.runs)
        for name, score in scores.items()
    ]
