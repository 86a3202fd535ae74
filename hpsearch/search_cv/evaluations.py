"""Evaluation of candidates in several calls of scikit-learn: one split, and candidates that can't be fitted."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import FitFailedWarning

Row = dict[str, Any]
"""Fit of a candidate on one fold, as scikit-learn's ``_fit_and_score`` returns it."""

_ALL_FAILED = "\nAll the "


class OneSplit:
    """Splitter that splits once, and then returns the same folds: scikit-learn splits at each evaluation.

    Parameters
    ----------
    make_splitter
        Makes a splitter of scikit-learn, which may draw other folds at each call.
    """

    def __init__(self, make_splitter: Callable[[], Any]) -> None:
        self._make_splitter = make_splitter
        self._folds: list[Any] | None = None

    def split(self, *rows: Any, **params: Any) -> Iterator[Any]:
        """Yield the train and test indices of each fold."""
        if self._folds is None:
            self._folds = list(self._make_splitter().split(*rows, **params))
        yield from self._folds


class Evaluations:
    """Candidates in the order of their trials, with those that could not be fitted on any fold.

    Scikit-learn refuses to evaluate candidates if all fits of the call fail. A search that evaluates one candidate at
    a time goes on: such a candidate has the error score, as it has among others that can be fitted.

    Parameters
    ----------
    evaluate
        ``evaluate_candidates`` of scikit-learn's ``_run_search``.
    folds
        Folds that judge all candidates.
    error_score
        Score of fits that failed, or "raise".
    """

    def __init__(self, evaluate: Callable[..., Any], folds: OneSplit, error_score: float | str) -> None:
        self._evaluate = evaluate
        self._folds = folds
        self._error_score = error_score
        self._lost: dict[int, Mapping[str, Any]] = {}  # candidates that could not be fitted, by trial
        self._count = 0
        self._first_failure: Exception | None = None
        self._formatted: tuple[Callable[..., Row], tuple[Any, ...]] | None = None
        self.results: Row = {}

    def add(self, candidates: Sequence[Mapping[str, Any]]) -> bool:
        """Evaluate the candidates; return whether any of them could be fitted on any fold.

        Raises
        ------
        ValueError
            What scikit-learn raises, unless it is because all fits failed, and `error_score` is a number.
        """
        try:
            self.results = self._evaluate(candidates, cv=self._folds)
        except ValueError as error:
            if self._error_score == "raise" or not str(error).startswith(_ALL_FAILED):
                raise
            self._lost |= dict(enumerate(candidates, self._count))
            self._first_failure = self._first_failure or error
            warnings.warn(str(error), FitFailedWarning, stacklevel=2)
            return False
        finally:
            self._count += len(candidates)
        return True

    def finish(self) -> None:
        """Complete the results, which scikit-learn goes on with.

        Raises
        ------
        ValueError
            If no candidate could be fitted; it is scikit-learn's error for the first of them.
        """
        if self._formatted is None:
            assert self._first_failure is not None
            raise self._first_failure
        format_results, arguments = self._formatted
        self.results.update(self._woven(format_results, *arguments))

    def format(self, format_results: Callable[..., Row], *arguments: Any) -> Row:
        """Return the results of all candidates so far; `format_results` and its arguments are scikit-learn's.

        Warnings about scores that are not finite are left to `finish`: they would come with each candidate.
        """
        self._formatted = format_results, arguments
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "One or more of the")
            return self._woven(format_results, *arguments)

    def _woven(
        self,
        format_results: Callable[..., Row],
        candidates: Sequence[Any],
        n_splits: int,
        fits: Sequence[Row],
        more: Any,
    ) -> Row:
        """Format the results with the lost candidates inserted at their places."""
        all_candidates, all_fits = list(candidates), list(fits)
        templates = all_fits[:n_splits]
        for place, candidate in sorted(self._lost.items()):
            all_candidates.insert(place, candidate)
            start = place * n_splits
            all_fits[start:start] = [self._failed(template) for template in templates]
        return format_results(all_candidates, n_splits, all_fits, more)

    def _failed(self, template: Row) -> Row:
        """Return a fit that failed, with the scores that another fit on the fold has. Its time was not measured."""
        scores = {
            key: dict.fromkeys(template[key], self._error_score)
            if isinstance(template[key], Mapping)
            else self._error_score
            for key in ("test_scores", "train_scores")
            if key in template
        }
        return template | scores | {"fit_time": np.nan, "score_time": 0.0}
