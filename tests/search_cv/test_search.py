"""SearchCV gives scikit-learn's results, for candidates that a strategy draws."""

import pickle
import time
from importlib.util import find_spec

import numpy as np
import optuna
import pytest
from joblib import parallel_config
from optuna.trial import TrialState
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, mean_squared_error
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from hpsearch import Choice, Float, Int, SearchCV
from hpsearch.storage import open_storage
from hpsearch.strategies import STRATEGIES
from hpsearch.strategies.likely import NEAR
from tests.search_cv.in_turn import X, Y, in_turn

SMOOTHING = {"var_smoothing": Float(1e-9, 1.0, log=True)}


def test_the_results_are_those_of_scikit_learn_for_the_same_candidates():
    values = [1.0, 1e-9, 1e-3]
    search = SearchCV(GaussianNB(), {"var_smoothing": values}, in_turn, trials=3, cv=3, return_train_score=True)
    other = GridSearchCV(GaussianNB(), {"var_smoothing": values}, cv=3, return_train_score=True)
    ours, theirs = search.fit(X, Y).cv_results_, other.fit(X, Y).cv_results_
    assert ours.keys() == theirs.keys()
    for key in theirs:
        if "time" not in key:
            np.testing.assert_array_equal(ours[key], theirs[key])
    assert (search.best_params_, search.best_index_) == (other.best_params_, other.best_index_)
    assert search.best_score_ == other.best_score_
    np.testing.assert_array_equal(search.predict_proba(X), other.predict_proba(X))
    assert search.score(X, Y) == other.score(X, Y)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_searches(name):
    if STRATEGIES[name].package and find_spec(STRATEGIES[name].package) is None:
        pytest.skip(f"needs {STRATEGIES[name].package}")
    space = {"n_neighbors": Int(1, 20), "weights": Choice(["uniform", "distance"]), "p": Float(1, 3)}
    search = SearchCV(KNeighborsClassifier(), space, name, trials=12, cv=2, random_state=0).fit(X, Y)
    assert [trial.params for trial in search.study_.trials] == search.cv_results_["params"]
    assert [trial.value for trial in search.study_.trials] == search.cv_results_["mean_test_score"].tolist()
    assert search.best_score_ == search.study_.best_value


def test_a_strategy_learns_from_the_scores():
    def near(estimator, x, y):
        return -abs(estimator.constant - 0.7)

    space = {"constant": Float(0, 1)}
    searches = [
        SearchCV(Constant(), space, name, trials=40, cv=2, scoring=near, random_state=3).fit(X, Y)
        for name in ("random", "narrowing")
    ]
    late = [np.mean(search.cv_results_["mean_test_score"][20:]) for search in searches]
    assert late[1] > late[0] / 3


class Constant(ClassifierMixin, BaseEstimator):
    """Estimator that refuses rows with a marked value."""

    def __init__(self, constant=0.0, forbidden=None):
        self.constant = constant
        self.forbidden = forbidden

    def fit(self, X, y):  # noqa: N803 -- scikit-learn's name
        if self.forbidden is not None and (self.forbidden == X).any():
            raise AssertionError("a row that this search may not see")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):  # noqa: N803 -- scikit-learn's name
        return np.full(len(X), self.classes_[0])


def test_no_row_of_an_outer_test_fold_is_fitted():
    rows = np.vstack([X, [[99.0] * 4] * 5])
    labels = np.append(Y, [0] * 5)
    train, test = np.arange(len(X)), np.arange(len(X), len(rows))
    search = SearchCV(Constant(forbidden=99.0), {"constant": Float(0, 1)}, trials=3, cv=2, error_score="raise")
    scores = cross_val_score(search, rows, labels, cv=[(train, test)], error_score="raise")
    assert scores.tolist() == [1.0]
    with pytest.raises(AssertionError, match="may not see"):
        search.fit(rows, labels)


def test_nested_cross_validation():
    search = SearchCV(GaussianNB(), SMOOTHING, trials=3, cv=2, random_state=0)
    assert cross_val_score(search, X, Y, cv=3).mean() > 0.9


def test_each_fit_is_a_search_of_its_own():
    search = SearchCV(GaussianNB(), SMOOTHING, trials=5, cv=2, random_state=1)
    first = search.fit(X, Y).study_
    second = search.fit(X[::-1], Y[::-1]).study_
    assert first is not second
    assert [len(study.trials) for study in (first, second)] == [5, 5]
    assert first.trials[0].params == second.trials[0].params
    other = clone(search).set_params(random_state=2).fit(X, Y)
    assert other.study_.trials[0].params != first.trials[0].params


