"""The figure of a study that its file asks for: table ``[figure]``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from hpsearch.checks import one_of
from hpsearch.errors import UsageError, choose_from, quoted

MEASURE = "measure"
"""What `lines` may name instead of a factor: a line for each measure."""

CURVES = "curves"
"""Kind of figure that is drawn if the file names none."""

KEYS: Mapping[str, frozenset[str]] = {
    CURVES: frozenset({"measure", "lines", "panels", "log", "smooth", "steps"}),
    "histograms": frozenset({"steps"}),
    "levels": frozenset({"measure", "lines", "panels", "log", "steps", "reduce"}),
    "paths": frozenset({"measure"}),
    "trials": frozenset(),
}
"""Kind of figure → keys of the table that it reads; `hpsearch.report.drawings` draws them."""

NEEDS: Mapping[str, tuple[str, str]] = {
    "histograms": ("layers.mean.first", "draws layers: add [record] layers = true"),
    "paths": ("function_value", 'draws descents of functions: [model] family = "function"'),
}
"""Kind of figure → a measure that trainings must have for it, and what it draws."""

_MOST_SMOOTH = 100_000

_Measure = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$", max_length=100)]
_Step = Annotated[int, Field(ge=0)]


class FigureSettings(BaseModel):
    """Settings of ``[figure]``.

    Attributes
    ----------
    kind
        A key of `KEYS`. None: curves, where variants that are not tuned have them.
    measure
        Name of a measure, or several: a row of panels for each. Empty: the validation score.
    lines
        Factor with a line for each level, or `MEASURE`; empty: the first factor with several levels.
    panels
        Factor with a panel for each level; empty: the next factor with several levels.
    log
        Whether the axis of the measure is logarithmic.
    smooth
        Number of steps over which a moving mean is taken, for drawing only.
    steps
        First and last step to draw; empty: all.
    reduce
        What kind ``levels`` draws of a curve: the mean over its steps, or its end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    kind: str | None = None
    measure: _Measure | list[_Measure] = []
    lines: str = ""
    panels: str = ""
    log: bool = False
    smooth: Annotated[int, Field(ge=1, le=_MOST_SMOOTH)] = 1
    steps: Annotated[list[_Step], Field(max_length=2)] = []
    reduce: Literal["mean", "end"] = "mean"

    @property
    def measures(self) -> list[str]:
        """Names of the measures."""
        return [self.measure] if isinstance(self.measure, str) else list(self.measure)

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, kind: str | None) -> str | None:
        return kind if kind is None else one_of("kind", kind, KEYS)

    @field_validator("steps")
    @classmethod
    def _ascending(cls, steps: list[int]) -> list[int]:
        if steps and (len(steps) != 2 or steps[0] >= steps[1]):
            raise UsageError(f"must be the first and the last step, ascending, got {quoted(steps)}")
        return steps

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        kind = self.kind or CURVES
        for key in sorted(self.model_dump(exclude_defaults=True)):
            if key not in KEYS[kind] | {"kind"}:
                raise UsageError(
                    f"{key} has no effect on the kind {kind!r}: choose from {', '.join(sorted(KEYS[kind]))}"
                )
        if len(set(self.measures)) < len(self.measures):
            raise UsageError(f"measure names one twice: {quoted(self.measures)}")
        if self.lines and self.lines == self.panels:
            raise UsageError(f"lines and panels are both {quoted(self.lines)}")
        if self.lines == MEASURE and len(self.measures) < 2:
            raise UsageError(f'lines = "{MEASURE}" needs several measures, got {quoted(self.measures)}')
        return self

    def check_measures(self, check: Callable[[str], None]) -> None:
        """Refuse a kind or measures that the study's trainings can't fill; `check` refuses a measure by its name.

        Raises
        ------
        UsageError
            If there is one; the message begins with the key.
        """
        if self.kind is not None and self.kind in NEEDS:
            needed, what = NEEDS[self.kind]
            try:
                check(needed)
            except UsageError as error:
                raise UsageError(f"[figure] kind: {self.kind!r} {what}") from error
        for name in self.measures:
            try:
                check(name)
            except UsageError as error:
                raise UsageError(f"[figure] measure: {error}") from error

    def check_factors(self, factors: Iterable[str]) -> None:
        """Refuse factors that the study does not have.

        Raises
        ------
        UsageError
            If there is one; the message begins with the key.
        """
        names = list(factors)
        for key, choices in (("lines", [*names, MEASURE]), ("panels", names)):
            factor = getattr(self, key)
            if factor and factor not in choices:
                raise UsageError(f"[figure] {key}: {choose_from('factor', factor, choices)}")
