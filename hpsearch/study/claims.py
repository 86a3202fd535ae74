"""Check the claims of a study file against what the study varies and records."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optuna.distributions import CategoricalDistribution

from hpsearch.analysis.claims.claim import REST, Claim
from hpsearch.analysis.claims.names import BEST, DIAGNOSTIC, NUMBERS, check_name
from hpsearch.errors import UsageError, choose_from
from hpsearch.objectives import Objective
from hpsearch.study.variant import is_untuned

Labels = Mapping[str, Sequence[str]]
"""Factor → labels of its levels."""


def resolved_claims(
    claims: Sequence[Claim],
    factors: Labels,
    objectives: Iterable[Objective],
    record: Mapping[str, Any],
    margin: float,
) -> list[Claim]:
    """Return the claims with their factor, labels and margin filled in.

    Parameters
    ----------
    objectives
        One for each task and variant.
    record
        The table ``[record]``.
    margin
        ``[report] margin``, the default of claims that something is equal.

    Raises
    ------
    UsageError
        If a claim names what the study does not have; the message begins with the claim's key, counted from 1.
    """
    if not claims:
        return []
    names = MeasureNames(objectives, record)
    resolved = [_Resolving(place, claim, factors, names, margin).resolved() for place, claim in enumerate(claims, 1)]
    for place, claim in enumerate(resolved, 1):
        first = resolved.index(claim) + 1
        if first < place:
            raise UsageError(f"claims.{place}: is the same as claims.{first}")
    return resolved


def check_reductions(claims: Iterable[Claim]) -> None:
    """Refuse a `reduce` that a study file sets for a measure which is one number.

    Raises
    ------
    UsageError
        If there is one; the message begins with the claim's key, counted from 1.
    """
    for place, claim in enumerate(claims, 1):
        measure = claim.measure or "test"
        single = measure in NUMBERS or measure.startswith((BEST, DIAGNOSTIC))
        if "reduce" in claim.model_fields_set and claim.spread_over is None and single:
            raise UsageError(
                f"claims.{place}.reduce: has no effect, since the measure {measure!r} is one number, no curve"
            )


class MeasureNames:
    """Names of measures that the study's trainings have."""

    def __init__(self, objectives: Iterable[Objective], record: Mapping[str, Any]) -> None:
        listed = list(objectives)
        self.are_exact = all(each.deterministic and is_untuned(each) for each in listed)
        families = {type(each): each.measure_names for each in listed}.values()
        self.recorded: dict[str, str] | None = {}
        for each in families:
            self.recorded = None if each is None or self.recorded is None else {**self.recorded, **each}
        spaces = [each.space or {} for each in listed]
        self.parameters = {
            name
            for space in spaces
            for name, distribution in space.items()
            if not isinstance(distribution, CategoricalDistribution)
        }
        self.record = record

    def check(self, name: str) -> None:
        """Refuse a measure that the trainings don't have."""
        check_name(name, self.recorded, self.record, self.parameters, _diagnostics(name))

    def accepts(self, name: str) -> bool:
        """Return whether the trainings have a measure."""
        try:
            self.check(name)
        except UsageError:
            return False
        return True


def _diagnostics(name: str) -> Iterable[str]:
    """Return the keys of the diagnostics if the measure is one of them; loading them takes a second."""
    if not name.startswith(DIAGNOSTIC):
        return ()
    from hpsearch.analysis.diagnostics import DIAGNOSTICS

    return DIAGNOSTICS


