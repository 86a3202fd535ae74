"""Search space: an Optuna distribution per parameter, and positions from 0 to 1 in its range."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import Trial

from hpsearch.checks import MOST_CHOICES, MOST_FLOAT, MOST_STEPS, MOST_WHOLE
from hpsearch.errors import UsageError, choose_from, quoted

Numeric = FloatDistribution | IntDistribution
Floats = npt.NDArray[np.float64]

_RANGE_KEYS = ("low", "high", "log", "step")


def distribution(spec: Mapping[str, Any] | BaseDistribution) -> BaseDistribution:
    """Return the distribution described by an inline table of a study file.

    ``{ low, high, log, step }`` is a range: of integers if `low`, `high` and `step` are integers, else of floats.
    ``{ choices = […] }`` is a choice. A list among the choices is stored as JSON text, because Optuna stores only
    scalars; `suggest` decodes it.

    Raises
    ------
    UsageError
        If a key is unknown or missing, the range is empty, or a log range does not start above 0.
    """
    if isinstance(spec, BaseDistribution):
        return spec
    if not isinstance(spec, Mapping):
        raise UsageError(f"must be a table such as {{ low = 1e-6, high = 1.0, log = true }}, got {quoted(spec)}")
    if "choices" in spec:
        return _choice(spec)
    return _range(spec)


def _choice(spec: Mapping[str, Any]) -> CategoricalDistribution:
    for key in spec:
        if key != "choices":
            raise UsageError(f"{key} does not go with choices")
    choices = spec["choices"]
    if not isinstance(choices, (list, tuple)) or not choices:
        raise UsageError(f"choices must be a list of at least one value, got {quoted(choices)}")
    if len(choices) > MOST_CHOICES:
        raise UsageError(f"choices must be at most {MOST_CHOICES:,}, got {len(choices):,}")
    encoded = [_encoded(value) for value in choices]
    for value in encoded:
        if value is not None and not isinstance(value, (str, int, float, bool)):
            raise UsageError(f"a choice must be a string, number, boolean or list of them, got {quoted(value)}")
    return CategoricalDistribution(encoded)


def _encoded(choice: Any) -> Any:
    """Return a list as its JSON text, anything else as it is."""
    if isinstance(choice, str) and isinstance(decode(choice), list):
        raise UsageError(f"the choice {choice!r} reads as a list: write it as one, without quotes")
    try:
        return encode(choice)
    except (RecursionError, TypeError, ValueError) as error:
        raise UsageError("a choice that is a list must hold strings, numbers or booleans") from error


def _range(spec: Mapping[str, Any]) -> FloatDistribution | IntDistribution:
    for key in spec:
        if key not in _RANGE_KEYS:
            raise UsageError(choose_from("key", key, [*_RANGE_KEYS, "choices", "likely"]))
    for key in ("low", "high"):
        if key not in spec:
            raise UsageError(f"{key} is missing: a range is {{ low = …, high = … }}, a choice {{ choices = […] }}")
    low, high, step = _number("low", spec["low"]), _number("high", spec["high"]), spec.get("step")
    log = spec.get("log", False)
    if not isinstance(log, bool):
        raise UsageError(f"log must be true or false, got {quoted(log)}")
    if low >= high:
        raise UsageError(f"low must be below high, got low = {low}, high = {high}")
    if log and low <= 0:
        raise UsageError(f"a log range must start above 0, got low = {low}")
    if log and low < 1 / MOST_FLOAT:
        raise UsageError(f"a log range must start at {1 / MOST_FLOAT:g} or above, got low = {low}")
    if step is not None:
        if log:
            raise UsageError(f"step does not go with log, got step = {step!r}")
        if _number("step", step) <= 0:
            raise UsageError(f"step must be above 0, got {quoted(step)}")
        if (high - low) / step > MOST_STEPS:
            raise UsageError(f"a range must have at most {MOST_STEPS:,} steps, got step = {step} from {low} to {high}")
    if all(isinstance(value, int) for value in (low, high, 1 if step is None else step)):
        return IntDistribution(int(low), int(high), log=log, step=1 if step is None else int(step))
    return FloatDistribution(float(low), float(high), log=log, step=None if step is None else float(step))


def _number(key: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"{key} must be a finite number, got {quoted(value)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{key} must be a finite number, got {value}")
    most = MOST_FLOAT if isinstance(value, float) else MOST_WHOLE
    if abs(value) > most:
        raise UsageError(f"{key} must be from {-most:g} to {most:g}, got {quoted(value)}")
    return value


def contains(dist: BaseDistribution, value: Any) -> bool:
    """Return whether `value`, as Optuna stores it, lies in the range or is one of the choices; steps do not matter."""
    if isinstance(dist, CategoricalDistribution):
        return value in dist.choices
    assert isinstance(dist, (FloatDistribution, IntDistribution))
    return not isinstance(value, (str, bool, type(None))) and dist.low <= value <= dist.high


def is_on_grid(dist: BaseDistribution, value: Any) -> bool:
    """Return whether `value` is a multiple of the range's step above its low end; True without a step."""
    if not isinstance(dist, (FloatDistribution, IntDistribution)) or dist.log or dist.step is None:
        return True
    steps = (value - dist.low) / dist.step
    return bool(abs(steps - round(steps)) < 1e-8)  # as in Optuna


