"""Frames, arrays and pairs are data of objectives: split, searched, stored and predicted with."""

import numpy as np
import pandas as pd
import pytest

import hpsearch
from hpsearch.analysis.best import best
from hpsearch.data import Dataset
from hpsearch.errors import DataError, UsageError
from hpsearch.objectives.estimators import EstimatorObjective
from hpsearch.report.python_code import program

ROWS = 120
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, 3))
Y = np.where(X[:, 0] > 0, "yes", "no")
FRAME = pd.DataFrame(X, columns=["a", "b", "c"]).assign(kind=RNG.choice(["u", "v"], ROWS), churned=Y)
MODEL = {"epochs": 2, "hidden_layer_sizes": [4]}


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setattr("hpsearch.execution.site.is_isolated", lambda *_: False)


def objective(data, **options):
    return hpsearch.MLPObjective(data, model=MODEL, **options)


def test_arrays_are_the_data_set_that_they_would_be_by_hand():
    made = objective((X, Y))
    names = tuple(f"x_{place}" for place in range(3))
    by_hand = Dataset(
        "frame", X.astype(np.float32), (Y == "yes").astype(np.int64), "classification", names, ("no", "yes")
    )
    assert made.content["data"]["fingerprint"] == by_hand.fingerprint
    np.testing.assert_array_equal(made.data.x_train, objective(by_hand).data.x_train)


def test_a_frame_is_read_as_its_file(tmp_path):
    FRAME.to_csv(tmp_path / "table.csv", index=False)
    of_file = objective({"source": "csv", "path": str(tmp_path / "table.csv"), "target": "churned"})
    of_frame = objective((FRAME, "churned"))
    assert of_frame.content["data"]["fingerprint"] == of_file.content["data"]["fingerprint"]
    np.testing.assert_array_equal(of_frame.data.x_test, of_file.data.x_test)


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.convert_dtypes(),
        FRAME.astype({"kind": "category", "churned": "category"}),
        FRAME.set_axis(range(ROWS, 0, -1)),
        FRAME.astype({"a": object}),
    ],
    ids=["nullable", "categories", "index", "objects"],
)
def test_dtypes_do_not_matter(frame):
    assert objective((frame, "churned")).content == objective((FRAME, "churned")).content


def test_a_frame_of_polars_is_the_same_frame():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({name: FRAME[name].to_list() for name in FRAME})
    assert objective((frame, "churned")).content == objective((FRAME, "churned")).content
    inputs, target = frame.drop("churned"), frame["churned"]
    assert objective((inputs, target)).content == objective((FRAME, "churned")).content


def test_a_series_names_the_target():
    made = objective((FRAME.drop(columns="churned"), FRAME["churned"]))
    assert made.content == objective((FRAME, "churned")).content


def test_regression_from_numbers():
    made = objective((X, X @ [1.0, 2.0, 3.0]))
    assert (made.metric, made.direction) == ("r2", "maximize")


def test_settings_stand_beside_a_frame():
    made = objective({"frame": FRAME, "target": "churned", "validation": 0.5, "test": 10, "metric": "roc_auc"})
    assert made.metric == "roc_auc"
    assert len(made.data.x_test) == 10
    assert len(made.data.x_validation) == ROWS // 2
    assert made.content["data"].keys() == {"source", "validation", "test", "metric", "fingerprint"}


def test_roles_of_columns_and_missing_values():
    frame = FRAME.assign(id=range(ROWS), when=pd.date_range("2024-01-01", periods=ROWS, freq="D"))
    frame.loc[::7, "b"] = np.nan
    data = {"frame": frame, "target": "churned", "ignore": ["id"], "imputation": "mean"}
    made = objective(data)
    assert made.content["data"]["ignore"] == ["id"]
    assert np.isfinite(made.data.x_train).all()
    model = made.final_model({"learning_rate": 0.01, "weight_decay": 0.0})
    assert set(model.predict(frame)) <= {"yes", "no"}


def test_an_estimator_is_cross_validated_on_a_frame():
    data = {"frame": FRAME, "target": "churned", "validation": "3-fold"}
    found = hpsearch.search(EstimatorObjective(data, model={"estimator": "naive_bayes"}), trials=2)
    assert found.best_value > 0.8


