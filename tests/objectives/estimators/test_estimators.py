"""The family of estimators: settings, seeds, what is stored, and what a study makes of it."""

import json
import pickle
import tomllib
import warnings

import numpy as np
import pytest
import tomli_w
from optuna.storages import InMemoryStorage
from optuna.trial import FixedTrial

from hpsearch.data import Dataset
from hpsearch.errors import UsageError
from hpsearch.execution import execute
from hpsearch.objectives import EstimatorObjective
from hpsearch.objectives.estimators import ESTIMATORS
from hpsearch.objectives.estimators.settings import NOT_SET
from hpsearch.study.plan import plan
from tests.factor_files import BASE, attributes, content, over

SOURCE = {"classification": "iris", "regression": "diabetes"}
EVERY = [(name, task) for name, each in ESTIMATORS.items() for task in each.classes]
SHORT = {"random_forest": {"n_estimators": 3}, "extra_trees": {"n_estimators": 3}, "mlp": {"max_iter": 3}}
SHORT |= {"hist_gradient_boosting": {"max_iter": 2}, "xgboost": {"n_estimators": 3}, "lightgbm": {"n_estimators": 3}}


def objective(name, task="classification", data=None, **arguments):
    if ESTIMATORS[name].classes[task].startswith(("xgboost", "lightgbm")):
        pytest.importorskip(name, reason=f"{name} is not installed")
    model = {"estimator": name, **SHORT.get(name, {}), **arguments.pop("model", {})}
    return EstimatorObjective(data or SOURCE[task], model=model, **arguments)


def middle(made):
    """Return a value of each parameter: the low end, or the first choice."""
    return {name: dist.low if hasattr(dist, "low") else dist.choices[0] for name, dist in made.space.items()}


@pytest.mark.parametrize(("name", "task"), EVERY)
def test_every_estimator_is_trained_stored_and_sent(name, task):
    made = objective(name, task)
    params = middle(made)
    value = made(FixedTrial(params))
    assert np.isfinite(value)
    rebuilt = EstimatorObjective.from_content(json.loads(json.dumps(made.content)))
    sent = pickle.loads(pickle.dumps(made))
    for other in (rebuilt, sent):
        assert other.content == made.content
        assert other.conditions == made.conditions
        assert other.retrain(params, made.seeds(0)).validation == value
    assert made.metric == {"classification": "accuracy", "regression": "r2"}[task]


@pytest.mark.parametrize(("name", "task"), EVERY)
def test_the_values_are_those_of_the_estimator_itself(name, task):
    made = objective(name, task)
    seeds = made.seeds(4)
    kind = ESTIMATORS[name].kind(task)
    own = kind(**{**SHORT.get(name, {}), **middle(made), **ESTIMATORS[name].fixed})
    if "random_state" in own.get_params():
        own.set_params(random_state=int(seeds.generate_state(1)[0]))
    rows = made.data
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few iterations do not converge
        own.fit(rows.x_train, rows.y_train)
    training = made.retrain(middle(made), seeds)
    assert training.validation == pytest.approx(own.score(rows.x_validation, rows.y_validation), abs=1e-6)
    assert training.outcome().value == pytest.approx(own.score(rows.x_test, rows.y_test), abs=1e-6)
    assert np.array_equal(training.model().predict(rows.x_test), own.predict(rows.x_test))


def test_a_training_depends_on_its_seeds_alone():
    made = objective("random_forest")
    params = middle(made)
    one, again, other = (made.retrain(params, made.seeds(number)).model() for number in (1, 1, 2))
    assert np.array_equal(one.predict_proba(made.data.x_test), again.predict_proba(made.data.x_test))
    assert not np.array_equal(one.predict_proba(made.data.x_test), other.predict_proba(made.data.x_test))


def test_default_spaces_are_conditional_where_they_must_be():
    assert list(objective("svm").space) == ["C", "gamma"]
    assert list(objective("svm", model={"kernel": "linear"}).space) == ["C"]
    assert list(objective("svm", "regression").space) == ["C", "gamma", "epsilon"]
    assert "max_samples" not in objective("random_forest", model={"bootstrap": False}).space
    space = {"kernel": {"choices": ["rbf", "linear"]}, "gamma": {"low": 0.1, "high": 1.0, "when": {"kernel": ["rbf"]}}}
    assert objective("svm", space=space).conditions == {"gamma": {"kernel": ["rbf"]}}


REFUSED = [
    ({}, None, "[model] estimator is missing: choose from extra_trees, "),
    ({"estimator": "svn"}, None, "[model] estimator: unknown estimator 'svn' (did you mean 'svm'?): choose from "),
    ({"estimator": ["svm"]}, None, "[model] estimator: unknown estimator ['svm'] (did you mean 'svm'?): "),
    ({"estimator": "ridge"}, None, "[model] estimator: 'ridge' is for regression only, and the data is for classif"),
    ({"estimator": "svm", "c": 1.0}, None, "[model] c: unknown key 'c'"),
    ({"estimator": "svm", "C": -1.0}, None, "[model] C must be a float in the range (0.0, inf], got -1.0"),
    ({"estimator": "svm", "C": "1"}, None, "[model] C must be a float in the range (0.0, inf], got '1'"),
    ({"estimator": "svm"}, {"C": {"low": 0.0, "high": 1.0}}, "[space] C must be a float in the range (0.0, inf], got"),
    ({"estimator": "svm", "random_state": 1}, None, "[model] random_state: comes from the study's seed; leave it out"),
    ({"estimator": "random_forest"}, {"n_jobs": {"low": 1, "high": 2}}, "[space] n_jobs: is 1: "),
    ({"estimator": "svm"}, {"estimator": {"choices": ["svm"]}}, "[space] estimator can't be searched: make it a f"),
    ({"estimator": "svm", "C": 1.0}, {"C": {"low": 0.1, "high": 1.0}}, "[space] C: is fixed in [model] too (at 1.0)"),
]


