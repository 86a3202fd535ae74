"""Words for measures: what axes and sentences call them, and which end of them is good."""

from __future__ import annotations

from collections.abc import Mapping

from hpsearch.analysis.claims.names import BEST, DIAGNOSTIC, LAYERS, kind_of
from hpsearch.results.results import Results

_PARTS: Mapping[str, str] = {
    "train": "training",
    "penalized": "penalised",
    "validation": "validation",
    "test": "test",
    "batch": "batch",
    "ensemble": "ensemble",
    "thinned": "thinned network's",
    "scaled": "scaled network's",
}
_NUMBERS: Mapping[str, str] = {
    "value": "validation score",
    "test": "test score",
    "seconds": "time of a training (seconds)",
    "steps": "steps of a training",
    "gap": "gap between training and test score",
}
_LAYERS: Mapping[str, str] = {
    "mean": "mean of the outputs",
    "std": "standard deviation of the outputs",
    "saturated": "share of saturated outputs",
    "dead": "share of dead units",
    "near_zero": "share of outputs near zero",
    "distinct_units": "number of different units",
    "gradient_norm": "norm of the gradient",
    "weight_gradient_norm": "norm of the weights' gradient",
}
_PLACES: Mapping[str, str] = {
    "first": "in the first layer",
    "last": "in the last layer",
    "ratio": "in the first layer / in the last",
    "mean": "in the mean of the layers",
    "least": "in the layer where it is least",
    "most": "in the layer where it is largest",
}
_PATHS: Mapping[str, str] = {
    "crossings": "number of times that the path crosses {} = 0",
    "turns": "number of turns in {}",
}
_WEIGHTS: Mapping[str, str] = {
    "rms": "root mean square of the weights",
    "near_zero": "share of weights near zero",
    "large": "share of large weights",
}
_LESS = ("gap", "seconds")  # measures of no kind that has a better side, of which less is wanted
_EVALUATED = (
    "validation_score",
    "train_score",
    "validation_loss",
    "train_loss",
    "penalized_train_loss",
    "test_score",
    "test_loss",
    "gap",
)  # measures at each evaluation, which is after an epoch if the budget is in epochs


def measure_name(results: Results, name: str) -> str:
    """Return what a measure is called in prose and on axes; scores have the name of the study's metric."""
    words = _NUMBERS.get(name) or _of_group(name)
    words = words or " ".join(_PARTS.get(part, part) for part in name.replace(".", " ").split("_"))
    return words.replace("score", results.metric)


def _of_group(name: str) -> str:
    """Return the words for a measure of a group, such as ``layers.std.last``; empty for others."""
    group, _, rest = name.partition(".")
    column, _, place = rest.partition(".")
    if f"{group}." == LAYERS and column in _LAYERS:
        return f"{_LAYERS[column]} {_PLACES.get(place, f'in layer {place}')}"
    if f"{group}." == BEST:
        return f"{rest} of the best trial"
    if f"{group}." == DIAGNOSTIC:
        return f"share of searches of which the diagnostic {rest!r} warns"
    return _PATHS[group].format(rest) if group in _PATHS else _WEIGHTS.get(rest, "") if group == "weights" else ""


def direction(results: Results, name: str) -> int:
    """Return 1 if more of a measure is better, −1 if less is, 0 if neither is known to be."""
    kind = kind_of(name)
    return -1 if kind == "loss" or name in _LESS else results.sign if kind == "score" else 0


def step_name(results: Results, name: str) -> str:
    """Return what a measure's steps count: ``"epoch"`` or ``"step"``."""
    models = [content.get("model", {}) for content in results.contents.values()]
    counts_steps = any(model.get("steps") is not None for model in models)
    evaluated = name in _EVALUATED or name.startswith(LAYERS)
    return "epoch" if evaluated and not counts_steps else "step"