def test_a_search_ends_in_a_model_for_the_same_kind_of_frame():
    found = hpsearch.search(objective((FRAME, "churned")), trials=2)
    predicted = found.best_model.predict(FRAME.drop(columns="churned"))
    assert set(predicted) <= {"yes", "no"}
    for frame in (FRAME, FRAME.convert_dtypes(), FRAME.astype({"kind": "category"})):
        np.testing.assert_array_equal(found.best_model.predict(frame), predicted)


def test_a_model_predicts_for_a_frame_of_polars():
    polars = pytest.importorskip("polars")
    found = hpsearch.search(objective((FRAME, "churned")), trials=1)
    frame = polars.DataFrame({name: FRAME[name].to_list() for name in FRAME})
    np.testing.assert_array_equal(found.best_model.predict(frame), found.best_model.predict(FRAME))


def test_a_stored_search_goes_on_with_equal_data_only(tmp_path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    data = {"frame": FRAME, "target": "churned", "categories": ["kind"]}
    first = hpsearch.search(objective(data), trials=2, storage=url)
    again = hpsearch.search(objective(data | {"frame": FRAME.copy()}), trials=3, storage=url)
    assert list(again.trials["value"][:2]) == list(first.trials["value"])
    changed = FRAME.assign(a=FRAME["a"] + 1e-3)
    with pytest.raises(UsageError, match=r"another data\.fingerprint") as raised:
        hpsearch.search(objective(data | {"frame": changed}), trials=4, storage=url)
    assert "\n" not in str(raised.value)


def test_levels_of_a_factor_change_the_scaling_of_a_frame():
    factors = {"scaling": {"key": "data.scaling", "values": ["standard", "minmax"]}}
    compared = hpsearch.compare(objective((FRAME, "churned")), factors=factors, trials=1, repeats=1, retrain=0)
    assert list(compared.table["variant"]) == ["standard", "minmax"]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (FRAME, UsageError, r'data of shape \(120, 5\) needs its target: write \(X, y\), or \(frame, "name of a'),
        (X, UsageError, r"data of shape \(120, 3\) needs its target"),
        ((X, Y, Y), UsageError, r"data: a tuple must be a pair \(X, y\), got 3 values"),
        (7, UsageError, "data must be a name, a table, a pair"),
        ({"frame": FRAME}, UsageError, "data: a frame needs its target"),
        ({"frame": FRAME, "target": "churned", "path": "a"}, UsageError, "data: unknown key 'path'"),
        ({"frame": FRAME, "target": "churned", "task": "x"}, UsageError, "data: unknown task 'x'|data: task"),
        ({"frame": FRAME, "target": "churned", "test": 2.0}, UsageError, "data: test"),
        ((FRAME, "churn"), DataError, r"frame: target must name a column: .*did you mean 'churned'"),
        ((X, Y[:7]), DataError, r"frame: the target must have shape \(120,\), one for each row, got \(7,\)"),
        ((FRAME.replace({"yes": None}), "churned"), DataError, "frame: .*'churned'.*missing"),
        ((FRAME.assign(n=[f"n{row}" for row in range(ROWS)]), "churned"), DataError, r'frame: .*ignore = \["n"\]'),
        ({"frame": FRAME, "target": "churned", "ignore": "a"}, UsageError, "data: ignore must be a list of names"),
        ((FRAME[["churned"]], "churned"), DataError, "frame: no column is left beside the target"),
        ((X[:, 0], Y), DataError, "frame: must be a data frame, or an array"),
        ((X, ["a"] * ROWS), DataError, "at least two classes"),
    ],
)
def test_what_is_no_data_is_refused_in_one_line(data, error, message):
    with pytest.raises(error, match=message) as raised:
        objective(data)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 600


def test_code_of_the_best_does_not_pretend_to_load_the_frame():
    found = hpsearch.compare(objective((FRAME, "churned")), strategies=["random"], trials=1, repeats=1, retrain=0)
    code = program(found.results, best(found.results)[0])
    assert "# The data of the study was given in Python and is not stored." in code
    assert "DataSettings" not in code
    exec(code, variables := {})
    assert variables["model"].epochs == MODEL["epochs"]