def likely_value(dist: BaseDistribution, value: Any) -> Any:
    """Return the likely value of a parameter, as Optuna stores it.

    Raises
    ------
    UsageError
        If it is not a value of the distribution.
    """
    if isinstance(dist, CategoricalDistribution):
        if not contains(dist, value):
            choices = ", ".join(quoted(decode(choice)) for choice in dist.choices)
            raise UsageError(f"likely must be one of the choices {choices}, got {quoted(decode(value))}")
        return value
    assert isinstance(dist, (FloatDistribution, IntDistribution))
    if not contains(dist, value):
        raise UsageError(f"likely must be from {dist.low} to {dist.high}, got {quoted(decode(value))}")
    if isinstance(dist, FloatDistribution) and is_on_grid(dist, value):
        return float(value)
    if isinstance(dist, FloatDistribution) or value != int(value) or not is_on_grid(dist, value):
        steps = "a whole number" if dist.step in (None, 1) else f"a multiple of step = {dist.step} above low"
        raise UsageError(f"likely must be {steps}, got {quoted(value)}")
    return int(value)


def describe(dist: BaseDistribution) -> dict[str, Any]:
    """Return the table for `dist`, the inverse of `distribution`."""
    if isinstance(dist, CategoricalDistribution):
        return {"choices": [decode(choice) for choice in dist.choices]}
    assert isinstance(dist, (FloatDistribution, IntDistribution))
    table: dict[str, Any] = {"low": dist.low, "high": dist.high}
    if dist.log:
        table["log"] = True
    elif dist.step is not None and (isinstance(dist, FloatDistribution) or dist.step != 1):
        table["step"] = dist.step
    return table


def in_words(dist: BaseDistribution) -> str:
    """Return a range or its choices as people read them.

    >>> in_words(FloatDistribution(1e-6, 0.01, log=True)), in_words(IntDistribution(0, 8, step=2))
    ('1e-06 to 0.01, log', '0 to 8 in steps of 2')
    >>> in_words(CategoricalDistribution(["relu", "[100, 50]"]))
    'relu or [100, 50]'
    """
    table = describe(dist)
    if "choices" in table:
        return " or ".join(map(str, table["choices"]))
    scale = ", log" if table.get("log") else f" in steps of {table['step']:g}" if "step" in table else ""
    return f"{table['low']:g} to {table['high']:g}{scale}"


def suggest(trial: Trial, name: str, dist: BaseDistribution) -> Any:
    """Return the value of parameter `name` that `trial` suggests from `dist`."""
    match dist:
        case FloatDistribution():
            return trial.suggest_float(name, dist.low, dist.high, step=dist.step, log=dist.log)
        case IntDistribution():
            return trial.suggest_int(name, dist.low, dist.high, step=dist.step, log=dist.log)
        case CategoricalDistribution():
            return decode(trial.suggest_categorical(name, dist.choices))
    raise UsageError(f"{name}: hpsearch knows no distribution such as {dist!r}")


