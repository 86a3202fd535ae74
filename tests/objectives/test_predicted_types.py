"""What a model predicts has the type of the target it was trained on, so that both can be compared."""

import numpy as np
import pandas as pd
import pytest

import hpsearch
from hpsearch.data import Dataset, DataSettings, load
from hpsearch.errors import DataError
from hpsearch.estimators.tabular import TabularModel
from hpsearch.objectives import EstimatorObjective
from tests.estimators.forged import rewrite

X = pd.DataFrame(
    {"size": np.repeat([0.0, 10.0, 20.0], 12) + np.tile(np.arange(12.0), 3) / 100, "age": np.arange(36) % 5}
)
ORDER = np.repeat([0, 1, 2], 12)

TARGETS = {
    "whole numbers": np.array([10, 9, 2])[ORDER],
    "small whole numbers": np.array([1, 0, -1], np.int8)[ORDER],
    "decimals": np.array([0.0, 1.0, 2.0])[ORDER],
    "truths": np.array([True, False, True])[ORDER],
    "texts": np.array(["b", "a", "01"])[ORDER],
    "whole numbers of pandas": pd.array(np.array([10, 9, 2])[ORDER], dtype="Int64"),
    "truths of pandas": pd.array(np.array([True, False, True])[ORDER], dtype="boolean"),
    "categories of texts": pd.Categorical(np.array(["b", "a", "c"])[ORDER]),
    "categories of whole numbers": pd.Categorical(np.array([10, 9, 2])[ORDER]),
    "categories of decimals": pd.Categorical(np.array([0.5, 1.0, 2.0])[ORDER], categories=[2.0, 1.0, 0.5, 7.0]),
    "categories of truths": pd.Categorical(np.array([True, False, True])[ORDER]),
}


def model_of(data, **more):
    return EstimatorObjective(data, model={"estimator": "naive_bayes"}, space={}, **more).final_model({})


def agree(predicted, target):
    """Check that comparing with the column works, and that types are equal."""
    values = np.asarray(target)
    assert (predicted == values).mean() > 0.9
    assert predicted.dtype.kind == (
        "U" if values.dtype.kind == "O" and isinstance(values[0], str) else values.dtype.kind
    )


@pytest.mark.parametrize("kind", TARGETS)
def test_predictions_of_a_frame_equal_its_column(kind, tmp_path):
    frame = X.assign(target=TARGETS[kind])
    model = model_of((frame, "target"))
    agree(model.predict(frame), frame["target"])
    assert set(model.classes_.tolist()) == set(np.asarray(frame["target"]).tolist())
    model.save(tmp_path / "m.model")
    loaded = TabularModel.load(tmp_path / "m.model")
    agree(loaded.predict(frame), frame["target"])
    assert loaded.predict(frame).dtype == model.predict(frame).dtype


@pytest.mark.parametrize("kind", ["whole numbers", "small whole numbers", "decimals", "truths"])
def test_predictions_of_arrays_and_npz_files_equal_the_target(kind, tmp_path):
    target = TARGETS[kind]
    agree(model_of((X.to_numpy(), target)).predict(X.to_numpy()), target)
    np.savez(tmp_path / "a.npz", x=X.to_numpy(), y=target.astype(target.dtype.newbyteorder()))
    agree(model_of({"source": "npz", "path": str(tmp_path / "a.npz")}).predict(X.to_numpy()), target)


@pytest.mark.parametrize("kind", ["whole numbers", "decimals", "truths", "texts"])
def test_predictions_of_a_csv_file_equal_its_column(kind, tmp_path):
    path = tmp_path / "a.csv"
    X.assign(target=TARGETS[kind]).to_csv(path, index=False)
    agree(model_of({"source": "csv", "path": str(path), "target": "target"}).predict(X), pd.read_csv(path)["target"])


def test_a_search_gives_a_model_whose_predictions_can_be_compared():
    frame = X.assign(target=TARGETS["whole numbers"])
    objective = hpsearch.MLPObjective(
        (frame, "target"), model={"epochs": 20}, space={"learning_rate": {"low": 0.04, "high": 0.05}}
    )
    agree(hpsearch.search(objective, trials=1).best_model.predict(frame), frame["target"])


def test_names_of_classes_stay_those_of_the_command():
    decimals = model_of((X.assign(target=TARGETS["decimals"]), "target"))
    named = decimals.predictions(X, as_names=True)
    assert list(named) == ["prediction", "probability_0", "probability_1", "probability_2"]
    assert list(named) == list(decimals.predictions(X))
    assert set(named["prediction"]) == {"0", "1", "2"}
    assert set(decimals.predictions(X)["prediction"]) == {0.0, 1.0, 2.0}


def test_the_fingerprint_is_of_names_alone(tmp_path):
    texts = X.assign(target=TARGETS["texts"])
    whole = X.assign(target=TARGETS["whole numbers"])
    as_texts = EstimatorObjective((texts, "target"), model={"estimator": "naive_bayes"}, space={})
    assert as_texts._source.dataset.class_values is None
    path = tmp_path / "a.csv"
    whole.to_csv(path, index=False)
    data = load(DataSettings(source="csv", path=str(path), target="target"))
    assert data.class_values.tolist() == [2, 9, 10]
    plain = Dataset(data.name, data.x, data.y, data.task, data.feature_names, data.class_names)
    assert data.fingerprint == plain.fingerprint


def test_model_files_of_before_predict_names(tmp_path):
    path = tmp_path / "m.model"
    model_of((X.assign(target=TARGETS["whole numbers"]), "target")).save(path)
    rewrite(path, lambda description, _arrays: description.pop("class_values"))
    assert set(TabularModel.load(path).predict(X)) == {"10", "9", "2"}


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"type": "object", "values": [1, 2, 3]}, "type of class values must be one of bool"),
        ({"type": "int64", "values": [1, 2]}, "class_values must be 3 numbers"),
        ({"type": "int64", "values": [1, 2, 2]}, "finite numbers that differ"),
        ({"type": "float64", "values": [1, 2, float("nan")]}, "finite numbers that differ"),
        ({"type": "int8", "values": [1, 2, 10**9]}, "can't be read"),
        ({"type": "int8", "values": "abc"}, "can't be read"),
        ({"values": [1, 2, 3]}, "can't be read"),
        ([1, 2, 3], "can't be read"),
    ],
)
def test_class_values_that_someone_changed_are_refused(values, problem, tmp_path):
    path = tmp_path / "m.model"
    model_of((X.assign(target=TARGETS["whole numbers"]), "target")).save(path)
    rewrite(path, lambda description, _arrays: description.update(class_values=values))
    with pytest.raises(DataError, match=problem):
        TabularModel.load(path)
