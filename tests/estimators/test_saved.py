"""Estimators of libraries in model files: what is loaded predicts what was saved."""

import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from hpsearch.errors import UsageError
from hpsearch.estimators.saved import check_savable
from hpsearch.estimators.tabular import TabularModel
from hpsearch.objectives.estimators.table import ESTIMATORS
from tests.estimators.saved_models import PATHS, is_classifier, model_of, rows

PICKLE = b"\x80\x04"  # how pickle begins


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.model"


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("name", PATHS)
def test_what_is_loaded_predicts_what_was_saved(name, classes, path):
    if classes == 2 and not is_classifier(name):
        pytest.skip("a regression has no classes")
    model = model_of(name, classes)
    model.save(path)
    loaded = TabularModel.load(path)
    pd.testing.assert_frame_equal(loaded.predictions(rows()), model.predictions(rows()))
    assert np.unique(model.predict(rows())).size > 1
    with zipfile.ZipFile(path) as archive:
        assert not any(archive.read(member).startswith(PICKLE) for member in archive.namelist())


def test_each_estimator_of_the_family_can_be_saved():
    classes = {path for estimator in ESTIMATORS.values() for path in estimator.classes.values()}
    assert classes <= set(PATHS)


SETTINGS = {
    "a calibrated machine": ("sklearn.svm:SVC", {"kernel": "poly", "class_weight": "balanced"}),
    "a machine with probabilities": ("sklearn.svm:SVC", {"probability": True}),
    "stopped early": ("sklearn.neural_network:MLPClassifier", {"early_stopping": True}),
    "lbfgs": ("sklearn.neural_network:MLPRegressor", {"solver": "lbfgs"}),
    "sgd": ("sklearn.neural_network:MLPClassifier", {"solver": "sgd"}),
    "best leaves first": ("sklearn.ensemble:RandomForestClassifier", {"max_leaf_nodes": 5, "oob_score": True}),
    "monotonic": ("sklearn.ensemble:ExtraTreesRegressor", {"monotonic_cst": [1, 0, 0, 0]}),
    "early boosting": ("sklearn.ensemble:HistGradientBoostingClassifier", {"early_stopping": True}),
    "quantiles": ("sklearn.ensemble:HistGradientBoostingRegressor", {"loss": "quantile", "quantile": 0.3}),
    "absolute": ("sklearn.ensemble:HistGradientBoostingRegressor", {"loss": "absolute_error"}),
    "by distance": ("sklearn.neighbors:KNeighborsClassifier", {"weights": "distance", "p": 1}),
    "other booster's loss": ("xgboost:XGBRegressor", {"objective": "reg:absoluteerror"}),
    "other light loss": ("lightgbm:LGBMRegressor", {"objective": "huber"}),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_other_settings_are_saved_too(case, path):
    name, settings = SETTINGS[case]
    model = model_of(name, **settings)
    model.save(path)
    pd.testing.assert_frame_equal(TabularModel.load(path).predictions(rows()), model.predictions(rows()))


REFUSED = {
    "categories": ("sklearn.ensemble:HistGradientBoostingClassifier", {"categorical_features": [3]}),
    "a function": ("sklearn.neighbors:KNeighborsClassifier", {"metric": lambda one, other: abs(one - other).sum()}),
    "a dart booster": ("xgboost:XGBClassifier", {"booster": "dart"}),
    "a random forest of boosters": (
        "lightgbm:LGBMClassifier",
        {"boosting_type": "rf", "subsample": 0.5, "subsample_freq": 1},
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_settings_that_no_file_holds_are_refused_in_one_line(case, path):
    name, settings = REFUSED[case]
    with pytest.raises(UsageError) as raised:
        model_of(name, **settings).save(path)
    assert "\n" not in str(raised.value)
    assert not path.exists()


def test_classes_of_others_are_refused_by_their_name():
    with pytest.raises(UsageError, match=r"a model file can hold MLPClassifier .* and not Pipeline: use it in Python"):
        check_savable(Pipeline)