class _Resolving:
    def __init__(self, place: int, claim: Claim, factors: Labels, names: MeasureNames, margin: float) -> None:
        self.place, self.claim, self.factors, self.names, self.margin = place, claim, factors, names, margin

    def _error(self, key: str, message: str) -> UsageError:
        return UsageError(f"claims.{self.place}.{key}: {message}")

    def resolved(self) -> Claim:
        claim = self.claim
        if claim.measure is not None:
            self._check_measure("measure", claim.measure)
        where = {factor: self._levels(f"where.{factor}", factor, wanted) for factor, wanted in claim.where.items()}
        factor = self._factor()
        changes: dict[str, Any] = {"factor": factor, "where": where, "margin": self._margin()}
        if factor is not None:
            changes[claim.direction] = self._levels(claim.direction, factor, claim.levels)
            allowed = where.get(factor, list(self.factors[factor]))
            self._check_allowed(claim.direction, changes[claim.direction], allowed)
            changes["than"] = self._than(factor, changes[claim.direction], allowed)
        else:
            changes["than"] = self._than(None, (), ())
        self._check_spread(factor, where)
        return claim.model_copy(update=changes)

    def _check_measure(self, key: str, name: str) -> None:
        try:
            self.names.check(name)
        except UsageError as error:
            raise self._error(key, str(error)) from error

    def _margin(self) -> float | None:
        if self.claim.direction != "equal":
            return None
        margin = self.margin if self.claim.margin is None else self.claim.margin
        if not margin and not self.names.are_exact:
            raise self._error("margin", f"must be > 0 with equal, here or in [report], got {margin!r}")
        return margin

    def _factor(self) -> str | None:
        """Return the factor that the claim names, or the only one with its levels; None if it names no level."""
        claim = self.claim
        if claim.factor is not None:
            if claim.factor not in self.factors:
                raise self._error("factor", choose_from("factor", claim.factor, self.factors))
            return claim.factor
        if not claim.levels:
            return None
        named = list(claim.levels)
        having = [factor for factor, labels in self.factors.items() if all(_match(each, labels) for each in named)]
        if isinstance(claim.than, str) and len(having) > 1:
            having = [factor for factor in having if _match(claim.than, self.factors[factor])] or having
        if len(having) == 1:
            return having[0]
        if having:
            raise self._error("factor", f"must say which factor has the levels, one of {', '.join(having)}")
        every = [label for factor, labels in self.factors.items() for label in labels]
        unknown = next((each for each in named if not any(_match(each, [label]) for label in every)), None)
        if unknown is not None:
            raise self._error(claim.direction, choose_from("level", unknown, every))
        raise self._error(claim.direction, f"must be levels of one factor, got {', '.join(map(repr, named))}")

    def _levels(self, key: str, factor: str, wanted: Iterable[str]) -> list[str]:
        if factor not in self.factors:
            raise self._error("where", choose_from("factor", factor, self.factors))
        labels = self.factors[factor]
        matched = {each: _match(each, labels) for each in wanted}
        for each, label in matched.items():
            if label is None:
                raise self._error(key, choose_from("level", each, labels))
        if not matched and key.startswith("where"):
            raise self._error(key, "must not be empty")
        return [label for label in matched.values() if label is not None]

    def _check_allowed(self, key: str, levels: Sequence[str], allowed: Sequence[str]) -> None:
        """Refuse levels of the compared factor that ``where`` leaves out."""
        for level in levels:
            if level not in allowed:
                raise self._error(key, f"{level!r} is not among the levels that where keeps, {', '.join(allowed)}")

    def _than(self, factor: str | None, levels: Sequence[str], allowed: Sequence[str]) -> str | float:
        """Return what the claim compares with, checked: a level in its spelling, REST, a number, or a measure."""
        than: str | float = self.claim.than
        if not isinstance(than, str):
            return float(than)
        if factor is not None and levels:
            label = _match(than, self.factors[factor])
            if label is not None:
                self._check_allowed("than", [label], allowed)
                if label in levels:
                    raise self._error("than", f"must be another level than those of {self.claim.direction}: {label!r}")
                return label
            if than == REST:
                if set(allowed) <= set(levels):
                    raise self._error("than", f"there is no other level of {factor} than {', '.join(levels)}")
                return REST
        if self.names.accepts(than):
            return than
        if not levels:
            self._check_without_levels(than)
            self._check_measure("than", than)
        kinds = [REST, *self.factors[factor]] if factor is not None else []
        raise self._error("than", choose_from("level or measure", than, kinds))

    def _check_without_levels(self, than: str) -> None:
        """Refuse a level to compare with where the claim names none."""
        if than == REST or any(_match(than, labels) for labels in self.factors.values()):
            raise self._error(
                self.claim.direction,
                f"must name the levels that are compared with {than!r}; only a number or a measure in than goes "
                "without any",
            )

    def _check_spread(self, factor: str | None, where: Mapping[str, Sequence[str]]) -> None:
        over = self.claim.spread_over
        if over is None:
            return
        if over not in self.factors:
            raise self._error("reduce", choose_from("factor", over, self.factors))
        if over == factor and self.claim.levels:
            raise self._error("reduce", f"spread_over must be another factor than the one compared, {over!r}")
        if len(where.get(over, self.factors[over])) < 2:
            raise self._error("reduce", f"spread_over needs at least two levels of {over!r}")


def _match(wanted: str, labels: Sequence[str]) -> str | None:
    """Return the label that is meant: the same text, or the same number written otherwise."""
    if wanted in labels:
        return wanted
    number = _number(wanted)
    return next((label for label in labels if number is not None and _number(label) == number), None)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