@pytest.mark.parametrize(("model", "space", "message"), REFUSED)
def test_settings_that_are_refused(model, space, message):
    with pytest.raises(UsageError) as caught:
        EstimatorObjective("iris", model=model, space=space)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_settings_are_checked_without_data_for_the_tasks_of_the_estimator():
    EstimatorObjective.check({"estimator": "svm"}, {"epsilon": {"low": 0.1, "high": 1.0}})
    EstimatorObjective.check({"estimator": "ridge", "alpha": 2.0}, None)
    for model in ({"estimator": "ridge", "alpha": -2.0}, {"estimator": "none"}):
        with pytest.raises(UsageError):
            EstimatorObjective.check(model, None)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_parameters_that_no_study_sets_are_parameters_of_some_estimator(name):
    assert not set(NOT_SET) & {*ESTIMATORS[name].space, *ESTIMATORS[name].regression_space}
    assert set(ESTIMATORS[name].fixed) <= set(NOT_SET)


def test_a_library_that_is_missing_is_named(monkeypatch):
    monkeypatch.setitem(ESTIMATORS["xgboost"].classes, "classification", "no_such_library:XGBClassifier")
    with pytest.raises(UsageError, match=r"'xgboost' needs the package no_such_library: pip install no_such_library"):
        ESTIMATORS["xgboost"].kind("classification")


def test_a_network_of_scikit_learn_that_overflows_has_diverged():
    made = objective("mlp", "regression", model={"solver": "sgd", "learning_rate_init": 1e3}, space={})
    training = made.retrain({}, made.seeds(0))
    assert training.validation == -np.inf
    assert training.attributes()["diverged"] is True
    assert training.outcome().value == -np.inf
    made = objective("mlp", "regression", space={})
    assert not made.retrain({}, made.seeds(0)).attributes()["diverged"]


def test_whether_iterations_converged_is_stored():
    made = objective("logistic_regression", space={}, model={"max_iter": 1})
    assert made.retrain({}, made.seeds(0)).attributes() == {"diverged": False, "converged": False}
    made = objective("logistic_regression", space={}, model={"max_iter": 1000})
    assert made.retrain({}, made.seeds(0)).attributes() == {"diverged": False}


def test_estimators_are_compared_in_a_study(tmp_path):
    names = ["logistic_regression", "naive_bayes"]
    tables = {"model": {"family": "estimator"}, "factors": over("model.estimator", *names)["factors"]}
    ready, storage = planned_alone(tmp_path, tables), InMemoryStorage()
    execute(ready, storage)
    assert [list(run.space) for run in ready.runs()] == [["C"], ["var_smoothing"]]
    runs = [run.name for run in ready.runs()]
    assert [attributes(storage, name)["family"] for name in runs] == ["estimator", "estimator"]
    assert all(len(trials) == 3 and test["values"] for trials, test, *_ in content(storage).values())
    again = content(storage)
    execute(planned_alone(tmp_path, tables), storage)
    assert content(storage) == again, "the same call trains nothing"


def planned_alone(folder, tables):
    """Return the plan of the small study without the network's settings."""
    base = tomllib.loads(BASE) | tables
    path = folder / "small.toml"
    path.write_text(tomli_w.dumps(base), encoding="utf-8")
    return plan(str(path))


def test_a_level_with_another_estimator_brings_its_own_model_and_space(tmp_path):
    forest = {"family": "estimator", "estimator": "random_forest", "n_estimators": 3}
    levels = {
        "forest": {},
        "small": {"model": {"min_samples_leaf": 5}},
        "svm": {"model": {"estimator": "svm"}},
        "network": {"model": {"family": "mlp", "epochs": 1}},
    }
    space = {"max_features": {"low": 0.5, "high": 1.0}}
    ready = planned_alone(tmp_path, {"model": forest, "space": space, "factors": {"model": {"levels": levels}}})
    runs = {run.variant: run for run in ready.runs()}
    assert {name: list(run.space) for name, run in runs.items()} == {
        "forest": ["max_features"],
        "small": ["max_features"],
        "svm": ["C", "gamma"],
        "network": ["learning_rate", "weight_decay"],
    }
    assert runs["small"].content["model"] == {"estimator": "random_forest", "n_estimators": 3, "min_samples_leaf": 5}
    assert runs["svm"].content["model"] == {"estimator": "svm"}


def test_a_data_set_of_arrays():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    data = Dataset(
        name="mine", x=x, y=(x[:, 0] > 0).astype(np.int64), task="classification",
        feature_names=("a", "b", "c"), class_names=("no", "yes"),
    )  # fmt: skip
    made = objective("naive_bayes", data=data)
    assert made.retrain(middle(made), made.seeds(0)).validation > 0.5
