"""Names of measures that claims and figures may use, and what their worst value is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from hpsearch.errors import UsageError, choose_from

Kind = Literal["loss", "score", "gap", "number"]

MEASURES: Mapping[str, Kind] = {
    "value": "score",
    "test": "score",
    "seconds": "number",
    "steps": "number",
    "validation_score": "score",
    "train_score": "score",
    "validation_loss": "loss",
    "train_loss": "loss",
    "penalized_train_loss": "loss",
    "gap": "gap",
}
"""Measures that any training may have, and their kinds; see :mod:`.measures`."""

_RECORDED: Mapping[str, Kind] = {
    "test_score": "score",
    "test_loss": "loss",
    "batch_loss": "loss",
    "ensemble_score": "score",
    "thinned_score": "score",
    "scaled_score": "score",
    "function_value": "loss",
    "distance": "loss",
}  # kinds of measures that families record; others are numbers without a better side

NUMBERS = ("value", "test", "seconds", "steps")
"""Measures that are one number of a training, no curve."""

UNSTEADY = ("seconds",)
"""Measures that differ from training to training even where nothing is random."""

BEST, DIAGNOSTIC, LAYERS = "best.", "diagnostic.", "layers."
"""Beginnings of the names of hyperparameters, of diagnostics, and of layer statistics."""

LAYER_COLUMNS = (
    "mean",
    "std",
    "saturated",
    "dead",
    "near_zero",
    "distinct_units",
    "gradient_norm",
    "weight_gradient_norm",
)
PLACES = ("first", "last", "ratio", "mean", "least", "most")


def kind_of(name: str) -> Kind:
    """Return the kind of a measure: of a loss less is better, of a score the metric says it."""
    return MEASURES.get(name) or _RECORDED.get(name, "number")


def worst(name: str, sign: int) -> float:
    """Return the value of a diverged training: ∞ for a loss, the worse infinity for a score, else NaN.

    `sign` is 1 if more of the metric is better, −1 if less is.
    """
    return {"loss": math.inf, "score": -sign * math.inf}.get(kind_of(name), math.nan)


def less_is_better(name: str, sign: int) -> bool:
    """Return whether less of the measure is better."""
    return kind_of(name) == "loss" or (kind_of(name) == "score" and sign < 0)


def check_name(
    name: str,
    recorded: Mapping[str, str] | None,
    record: Mapping[str, object],
    parameters: Iterable[str],
    diagnostics: Iterable[str],
) -> None:
    """Refuse the name of a measure that no training of the study can have.

    Parameters
    ----------
    recorded
        Measures that the study's families record, with the key of ``[record]`` that asks for each, or an empty text;
        None if they are not known, so that other names are accepted.
    record
        The table ``[record]``.
    parameters
        Searched hyperparameters with numbers as values.
    diagnostics
        Keys of the diagnostics.

    Raises
    ------
    UsageError
        If there is no such measure, or ``[record]`` does not ask for it; with the choices.
    """
    for beginning, kind, choices in ((BEST, "searched number", parameters), (DIAGNOSTIC, "diagnostic", diagnostics)):
        if name.startswith(beginning):
            if (own := name.removeprefix(beginning)) not in (listed := list(choices)):
                raise UsageError(choose_from(kind, own, listed))
            return
    if name.startswith(LAYERS):
        _check_layers(name)
        if recorded is not None and not record.get("layers"):
            raise UsageError(f"{name} needs [record] layers = true")
        return
    if name in MEASURES or recorded is None:
        return
    if name not in recorded:
        prefixes = (f"{BEST}<hyperparameter>", f"{DIAGNOSTIC}<key>", f"{LAYERS}<column>.<place>")
        raise UsageError(choose_from("measure", name, [*MEASURES, *recorded, *prefixes]))
    key = recorded[name]
    if key and not record.get(key):
        raise UsageError(f"{name} needs {key} in [record]")


def _check_layers(name: str) -> None:
    column, _, place = name.removeprefix(LAYERS).partition(".")
    if column not in LAYER_COLUMNS:
        raise UsageError(choose_from("column of layers", column, LAYER_COLUMNS))
    if place not in PLACES and not (place.isdecimal() and int(place) >= 1):
        raise UsageError(choose_from("place in layers", place, [*PLACES, "1", "2", "…"]))
