"""Verdicts and decisions as tuples that a notebook shows as a card."""

from __future__ import annotations

from typing import Self

from hpsearch.analysis.claims import Decision, decided
from hpsearch.analysis.comparison.verdict import Verdict
from hpsearch.analysis.comparison.verdicts import verdicts
from hpsearch.results.results import Results


class Verdicts(tuple[Verdict, ...]):
    """Verdicts of a comparison."""

    _results: Results

    @classmethod
    def of(cls, results: Results) -> Self:
        """Return the verdicts of `results`."""
        every = cls(verdicts(results))
        every._results = results
        return every

    def _repr_html_(self) -> str:
        """Return what they advise, their intervals and a table, as notebooks show them."""
        from hpsearch.report.cards.comparison import verdicts_card

        return verdicts_card(self._results)


class Claims(tuple[Decision, ...]):
    """Decisions on the claims of a study."""

    @classmethod
    def of(cls, results: Results) -> Self:
        """Return the decisions on the claims of `results`."""
        return cls(decided(results))

    def _repr_html_(self) -> str:
        """Return how many hold and a row for each, as notebooks show them."""
        from hpsearch.report.cards.claims import claims_card

        return claims_card(self)
