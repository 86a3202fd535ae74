"""Words for measures: what a figure's axes and sentences call them, and which end of them is good."""

from __future__ import annotations

from collections.abc import Mapping

from hpsearch.analysis.claims.names import LAYERS, kind_of
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
    words = _NUMBERS.get(name) or " ".join(_PARTS.get(part, part) for part in name.replace(".", " ").split("_"))
    return words.replace("score", results.metric)


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
