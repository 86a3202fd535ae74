"""Search with a strategy, judged by cross-validation, as a scikit-learn meta-estimator."""

# ruff: noqa: N803 -- scikit-learn calls the inputs X.

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import uuid4

import numpy as np
import optuna
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState
from sklearn.base import is_classifier
from sklearn.model_selection import check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted

from hpsearch.checks import MOST_BATCH, MOST_TRIALS
from hpsearch.errors import UsageError, choose_from
from hpsearch.execution.bar import calls
from hpsearch.execution.progress import Progress, State
from hpsearch.search_cv.candidates import CandidateSpace
from hpsearch.search_cv.evaluations import Evaluations, OneSplit
from hpsearch.storage import open_storage
from hpsearch.storage.optuna_log import quiet_optuna
from hpsearch.strategies import Strategy, make_strategy
from hpsearch.strategies.likely import LIKELY, with_likely

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MEAN = "mean_test_"
_ONLY_IN_FIT = ("_folds", "_evaluations")


class SearchCV(BaseSearchCV):  # type: ignore[misc]
    """Search for the best hyperparameters of an estimator by cross-validation.

    Like scikit-learn's ``RandomizedSearchCV``, with a strategy of `STRATEGIES` in the place of random draws: it learns
    from the mean scores of earlier candidates. Each `fit` is a new search, on the rows that it is given. The same
    folds judge all candidates.

    Parameters
    ----------
    estimator
        Estimator with ``fit``; it is cloned.
    space
        Parameter → `Float`, `Int` or `Choice`, a table as in the ``[space]`` of a study file, an Optuna distribution,
        or a list of choices. ``step__parameter`` is a parameter of a pipeline's step. A parameter whose ``when`` does
        not hold is left as it is in `estimator`. Some of the first candidates are drawn near ``likely`` values.
    strategy
        A key of `STRATEGIES`, or a function from a seed to an optuna sampler.
    trials
        Number of candidates.
    cv
        Splitter, number of folds, or folds, as in scikit-learn; None: 5 folds, stratified for classifiers.
    scoring
        Name of a scorer, a callable ``scorer(estimator, X, y)``, or several of them, as in scikit-learn; None: the
        estimator's ``score``. Greater is better, always: use "neg_log_loss", or ``make_scorer(…,
        greater_is_better=False)``.
    timeout
        Seconds after which no candidate begins; None: no limit. The first ones are always evaluated.
    n_jobs
        Number of processes for the fits, as in scikit-learn. It does not change the results.
    refit
        Whether to fit the best candidate to all rows at the end. With several scorers, the name of the one that the
        search is about. With one, also a function from `cv_results_` to the index of the candidate to fit, as in
        scikit-learn; there is no `best_score_` then.
    error_score
        Score of a fit that fails, which is warned of, or "raise". A candidate with a NaN is a failed trial.
    random_state
        Seed of the strategy. The estimator's own randomness is its ``random_state``.
    return_train_score
        Whether `cv_results_` has scores on the training folds, too.
    storage
        URL of an Optuna storage, such as "sqlite:///hpsearch.db", for a new study of each fit; None: in memory.
    verbose
        As in scikit-learn: from 1 on, a line for each evaluation.
    options
        Options of a strategy in `STRATEGIES`, such as ``{"round": 5}``.
    batch
        Number of trials before a trial that it does not see: `batch` + 1 candidates are evaluated together. The folds
        of one candidate keep as many processes as there are folds busy; for more, use a larger batch.
    progress
        Whether to show a bar in a notebook, or in a terminal on standard error; or a function that is called after each
        evaluation with the numbers of finished and planned trials.

    Attributes
    ----------
    best_estimator_, best_params_, best_score_, best_index_, cv_results_, scorer_, n_splits_, refit_time_
        As in scikit-learn. `best_score_` is the best of many noisy means, so it is optimistic: score rows that the
        search has not seen, or use ``cross_val_score`` on the search.
    classes_, n_features_in_, feature_names_in_
        As those of `best_estimator_`.
    study_
        The optuna study: trial *i* is row *i* of `cv_results_`.

    Raises
    ------
    UsageError
        By `fit`: if a parameter, range, strategy or option is invalid.
    ValueError
        By `fit`: as in scikit-learn; also if no candidate could be fitted.

    Examples
    --------
    >>> from hpsearch import Float, SearchCV
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> X, y = load_iris(return_X_y=True)
    >>> space = {"C": Float(1e-3, 1e3, log=True), "gamma": Float(1e-4, 10, log=True)}
    >>> search = SearchCV(SVC(), space, trials=15, cv=3, random_state=0).fit(X, y)
    >>> bool(search.best_score_ > 0.9)
    True
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        **BaseSearchCV._parameter_constraints,
        "space": [dict],
        "strategy": [str, callable],
        "trials": [Interval(Integral, 1, MOST_TRIALS, closed="both")],
        "timeout": [Interval(Real, 0, None, closed="neither"), None],
        "refit": ["boolean", str, callable],
        "random_state": ["random_state"],
        "storage": [str, None],
        "options": [dict, None],
        "batch": [Interval(Integral, 0, MOST_BATCH, closed="both")],
        "progress": [callable, "boolean", None],
    }

    best_estimator_: Any  # of the estimator's class
    best_params_: dict[str, object]
    best_score_: float
    best_index_: int
    cv_results_: dict[str, Any]
    n_splits_: int
    refit_time_: float
    study_: optuna.Study
    if TYPE_CHECKING:  # scikit-learn ships no types

        def score(self, X: Any, y: Any = None, **params: Any) -> float:
            """Return the score of `best_estimator_`."""

        def predict(self, X: Any) -> NDArray[Any]:
            """Return the predictions of `best_estimator_`."""

    def __init__(
        self,
        estimator: object,
        space: Mapping[str, object],
        strategy: str | Strategy = "narrowing",
        trials: int = 50,
        cv: Any = 5,
        scoring: Any = None,
        timeout: float | None = None,
        n_jobs: int | None = 1,
        refit: bool | str | Callable[[dict[str, Any]], int] = True,
        error_score: float | str = np.nan,
        random_state: int | np.random.RandomState | None = None,
        return_train_score: bool = False,
        storage: str | None = None,
        verbose: int = 0,
        *,
        options: Mapping[str, Any] | None = None,
        batch: int = 0,
        progress: Callable[[int, int], None] | bool | None = None,
    ) -> None:
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.space = space
        self.strategy = strategy
        self.trials = trials
        self.timeout = timeout
        self.random_state = random_state
        self.storage = storage
        self.options = options
        self.batch = batch
        self.progress = progress

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Search, and fit the best candidate to all rows.

        Parameters
        ----------
        X, y
            Rows, as the estimator takes them.
        params
            Arguments of the estimator's ``fit``, the splitter and the scorer, such as ``sample_weight`` and
            ``groups``, as in scikit-learn.
        """
        self._folds = OneSplit(lambda: check_cv(self.cv, y, classifier=is_classifier(self.estimator)))
        try:
            super().fit(X, y, **params)
        finally:
            for name in _ONLY_IN_FIT:
                self.__dict__.pop(name, None)
        return self

    def report(self, folder: str | Path) -> Path:
        """Write a report of the search into `folder`; return the path of its ``report.html``.

        Raises
        ------
        NotFittedError
            If the search is not fitted.
        UsageError
            If the folder can't be written.
        """
        from hpsearch.analysis.incumbents import tasks
        from hpsearch.report import write_report
        from hpsearch.results.foreign import load_plain

        check_is_fitted(self, "study_")
        memory, name = InMemoryStorage(), self._label()
        with quiet_optuna():
            study = optuna.create_study(storage=memory, study_name=name, direction="maximize")
            study.set_metric_names([self._metric()])
            study.add_trials(self.study_.get_trials(deepcopy=False))
        results = load_plain(memory, [name])
        likely = self.study_.user_attrs.get(LIKELY, {})
        if likely:
            results = replace(results, likely={(task, name): likely for task in tasks(results)})
        return write_report(results, Path(folder))

    def _run_search(self, evaluate_candidates: Callable[..., Any]) -> None:
        """Ask the strategy for candidates, evaluate them, and tell it their mean scores."""
        if isinstance(self.scoring, list | tuple | dict) and not isinstance(self.refit, str):
            raise UsageError(f"refit must name one of the scorers, to search by it, got {self.refit!r}")
        if isinstance(self.cv, Iterator):
            raise UsageError("cv must be a list of folds, not an iterator, which would be empty in the next fit")
        space = CandidateSpace.of(self.space, self.estimator.get_params())
        deadline = math.inf if self.timeout is None else time.monotonic() + self.timeout
        evaluations = self._evaluations = Evaluations(evaluate_candidates, self._folds, self.error_score)
        with quiet_optuna():
            study = self._new_study(space.likely)
        with calls(self.progress, self._metric()) as advance:
            self._search(study, space, evaluations, deadline, advance)
        evaluations.finish()
        self.study_ = study

    def _search(
        self,
        study: optuna.Study,
        space: CandidateSpace,
        evaluations: Evaluations,
        deadline: float,
        advance: Progress | None,
    ) -> None:
        """Evaluate candidates until the trials or the time are spent."""
        done, best, started = 0, -math.inf, time.monotonic()
        while done < self.trials and (done == 0 or time.monotonic() < deadline):
            with quiet_optuna():
                asked = [study.ask() for _ in range(min(self.batch + 1, self.trials - done))]
                candidates = [space.suggest(trial) for trial in asked]
            scores = self._scores(evaluations, candidates)
            with quiet_optuna():
                for trial, score in zip(asked, scores, strict=True):
                    is_failed = math.isnan(score)
                    study.tell(trial, None if is_failed else score, TrialState.FAIL if is_failed else None)
            done += len(asked)
            best = max(best, *(-math.inf if math.isnan(score) else score for score in scores))
            if advance is not None:
                left = (time.monotonic() - started) / done * (self.trials - done)
                advance(State(done, self.trials, None if math.isinf(best) else best, left))

    def _scores(self, evaluations: Evaluations, candidates: list[dict[str, Any]]) -> list[float]:
        """Return the mean score of each candidate, NaN if it failed."""
        if not evaluations.add(candidates):
            return [float(self.error_score)] * len(candidates)
        names = [key.removeprefix(_MEAN) for key in evaluations.results if key.startswith(_MEAN)]
        metric = names[0] if names == ["score"] else self.refit
        if metric not in names:
            raise UsageError(choose_from("metric to refit by", metric, names))
        return [float(score) for score in evaluations.results[f"{_MEAN}{metric}"][-len(candidates) :]]

    def _format_results(self, *arguments: Any) -> dict[str, Any]:
        """Return scikit-learn's results, with the candidates that could not be fitted."""
        results: dict[str, Any] = self._evaluations.format(super()._format_results, *arguments)
        return results

    def _new_study(self, likely: Mapping[str, Any]) -> optuna.Study:
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        sampler: Strategy = self.strategy if callable(self.strategy) else make_strategy(self.strategy, self.options)
        study = optuna.create_study(
            storage=None if self.storage is None else open_storage(self.storage),
            study_name=f"{type(self.estimator).__name__}-{uuid4().hex[:12]}",
            direction="maximize",
            sampler=with_likely(sampler(seed), likely, seed),
        )
        if likely:
            study.set_user_attr(LIKELY, dict(likely))
        return study

    def _label(self) -> str:
        strategy = self.strategy if isinstance(self.strategy, str) else getattr(self.strategy, "__name__", "search")
        return f"{type(self.estimator).__name__}, {strategy}"

    def _metric(self) -> str:
        return next((name for name in (self.refit, self.scoring) if isinstance(name, str)), "score")

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without what a fit is making: scikit-learn sends the search to other processes."""
        state: dict[str, Any] = super().__getstate__()
        if "_folds" in state:
            state = {key: value for key, value in state.items() if key not in (*_ONLY_IN_FIT, "study_", "cv_results_")}
        return state
