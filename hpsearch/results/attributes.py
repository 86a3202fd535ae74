"""User attributes of a run's Optuna study, with defaults for runs of earlier versions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hpsearch.results.results import STRATEGY
from hpsearch.space import encode
from hpsearch.strategies.likely import LIKELY

if TYPE_CHECKING:
    import optuna

    from hpsearch.storage import StoredStudy

Attributes = Mapping[str, Any]


def key_of(attributes: Attributes) -> dict[str, Any]:
    """Return task, variant and repeat of a run."""
    return {"task": attributes["task"], "variant": variant_of(attributes), "repeat": attributes["repeat"]}


def variant_of(attributes: Attributes) -> str:
    """Return the label of the run's variant; without factors, the strategy's label."""
    return str(attributes.get("variant", attributes["strategy"]))


def levels_of(attributes: Attributes) -> dict[str, str]:
    """Return the level of each factor, the strategy always included."""
    return {STRATEGY: str(attributes["strategy"])} if "levels" not in attributes else _with_strategy(attributes)


def _with_strategy(attributes: Attributes) -> dict[str, str]:
    levels = {str(factor): str(label) for factor, label in attributes["levels"].items()}
    return levels if STRATEGY in levels else levels | {STRATEGY: str(attributes["strategy"])}


def family_of(attributes: Attributes) -> str:
    """Return the family of the run's objective; earlier versions had tables and networks only."""
    data = attributes["content"].get("data", {})
    published = isinstance(data, Mapping) and data.get("source") == "table"
    return str(attributes.get("family", "table" if published else "mlp"))


def likely_of(attributes: Attributes) -> dict[str, Any]:
    """Return the likely value of each parameter that has one, as Optuna stores it.

    Runs of earlier versions have them in their content alone.
    """
    specs = attributes["content"].get("space") or {}
    from_content = {name: encode(spec["likely"]) for name, spec in specs.items() if _is_table_with_likely(spec)}
    return dict(attributes.get(LIKELY) or from_content)


def _is_table_with_likely(spec: object) -> bool:
    return isinstance(spec, Mapping) and "likely" in spec


def is_untuned(study: optuna.Study | StoredStudy) -> bool:
    """Return whether the run searches nothing, so that its budget is one trial."""
    attributes = study.user_attrs
    if attributes.get("trials") != 1 or attributes.get("space"):
        return False
    return not any(trial.params for trial in study.get_trials(deepcopy=False))


def newest_plan(studies: list[StoredStudy]) -> Attributes:
    """Return the plan of the run with the latest trial; empty for runs of earlier versions."""
    planned = [study for study in studies if study.user_attrs.get("plan")]
    plan: Attributes = (
        max(planned, key=lambda study: max(_starts(study), default=0.0)).user_attrs["plan"] if planned else {}
    )
    return plan


def first_plan(studies: list[StoredStudy]) -> Attributes | None:
    """Return the plan that was stored before the study's first trial; None if there was none.

    Later calls never change it. Runs of earlier versions have none.
    """
    begun = [(min(starts), study.study_name, study) for study in studies if (starts := _starts(study))]
    return (min(begun)[2].user_attrs.get("first_plan") or None) if begun else None


def environments_of(studies: list[StoredStudy]) -> tuple[Mapping[str, str], ...]:
    """Return the distinct versions, processors and BLAS kernels that the runs were trained with."""
    every = [environment for study in studies for environment in study.user_attrs.get("environments", [])]
    return tuple(environment for place, environment in enumerate(every) if environment not in every[:place])


def number_or_nan(value: object) -> float:
    """Return a stored number as a float; NaN for anything else."""
    return float(value) if isinstance(value, (int, float)) else math.nan


def _starts(study: StoredStudy) -> list[float]:
    """Return when each trial started, in seconds since 1970; without waiting trials."""
    trials = study.get_trials(deepcopy=False)
    return [trial.datetime_start.timestamp() for trial in trials if trial.datetime_start]