def suggest_all(
    trial: Trial, space: Mapping[str, BaseDistribution], conditions: Mapping[str, Mapping[str, Sequence[Any]]]
) -> dict[str, Any]:
    """Return a value from `trial` for every parameter whose conditions hold, in the order of `space`.

    `conditions` maps a parameter to the parameters before it that it depends on, each with the values that allow it.
    """
    values: dict[str, Any] = {}
    for name, dist in space.items():
        if is_active(name, values, conditions):
            values[name] = suggest(trial, name, dist)
    return values


def is_active(name: str, values: Mapping[str, Any], conditions: Mapping[str, Mapping[str, Sequence[Any]]]) -> bool:
    """Return whether the other parameters' `values` allow the parameter `name`."""
    required = conditions.get(name, {})
    return all(other in values and decode(values[other]) in allowed for other, allowed in required.items())


def in_order(
    space: Mapping[str, BaseDistribution], conditions: Mapping[str, Mapping[str, Sequence[Any]]]
) -> dict[str, BaseDistribution]:
    """Return the space with each parameter after those that it depends on; the order is otherwise kept.

    Raises
    ------
    UsageError
        If the conditions make a circle.
    """
    ordered: dict[str, BaseDistribution] = {}
    while len(ordered) < len(space):
        free = [name for name in space if name not in ordered and conditions.get(name, {}).keys() <= ordered.keys()]
        if not free:
            circle = [name for name in space if name not in ordered]
            raise UsageError(f"{circle[0]}: when makes a circle of {', '.join(circle)}")
        ordered[free[0]] = space[free[0]]
    return ordered


def encode(value: Any) -> Any:
    """Return a list as JSON text, because Optuna stores only scalars; anything else as it is."""
    return json.dumps(list(value)) if isinstance(value, (list, tuple)) else value


def decode(value: Any) -> Any:
    """Return a parameter's value, converting a choice stored as JSON text to its list."""
    if isinstance(value, str) and value.startswith("["):
        with suppress(ValueError, RecursionError):  # text that only begins like a list
            return json.loads(value)
    return value


def position(value: float, distribution: Numeric) -> float:
    """Return the position of `value` in the range, from 0 at the low end to 1 at the high end."""
    low, high = _ends(distribution)
    if low == high:
        return 0.5
    return min(max((_scaled(value, distribution) - low) / (high - low), 0.0), 1.0)


def positions(values: Floats, distribution: Numeric) -> Floats:
    """Return the position of each value in the range; NaN for values outside the range and NaN."""
    low, high = _ends(distribution)
    inside = np.where((values >= distribution.low) & (values <= distribution.high), values, np.nan)
    scaled = np.log(inside) if distribution.log else inside
    return scaled - low + 0.5 if low == high else (scaled - low) / (high - low)


def value_at(position: float, distribution: Numeric) -> float | int:
    """Return the value at `position`, rounded to the distribution's grid if it has one."""
    low, high = _ends(distribution)
    scaled = low + position * (high - low)
    raw = math.exp(scaled) if distribution.log else scaled
    if distribution.step is not None and not (isinstance(distribution, IntDistribution) and distribution.log):
        raw = distribution.low + round((raw - distribution.low) / distribution.step) * distribution.step
    if isinstance(distribution, IntDistribution):
        return min(max(round(raw), distribution.low), distribution.high)
    return min(max(raw, distribution.low), distribution.high)


def _ends(distribution: Numeric) -> tuple[float, float]:
    """Return the scaled range; a grid's is half a step wider on both sides, so all its points are equally likely."""
    margin = 0.0 if distribution.step is None else distribution.step / 2
    return (
        _scaled(distribution.low - margin, distribution),
        _scaled(distribution.high + margin, distribution),
    )


def _scaled(value: float, distribution: Numeric) -> float:
    return math.log(value) if distribution.log else float(value)
