"""Warning thresholds of the diagnostics; ``[report]`` of a study file can set each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from hpsearch.checks import rule_of
from hpsearch.errors import UsageError, choose_from

_Share = Annotated[float, Field(ge=0, le=1)]
_NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=1, le=10**6)]


def _ordered(ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    if low > high:
        raise UsageError(f"must be [low, high] with low at most high, got {list(ends)!r}")
    return ends


_Range = Annotated[tuple[_Finite, _Finite], Field(strict=False), AfterValidator(_ordered)]


class Thresholds(BaseModel):
    """Warning thresholds of the diagnostics. Shares are from 0 to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    false_alarms: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    """Largest false alarm rate of a rule that is a test, over all parameters together."""
    edge_share: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    """Share of a range that counts as its edge."""
    stability_trials: _Count = 2
    """Minimum number of trials in a region of divergence at the end of a range."""
    stability_share: _Share = 0.65
    """Minimum share of infeasible trials in that region."""
    few_trials: _Count = 14
    """Minimum number of complete, feasible trials."""
    near_trials: _Count = 10
    """Minimum number of trials near the best value, itself included: no gap may separate fewer from the others."""
    narrowed: dict[str, _Range] = {}
    """Narrowed ranges to check for safety, by parameter, [low, high]."""
    apart: _NotNegative = 1.96
    """Standard errors of a difference above which two values differ."""
    infeasible_warn: _Share = 0.2
    """Share of infeasible trials above which the level is "warn"."""
    infeasible_fail: _Share = 0.5
    """Share of infeasible trials above which the level is "fail"."""
    late_share: _Share = 0.75
    """The training is late after this share of it."""
    rise_share: _Share = 0.1
    """Gain of the late share of the training, as a share of the whole rise, from which on it is too short."""
    early_share: _Share = 0.1
    """A best epoch within this share of the training is early."""
    overfit_gap: _NotNegative = 0.1
    """Difference of training and validation score (accuracy or R²) from which on they are unlike."""
    overfit_rise: _NotNegative = 0.05
    """Rise of the validation loss above its minimum, as a share of it, that counts as overfitting."""
    noise_share: _Share = 0.5
    """Share of the lead over the median trial, or of the error, above which noise or optimism is material."""
    unimportant: _Share = 0.05
    """Importance below which a parameter does not matter, if both evaluators agree."""

    @model_validator(mode="after")
    def _warn_before_fail(self) -> Self:
        if self.infeasible_warn > self.infeasible_fail:
            raise UsageError(
                "infeasible_warn must not be above infeasible_fail, "
                f"got {self.infeasible_warn!r} and {self.infeasible_fail!r}"
            )
        return self


def thresholds(table: Mapping[str, Any]) -> Thresholds:
    """Return the thresholds of a table, with defaults for missing keys.

    Raises
    ------
    UsageError
        If a key or value is invalid; the message names the key, the rule and the value.
    """
    for key in table:
        if key not in Thresholds.model_fields:
            raise UsageError(choose_from("key", key, Thresholds.model_fields))
    try:
        return Thresholds.model_validate(dict(table))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise UsageError(f"{name} {rule_of(first)}".strip()) from None