@pytest.mark.parametrize("batch", [0, 3])
def test_jobs_change_nothing(batch):
    one = SearchCV(GaussianNB(), SMOOTHING, trials=14, cv=2, random_state=0, batch=batch).fit(X, Y)
    with parallel_config("threading"):
        two = clone(one).set_params(n_jobs=2).fit(X, Y)
    assert one.cv_results_["params"] == two.cv_results_["params"]


def test_a_batch_sees_the_trials_before_it():
    batched = SearchCV(GaussianNB(), SMOOTHING, trials=14, cv=2, random_state=0, batch=3).fit(X, Y)
    alone = clone(batched).set_params(batch=0).fit(X, Y)
    same = [
        ours == theirs for ours, theirs in zip(batched.cv_results_["params"], alone.cv_results_["params"], strict=True)
    ]
    assert all(same[:10])  # drawn at random
    assert not all(same)


@pytest.mark.long
def test_processes_receive_no_results_of_the_fit(tmp_path):
    search = SearchCV(GaussianNB(), SMOOTHING, trials=4, cv=2, random_state=0, n_jobs=2).fit(X, Y)
    assert search.fit(X, Y).cv_results_["params"] == clone(search).set_params(n_jobs=1).fit(X, Y).cv_results_["params"]


def test_the_same_folds_judge_all_candidates():
    search = SearchCV(GaussianNB(), {"var_smoothing": [1e-9]}, trials=6, cv=KFold(4, shuffle=True))
    scores = [search.fit(X[:, :2], Y).cv_results_["split0_test_score"] for _ in range(6)]
    assert all(len(set(candidates)) == 1 for candidates in scores)
    assert len({candidates[0] for candidates in scores}) > 1  # each fit splits anew


def test_a_pipeline_with_a_step_to_choose_and_tuples():
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
    scalers = [StandardScaler(), StandardScaler(with_std=False), "passthrough"]
    space = {
        "standardscaler": Choice(scalers),
        "standardscaler__with_mean": Choice([True, False], when={"standardscaler": scalers[:1]}),
        "kneighborsclassifier__n_neighbors": Int(1, 9, step=2),
        "kneighborsclassifier__metric_params": [None, {"w": (1, 1, 1, 2)}],
    }
    search = SearchCV(pipeline, space, trials=12, cv=2, random_state=0).fit(X, Y)
    assert {str(params["standardscaler"]) for params in search.cv_results_["params"]} == set(map(str, scalers))
    assert search.study_.trials[0].distributions["standardscaler"].choices[0] == "StandardScaler()"
    has_mean = ["standardscaler__with_mean" in params for params in search.cv_results_["params"]]
    assert has_mean == [params["standardscaler"] is scalers[0] for params in search.cv_results_["params"]]
    assert search.cv_results_["param_standardscaler__with_mean"].mask.tolist() == [not each for each in has_mean]
    assert search.best_estimator_.score(X, Y) > 0.9


def test_a_parameter_whose_condition_fails_is_left_as_it_is():
    space = {
        "gamma": {"low": 1e-4, "high": 10.0, "log": True, "when": {"kernel": ["rbf"]}},
        "kernel": {"choices": ["linear", "rbf"]},
        "C": optuna.distributions.FloatDistribution(0.1, 10),
    }
    search = SearchCV(SVC(gamma=0.25), space, trials=10, cv=2, random_state=0).fit(X, Y)
    assert {params["kernel"] for params in search.cv_results_["params"]} == {"linear", "rbf"}
    assert all(("gamma" in params) == (params["kernel"] == "rbf") for params in search.cv_results_["params"])
    assert search.best_estimator_.gamma == search.best_params_.get("gamma", 0.25)


def test_greater_is_better_for_every_scorer():
    target = X @ [1.0, -2.0, 0.5, 0.0]
    scorers = ["neg_mean_squared_error", make_scorer(mean_squared_error, greater_is_better=False), None]
    for scoring in scorers:
        space = {"alpha": [1e6, 1e-6, 1e3]}
        search = SearchCV(Ridge(), space, in_turn, trials=3, cv=2, scoring=scoring).fit(X, target)
        assert search.best_params_ == {"alpha": 1e-6}
        assert search.study_.best_params == {"alpha": 1e-6}


def test_several_scorers_and_the_one_that_leads():
    space = {"strategy": ["most_frequent", "prior", "uniform"]}
    scoring = ["accuracy", "neg_log_loss"]
    search = SearchCV(DummyClassifier(), space, in_turn, trials=3, cv=2, scoring=scoring, refit="neg_log_loss")
    search.fit(X, Y)
    assert search.best_params_["strategy"] in ("prior", "uniform")
    assert [trial.value for trial in search.study_.trials] == search.cv_results_["mean_test_neg_log_loss"].tolist()
    assert "mean_test_accuracy" in search.cv_results_


