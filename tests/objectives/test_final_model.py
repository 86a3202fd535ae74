"""The model for use is what scikit-learn makes of the same rows, and knows no test row."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

import hpsearch
from hpsearch.data import Dataset, DataSettings, load, rows_without_test
from hpsearch.errors import UsageError
from hpsearch.estimators import MLPClassifier
from hpsearch.estimators.tabular import TabularModel
from hpsearch.objectives import FunctionObjective
from hpsearch.seeding import integer

MODEL = {"hidden_layer_sizes": [8], "epochs": 5}
PARAMS = {"learning_rate": 0.02, "weight_decay": 1e-4}


def objective(source="iris", seed=3, repeat=1, **data):
    return objective_on({"source": source, **data}, seed, repeat)


def objective_on(data, seed=3, repeat=1):
    return hpsearch.MLPObjective(data, model=MODEL, seed=seed, repeat=repeat)


@pytest.fixture
def iris():
    return load(DataSettings(source="iris"))


def table(dataset):
    return pd.DataFrame(dataset.x, columns=list(dataset.feature_names))


def test_it_predicts_what_a_scaler_and_an_estimator_do(iris):
    model = objective().final_model(PARAMS, all_rows=True)
    scaler = StandardScaler().fit(iris.x)
    seeded = MLPClassifier((8,), epochs=5, **PARAMS, random_state=integer(3, 1, "final model"))
    seeded.fit(scaler.transform(iris.x), iris.y)
    probabilities = seeded.predict_proba(scaler.transform(iris.x))
    np.testing.assert_allclose(model.predict_proba(table(iris)), probabilities, atol=1e-3)
    assert model.predict(iris.x).tolist() == [iris.class_names[place] for place in probabilities.argmax(axis=1)]
    assert model.classes_.tolist() == list(iris.class_names)


def test_test_rows_change_nothing(iris):
    x = iris.x.copy()
    x[np.setdiff1d(np.arange(150), rows_without_test(iris, test=0.2, seed=3))] += 100.0
    changed = Dataset("iris", x, iris.y, iris.task, iris.feature_names, iris.class_names)
    before, after = (each.final_model(PARAMS) for each in (objective(), objective_on(changed)))
    assert before.about["rows"] == 120
    np.testing.assert_array_equal(after.predict_proba(iris.x), before.predict_proba(iris.x))
    whole = objective_on(changed).final_model(PARAMS, all_rows=True)
    assert whole.about["rows"] == 150
    assert (whole.predict_proba(iris.x) != before.predict_proba(iris.x)).any()


@pytest.mark.parametrize("scaling", ["standard", "none", "minmax"])
def test_numbers_are_in_the_units_of_the_target(scaling):
    diabetes = load(DataSettings(source="diabetes"))
    model = objective("diabetes", scaling=scaling).final_model({"learning_rate": 0.01, "weight_decay": 1e-4})
    predicted = model.predict(diabetes.x)
    assert predicted.shape == (442,)
    assert np.isfinite(predicted).all()
    assert abs(predicted.mean() - diabetes.y.mean()) < (40 if scaling == "standard" else 1e4)
    assert model.estimator.target_mean_.tolist() == [0.0]
    with pytest.raises(UsageError, match="this model predicts numbers"):
        model.predict_proba(diabetes.x)


def test_the_same_seed_gives_the_same_model_and_each_repeat_another(iris):
    first, again, other = (objective(repeat=repeat).final_model(PARAMS).predict_proba(iris.x) for repeat in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_a_family_without_models_says_so():
    with pytest.raises(UsageError, match="FunctionObjective has no model"):
        FunctionObjective.build({}, model={}, space=None).final_model({})


def test_what_is_saved_predicts_the_same(iris, tmp_path):
    model = objective().final_model(PARAMS)
    model.save(tmp_path / "iris.model")
    loaded = TabularModel.load(tmp_path / "iris.model")
    pd.testing.assert_frame_equal(loaded.predictions(table(iris)), model.predictions(table(iris)))
    assert loaded.about == dict(model.about)
