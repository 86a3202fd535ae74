"""Candidates that cannot be fitted: the search goes on, as scikit-learn's other searches do."""

import warnings

import numpy as np
import pytest
from optuna.trial import TrialState
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from hpsearch import SearchCV
from tests.search_cv.in_turn import X, Y, in_turn

BAD = -1.0


def fitted(values, search=SearchCV, **arguments):
    others = {"strategy": in_turn, "trials": len(values)} if search is SearchCV else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return search(SVC(), {"C": values}, cv=3, **others, **arguments).fit(X, Y)


@pytest.mark.parametrize("error_score", [np.nan, 0.5], ids=str)
@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize(
    "values", [[BAD, -2.0, 1.0, 0.01], [1.0, BAD, 0.01], [1.0, 0.01, BAD, -2.0, -3.0]], ids=["first", "amid", "last"]
)
def test_failed_candidates_stand_at_their_places(values, batch, error_score):
    search = fitted(values, error_score=error_score, batch=batch, return_train_score=True)
    ours, theirs = search.cv_results_, fitted(values, GridSearchCV, error_score=error_score, return_train_score=True)
    assert ours.keys() == theirs.cv_results_.keys()
    for key, column in theirs.cv_results_.items():
        if "time" not in key:
            np.testing.assert_array_equal(ours[key], column)
    assert (search.best_params_, search.best_index_) == (theirs.best_params_, theirs.best_index_)
    states = [TrialState.FAIL if np.isnan(mean) else TrialState.COMPLETE for mean in ours["mean_test_score"]]
    assert [trial.state for trial in search.study_.trials] == states


def test_several_scorers():
    scoring = {"a": "accuracy", "b": "f1_macro"}
    search = fitted([BAD, 1.0], scoring=scoring, refit="b")
    assert np.isnan(search.cv_results_["mean_test_a"]).tolist() == [True, False]
    assert search.best_index_ == 1


def test_they_are_warned_of():
    search = SearchCV(SVC(), {"C": [BAD, 1.0]}, in_turn, trials=2, cv=3)
    with pytest.warns(FitFailedWarning, match="All the 3 fits failed"), pytest.warns(UserWarning, match="non-finite"):
        search.fit(X, Y)


def test_if_none_can_be_fitted_the_error_is_raised():
    with pytest.raises(ValueError, match="All the 3 fits failed"):
        fitted([BAD, -2.0])


def test_an_error_is_raised_at_once_on_request():
    with pytest.raises(ValueError, match="'C' parameter of SVC"):
        fitted([1.0, BAD], error_score="raise")


def test_another_error_is_no_failed_candidate():
    with pytest.raises(ValueError, match="scoring must return a number"):
        fitted([1.0], scoring=lambda *_: "good")