def test_without_refit_there_is_nothing_to_predict_with():
    search = SearchCV(GaussianNB(), SMOOTHING, trials=3, cv=2, refit=False).fit(X, Y)
    assert search.best_score_ > 0.9
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search, "predict")


def test_a_function_can_choose_the_candidate_to_fit():
    search = SearchCV(
        GaussianNB(), SMOOTHING, trials=4, cv=2, refit=lambda results: int(results["rank_test_score"].argmax())
    )
    search.fit(X, Y)
    assert search.best_index_ == search.cv_results_["mean_test_score"].argmin()
    assert search.best_estimator_.var_smoothing == search.cv_results_["params"][search.best_index_]["var_smoothing"]


def test_methods_are_those_of_the_estimator():
    search = SearchCV(GaussianNB(), SMOOTHING, trials=3, cv=2)
    assert hasattr(search, "predict_proba")
    assert not hasattr(search, "decision_function")
    assert not hasattr(search, "transform")
    search.fit(X, Y)
    assert search.classes_.tolist() == [0, 1, 2]
    assert search.n_features_in_ == 4


class Slow(GaussianNB):
    def fit(self, X, y):  # noqa: N803 -- scikit-learn's name
        time.sleep(0.02)
        return super().fit(X, y)


def test_a_timeout_ends_the_search_with_what_there_is():
    progress = []
    search = SearchCV(Slow(), SMOOTHING, trials=1000, cv=2, timeout=0.2, progress=lambda *now: progress.append(now))
    search.fit(X, Y)
    assert 1 <= len(search.cv_results_["params"]) < 100
    assert progress == [(number + 1, 1000) for number in range(len(search.study_.trials))]
    assert len(search.set_params(timeout=1e-9).fit(X, Y).cv_results_["params"]) == 1


def test_a_fitted_search_can_be_pickled():
    search = SearchCV(GaussianNB(), SMOOTHING, trials=12, cv=2, random_state=0).fit(X, Y)
    other = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(other.predict(X), search.predict(X))
    assert other.study_.best_value == search.study_.best_value
    assert not set(vars(search)) & {"_folds", "_evaluations"}


def test_each_fit_is_a_study_in_the_storage(tmp_path):
    url = f"sqlite:///{tmp_path / 'searches.db'}"
    search = SearchCV(GaussianNB(), SMOOTHING, trials=2, cv=2, storage=url).fit(X, Y).fit(X, Y)
    studies = optuna.get_all_study_summaries(open_storage(url))
    assert [study.n_trials for study in studies] == [2, 2]
    assert studies[1].study_name == search.study_.study_name
    assert {trial.state for trial in search.study_.trials} == {TrialState.COMPLETE}


@pytest.mark.long
def test_a_report(tmp_path):
    search = SearchCV(GaussianNB(), SMOOTHING, trials=4, cv=2, scoring="balanced_accuracy", random_state=0).fit(X, Y)
    page = search.report(tmp_path / "report").with_suffix(".md").read_text(encoding="utf-8")
    assert page.startswith("# GaussianNB, narrowing")
    assert "After 4 trials the best validation balanced\\_accuracy is " in page


def test_a_report_needs_a_search(tmp_path):
    with pytest.raises(ValueError, match="not fitted"):
        SearchCV(GaussianNB(), SMOOTHING).report(tmp_path)


def test_the_first_candidates_are_near_likely_values(tmp_path, monkeypatch):
    def near(**likely):
        space = {"var_smoothing": Float(1e-9, 10, log=True, **likely)}
        search = SearchCV(GaussianNB(), space, strategy="random", trials=8, cv=2, random_state=0).fit(X, Y)
        return search, [trial.params["var_smoothing"] for trial in search.study_.trials]

    _, without = near()
    search, with_likely = near(likely=1e-3)
    assert with_likely[0] == 1e-3
    marked = [trial.number for trial in search.study_.trials if NEAR in trial.user_attrs]
    assert len(marked) >= 3
    assert [each for number, each in enumerate(with_likely) if number not in marked] == [
        each for number, each in enumerate(without) if number not in marked
    ]
    reported = []
    monkeypatch.setattr("hpsearch.report.write_report", lambda results, _: reported.append(results))
    search.report(tmp_path)
    assert reported[0].likely_values("var_smoothing") == [1e-3]
