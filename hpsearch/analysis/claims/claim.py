"""A claim as the study file has it: a sentence, and the rule that decides it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from hpsearch.errors import UsageError, choose_from, quoted

Direction = Literal["more", "less", "equal"]
DIRECTIONS: tuple[Direction, ...] = ("more", "less", "equal")
ACROSS = ("every", "most", "any")
REST = "rest"
"""Other levels of the factor than those that the claim names."""

REACHES, SPREAD = "reaches", "spread_over"
REDUCTIONS = ("mean", "end")
_MOST_CLAIMED = 1_000


def _label(value: object) -> str:
    """Return a level's label; numbers and booleans as the labels of values are."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:.15g}"
    if not isinstance(value, str):
        raise UsageError(f"must be the label of a level, got {quoted(value)}")
    return value


def _labels(value: object) -> object:
    if value is None:
        return None
    listed = value if isinstance(value, list | tuple) else [value]
    labels = [_label(each) for each in listed]
    if len(set(labels)) < len(labels):
        raise UsageError(f"must name each level once, got {quoted(value)}")
    return labels


def _where(value: object) -> object:
    if not isinstance(value, Mapping):
        raise UsageError(f'must be a table such as {{ initializer = "he" }}, got {quoted(value)}')
    return {factor: _labels(levels) for factor, levels in value.items()}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_Levels = Annotated[Annotated[list[str], Field(max_length=_MOST_CLAIMED)] | None, BeforeValidator(_labels)]
_Text = Annotated[str, Field(max_length=1_000)]


class Claim(BaseModel):
    """A sentence of a source, with the rule that decides it.

    Exactly one of `more`, `less` and `equal` is set. The measure of its levels is larger than that of `than`, smaller,
    or the same within `margin`.

    Attributes
    ----------
    text, source
        The sentence in plain words, and where it is from.
    factor
        Factor whose levels are compared; None if the claim names no level.
    measure
        Name of a measure, see :mod:`.measures`; None: the default, ``"test"`` or ``"value"``.
    more, less, equal
        Levels; an empty list: all variants, with a number or a measure in `than`.
    than
        A level, ``"rest"`` (each other level of the factor), a number, or the name of another measure.
    where
        Factor → the only levels of it that count.
    across
        Cells in which it must be so, over the levels of all other factors: every, most, or any.
    reduce
        Number of a curve: ``"mean"``, ``"end"``, the number of a step (the last value up to it),
        ``{"reaches": value}`` (steps needed; never is ∞), or ``{"spread_over": factor}`` (largest minus smallest mean
        over the levels of that factor).
    margin
        Largest difference that counts as equal, in units of the measure.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    text: Annotated[str, Field(min_length=1, max_length=1_000)]
    source: _Text = ""
    factor: str | None = None
    measure: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    more: _Levels = None
    less: _Levels = None
    equal: _Levels = None
    than: Any
    where: Annotated[dict[str, list[str]], BeforeValidator(_where)] = {}
    across: str = ACROSS[0]
    reduce: Any = REDUCTIONS[0]
    margin: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @field_validator("than")
    @classmethod
    def _level_or_number(cls, than: object) -> object:
        if not (_is_number(than) or (isinstance(than, str) and than)):
            raise UsageError(
                f'must be a level, "{REST}", a finite number, or the name of a measure, got {quoted(than)}'
            )
        return than

    @field_validator("across")
    @classmethod
    def _known_across(cls, across: str) -> str:
        if across not in ACROSS:
            raise UsageError(choose_from("word", across, ACROSS))
        return across

    @field_validator("reduce")
    @classmethod
    def _known_reduction(cls, reduce: object) -> object:
        if isinstance(reduce, Mapping) and len(reduce) == 1:
            ((key, value),) = reduce.items()
            if key == REACHES and _is_number(value):
                return {REACHES: float(value)}
            if key == SPREAD and isinstance(value, str):
                return {SPREAD: value}
        elif isinstance(reduce, str):
            if reduce not in REDUCTIONS:
                raise UsageError(choose_from("reduction", reduce, _REDUCTIONS))
            return reduce
        elif isinstance(reduce, int) and not isinstance(reduce, bool) and 0 <= reduce < 2**53:
            return reduce
        raise UsageError(f"must be one of {', '.join(_REDUCTIONS)}, got {quoted(reduce)}")

    @model_validator(mode="after")
    def _one_direction(self) -> Self:
        directions = [name for name in DIRECTIONS if getattr(self, name) is not None]
        if len(directions) != 1:
            got = " and ".join(directions) if directions else "none of them"
            raise UsageError(f"must have exactly one of {', '.join(DIRECTIONS)}, got {got}")
        if self.margin is not None and self.equal is None:
            raise UsageError(f"must have a margin with equal only, got margin = {self.margin!r} with {directions[0]}")
        return self

    @property
    def direction(self) -> Direction:
        """Direction: "more", "less" or "equal"."""
        return next(name for name in DIRECTIONS if getattr(self, name) is not None)

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels that the claim is about; empty: all variants."""
        return tuple(getattr(self, self.direction))

    @property
    def spread_over(self) -> str | None:
        """Factor whose levels' spread is compared, if any."""
        return self.reduce[SPREAD] if isinstance(self.reduce, Mapping) and SPREAD in self.reduce else None

    def rule(self) -> dict[str, Any]:
        """Return the rule without text and source; a plan stores it."""
        return {key: value for key, value in self.model_dump(mode="json").items() if key not in ("text", "source")}


_REDUCTIONS = (*REDUCTIONS, "a step number", f"{{ {REACHES} = 0.9 }}", f'{{ {SPREAD} = "factor" }}')
