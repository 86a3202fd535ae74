"""Arguments of fit reach the estimator, the splitter and the scorer, as in scikit-learn."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.naive_bayes import GaussianNB

from hpsearch import SearchCV
from tests.search_cv.in_turn import X, Y, in_turn

VALUES = [1e-9, 0.1]
WEIGHTS = np.where(Y == 2, 5.0, 1.0)


def test_sample_weights_reach_the_estimator():
    space = {"strategy": ["most_frequent"]}
    search = SearchCV(DummyClassifier(), space, trials=1, cv=2, scoring=make_scorer(accuracy_score))
    assert set(search.fit(X, Y, sample_weight=WEIGHTS).predict(X)) == {2}
    assert search.best_score_ == pytest.approx(5 / 7, abs=0.02)  # the scorer has them, too
    assert set(search.fit(X, Y).predict(X)) == {0}


@pytest.mark.parametrize("routing", [False, True])
def test_groups_reach_the_splitter(routing):
    groups = np.arange(len(Y)) % 3
    with config_context(enable_metadata_routing=routing):
        searches = [
            SearchCV(GaussianNB(), {"var_smoothing": VALUES}, in_turn, trials=2, cv=GroupKFold(3)),
            GridSearchCV(GaussianNB(), {"var_smoothing": VALUES}, cv=GroupKFold(3)),
        ]
        ours, theirs = (search.fit(X, Y, groups=groups).cv_results_ for search in searches)
    np.testing.assert_array_equal(ours["split1_test_score"], theirs["split1_test_score"])


def test_metadata_is_routed_by_request():
    with config_context(enable_metadata_routing=True):
        estimator = DummyClassifier().set_fit_request(sample_weight=True)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        search = SearchCV(estimator, {"strategy": ["most_frequent"]}, trials=1, cv=2, scoring=scorer)
        search.fit(X, Y, sample_weight=WEIGHTS)
        assert set(search.predict(X)) == {2}
        assert search.best_score_ == pytest.approx(1 / 3, abs=0.03)


def test_weights_reach_a_search_that_is_itself_cross_validated():
    with config_context(enable_metadata_routing=True):
        estimator = DummyClassifier().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        space = {"strategy": ["most_frequent"]}
        searches = [SearchCV(estimator, space, trials=1, cv=2), GridSearchCV(estimator, space, cv=2)]
        ours, theirs = (cross_val_score(each, X, Y, cv=3, params={"sample_weight": WEIGHTS}) for each in searches)
    np.testing.assert_array_equal(ours, theirs)
    assert ours.min() > 0.6  # a third without weights
