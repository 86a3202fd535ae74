"""A search from Python ends in a model, too."""

import numpy as np
import pytest

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


def test_a_function_has_no_model():
    found = hpsearch.search(lambda trial: trial.suggest_float("x", 0, 1), trials=2)
    with pytest.raises(UsageError, match="no model that predicts"):
        _ = found.best_model
