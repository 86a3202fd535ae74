"""Settings of an estimator: the parameters of its constructor, with the library's defaults and rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, fields, make_dataclass
from functools import cache
from typing import Any

from hpsearch.errors import UsageError, quoted
from hpsearch.objectives.estimators.code import estimator_of

ESTIMATOR = "estimator"
"""Key of ``[model]`` that names the estimator."""

NOT_SET: Mapping[str, str] = {
    "random_state": "comes from the study's seed",
    "n_jobs": "is 1: several runs are trained at the same time instead",
    "verbose": "is off",
    "verbosity": "is off",
    "warm_start": "is off: every trial is trained from nothing",
    "callbacks": "can't be written in a study file",
}
"""Parameters of constructors that studies can't set, each with the reason."""

_RULE = re.compile(r"The '(?P<name>\w+)' parameter of \w+ must be (?P<rule>.*)\. Got .* instead\.", re.DOTALL)


@cache
def settings_type(name: str, task: str) -> type[Any]:
    """Return the dataclass of the settings of estimator `name` for a task: `ESTIMATOR`, and a field per parameter.

    The dataclass refuses values that the library's own rules refuse, with `UsageError`. The rules of XGBoost and
    LightGBM are in their trainings.

    Raises
    ------
    UsageError
        If the estimator has no such task, or its library is not installed.
    """
    defaults = estimator_of(name).kind(task)().get_params(deep=False)
    names = [key for key, value in defaults.items() if key not in (*NOT_SET, ESTIMATOR) and _is_hashable(value)]
    return make_dataclass(
        f"{name}_{task}",
        [(ESTIMATOR, str, field(default=name)), *((key, Any, field(default=defaults[key])) for key in names)],
        namespace={"__post_init__": lambda self: _check(name, task, parameters(self))},
        frozen=True,
        kw_only=True,
    )


def _is_hashable(value: Any) -> bool:
    """Return whether a value can be a default of a dataclass; other parameters keep theirs."""
    return type(value).__hash__ is not None


def parameters(settings: Any) -> dict[str, Any]:
    """Return the constructor's parameters of settings."""
    return {each.name: getattr(settings, each.name) for each in fields(settings) if each.name != ESTIMATOR}


def make(name: str, task: str, settings: Any, seed: int) -> Any:
    """Return the unfitted estimator with these settings, and with a seed if it is random."""
    kind = estimator_of(name).kind(task)
    seeded = {"random_state": seed} if "random_state" in kind().get_params(deep=False) else {}
    return kind(**{**parameters(settings), **estimator_of(name).fixed, **seeded})


def _check(name: str, task: str, values: Mapping[str, Any]) -> None:
    """Refuse values that the estimator's own constraints refuse; nothing is checked if it declares none."""
    kind = estimator_of(name).kind(task)
    if not hasattr(kind, "_parameter_constraints"):
        return
    try:
        kind(**values)._validate_params()
    except ValueError as error:
        raise UsageError(_in_one_line(str(error), values)) from error


def _in_one_line(message: str, values: Mapping[str, Any]) -> str:
    """Return scikit-learn's message about a parameter in this project's words; any other message as it is."""
    matched = _RULE.fullmatch(message)
    if matched is None or matched["name"] not in values:
        return " ".join(message.split())
    return f"{matched['name']} must be {matched['rule']}, got {quoted(values[matched['name']])}"
