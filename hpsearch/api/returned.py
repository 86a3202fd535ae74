"""What `search` and `compare` return."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import optuna

from hpsearch.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from hpsearch.estimators.tabular import TabularModel
    from hpsearch.results.results import Results

Parameter = str | float | bool | None | list[str | float | bool | None]
"""Value of a hyperparameter."""


@dataclass(frozen=True)
class Search:
    """Result of a search.

    Attributes
    ----------
    best_params, best_value
        Hyperparameters, lists as lists, and value of the best complete trial. With confirmation, those of the best
        confirmed trial; its value is a mean.
    confirmed
        Values of the confirmation trainings of `best_params`; empty without confirmation.
    best_model
        Model for use with `best_params`: ``best_model.predict(X)`` takes a data frame or an array of unscaled rows, and
        returns classes with the type of the target, or numbers in its units. It is fitted when it is first used, to all
        rows but the test rows. Only an objective on data, such as `MLPObjective`, has one; others raise `UsageError`.
    study
        The optuna study, for optuna's own plots and importances.
    trials
        One row per trial, in the format of `Results.trials`.
    """

    best_params: dict[str, Parameter]
    best_value: float
    study: optuna.Study
    trials: pd.DataFrame
    confirmed: tuple[float, ...] = ()
    _metric: str = field(default="value", repr=False, compare=False)
    _fit: Callable[[], TabularModel] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def best_model(self) -> TabularModel:
        """Fitted model with `best_params`; computed on first access."""
        if self._fit is None:
            raise UsageError("best_model needs the objective that was searched, got none")
        return self._fit()

    def _repr_html_(self) -> str:
        """Return the best value, the trials and the best hyperparameters, as notebooks show them."""
        from hpsearch.report.cards.search import search_card

        minimize = self.study.direction == optuna.study.StudyDirection.MINIMIZE
        return search_card(
            self.best_params,
            self.best_value,
            self.trials["value"].to_list(),
            minimize=minimize,
            metric=self._metric,
            confirmed=len(self.confirmed),
        )


@dataclass(frozen=True)
class Comparison:
    """Result of a comparison.

    Attributes
    ----------
    table
        One row per variant, the report's table.
    trials
        One row per trial, in the format of `Results.trials`.
    results
        All measurements; the input of every analysis.
    report
        Path of ``report.html``, or None without a report.
    """

    table: pd.DataFrame
    trials: pd.DataFrame
    results: Results
    report: Path | None

    def __str__(self) -> str:
        """Return the table as text."""
        return self.table.to_string(index=False)

    def _repr_html_(self) -> str:
        """Return the advice, the intervals of the verdicts and the means, as notebooks show them."""
        from hpsearch.report.cards.comparison import comparison_card

        return comparison_card(self.results)
