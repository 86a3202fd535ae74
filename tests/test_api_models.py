"""A search from Python ends in a model, too."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier

import hpsearch
from hpsearch.data import DataSettings, load
from hpsearch.errors import UsageError


def test_a_search_has_a_model_that_predicts(monkeypatch):
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    wine, objective = load(DataSettings(source="wine")), hpsearch.MLPObjective("wine", model={"epochs": 10}, seed=2)
    found = hpsearch.search(objective, trials=3)
    predicted = found.best_model.predict(wine.x)
    assert set(predicted) <= set(wine.class_names)
    assert found.best_model is found.best_model
    by_hand = objective.final_model(found.best_params)
    np.testing.assert_array_equal(found.best_model.predict_proba(wine.x), by_hand.predict_proba(wine.x))


def test_the_best_parameters_go_back_into_the_class(monkeypatch):
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)
    space = {"hidden_layer_sizes": {"choices": [[4], [4, 3]]}, "alpha": {"low": 1e-5, "high": 1e-1, "log": True}}
    objective = hpsearch.EstimatorObjective("iris", model={"estimator": "mlp", "max_iter": 5}, space=space)
    found = hpsearch.search(objective, trials=2)
    assert found.best_params["hidden_layer_sizes"] in ([4], [4, 3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it does not converge so soon
        MLPClassifier(**found.best_params, max_iter=5).fit(*load_iris(return_X_y=True))
        fitted = found.best_model.estimator
    assert {name: fitted.get_params()[name] for name in found.best_params} == found.best_params


def test_a_function_has_no_model():
    found = hpsearch.search(lambda trial: trial.suggest_float("x", 0, 1), trials=2)
    with pytest.raises(UsageError, match="no model that predicts"):
        _ = found.best_model
