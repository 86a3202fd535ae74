"""Model files: what is saved predicts the same, and a file that someone changed loads safely or is refused."""

import io
import json
import zipfile
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from hpsearch.data.columns import Column, Columns
from hpsearch.data.preparation import Preparation
from hpsearch.errors import DataError, UsageError
from hpsearch.estimators import MLPClassifier, MLPRegressor
from hpsearch.estimators.saving import DESCRIPTION
from hpsearch.estimators.tabular import TabularModel
from tests.estimators.forged import rewrite

COLUMNS = Columns((Column("size"), Column("colour", "text", ("blue", "red"))), "kind")
ROWS = pd.DataFrame({"colour": ["red", "blue"] * 10, "size": range(20)})
SHIFT, FACTOR = np.array([9.5, 0.5, 0.5]), np.array([0.2, 2.0, 2.0])


def matrix(rows):
    return Preparation.plain(COLUMNS).apply(COLUMNS.encode(rows, "").x)


def classifier():
    x = (matrix(ROWS) - SHIFT) * FACTOR
    estimator = MLPClassifier((4,), epochs=3, random_state=0).fit(x.astype(np.float32), np.arange(20) % 2)
    return TabularModel(estimator, COLUMNS, SHIFT, FACTOR, ("ja, gewiß", "no\n"), about={"rows": 20})


def regressor():
    x = (matrix(ROWS) - SHIFT) * FACTOR
    estimator = MLPRegressor((4,), epochs=3, random_state=0).fit(x.astype(np.float32), np.arange(20) / 20)
    return TabularModel(estimator, COLUMNS, SHIFT, FACTOR, (), 100.0, 50.0)


MODELS = {"classifier": classifier, "regressor": regressor}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.model"


@pytest.mark.parametrize("kind", MODELS)
def test_what_is_loaded_predicts_what_was_saved(kind, path):
    model = MODELS[kind]()
    model.save(path)
    loaded = TabularModel.load(path)
    pd.testing.assert_frame_equal(loaded.predictions(ROWS), model.predictions(ROWS))
    assert (loaded.columns, loaded.about) == (model.columns, model.about)
    with np.load(path, allow_pickle=False) as archive:
        assert all(not archive[name].dtype.hasobject for name in archive.files)


def test_predictions_are_labels_with_probabilities(path):
    predictions = classifier().predictions(ROWS)
    assert list(predictions) == ["prediction", "probability_ja, gewiß", "probability_no\n"]
    assert set(predictions["prediction"]) <= {"ja, gewiß", "no\n"}
    np.testing.assert_allclose(predictions.iloc[:, 1:].sum(axis=1), 1.0)
    winners = predictions.iloc[:, 1:].to_numpy().argmax(axis=1)
    assert predictions["prediction"].tolist() == [("ja, gewiß", "no\n")[place] for place in winners]


def test_arrays_need_a_column_for_each_input():
    model = regressor()
    with pytest.raises(DataError, match=r"X must have the shape \(rows, 2\), got \(3, 5\)"):
        model.predict(np.zeros((3, 5)))
    mixed = ROWS[["size", "colour"]].to_numpy()
    np.testing.assert_array_equal(model.predict(mixed), model.predict(ROWS))
    with pytest.raises(DataError, match="at least one row"):
        model.predict(ROWS.head(0))
    with pytest.raises(DataError, match="row 1 is too large for float32 after scaling"):
        TabularModel(model.estimator, COLUMNS, SHIFT, FACTOR * 1e38).predict(ROWS.assign(size=1e5))


def test_tables_of_any_form_are_predicted_alike():
    model = regressor()
    mapping = {name: ROWS[name].to_list() for name in ROWS}
    for rows in (mapping, ROWS.to_records(index=False)):
        np.testing.assert_array_equal(model.predict(rows), model.predict(ROWS))
    numbers = TabularModel(MLPRegressor((2,), epochs=1).fit(np.eye(2, dtype=np.float32), [1.0, 2.0]),
                           Columns.of_numbers(["a", "b"]), np.zeros(2), np.ones(2))  # fmt: skip
    np.testing.assert_array_equal(numbers.predict(scipy.sparse.csr_array(np.eye(2))), numbers.predict(np.eye(2)))


def test_an_estimator_of_others_is_not_pickled(path):
    class Other:
        n_features_in_ = 3

    with pytest.raises(UsageError, match=r"a model file can hold MLPClassifier .* and not Other"):
        TabularModel(Other(), COLUMNS, SHIFT, FACTOR).save(path)
    assert not path.exists()


def test_files_of_estimators_and_models_are_told_apart(path):
    model = classifier()
    model.estimator.save(path)
    with pytest.raises(DataError, match=r"holds an estimator of class MLPClassifier, load it with MLPClassifier\.load"):
        TabularModel.load(path)
    model.save(path)
    with pytest.raises(DataError, match="holds an estimator of class TabularModel"):
        MLPClassifier.load(path)


def rewritten(path, change):
    """Change the description in a saved file."""
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    description = json.loads(arrays[DESCRIPTION].tobytes())
    change(description, arrays)
    arrays[DESCRIPTION] = np.frombuffer(json.dumps(description).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez(file, **arrays)


CHANGES = {
    "another class": lambda d, _: d["state"].update(estimator="os.system"),
    "no columns": lambda d, _: d["columns"].update(inputs=[]),
    "a column more": lambda d, _: d["columns"]["inputs"].append(["more", "number", []]),
    "a column of numbers as names": lambda d, _: d["columns"].update(inputs=[[1, "number", []]]),
    "a class name less": lambda d, _: d["class_names"].pop(),
    "no class names": lambda d, _: d.update(class_names=[]),
    "class names that are no text": lambda d, _: d.update(class_names=[1, 2]),
    "a class too high": lambda d, _: d["state"]["targets"].update(classes=[0, 7]),
    "a class below": lambda d, _: d["state"]["targets"].update(classes=[-1, 0]),
    "a class more": lambda d, _: (d["state"]["targets"].update(classes=[0, 1, 2]), d["class_names"].append("x")),
    "a target that is no number": lambda d, _: d.update(target=["a", 1]),
    "an infinite target": lambda d, _: d.update(target=[float("inf"), 1.0]),
    "a scaling that is missing": lambda _, a: a.pop("scaling.shift"),
    "a scaling of another size": lambda _, a: a.update({"scaling.factor": np.ones(2)}),
    "a scaling that is not finite": lambda _, a: a.update({"scaling.factor": np.full(3, np.nan)}),
    "a scaling of text": lambda _, a: a.update({"scaling.factor": np.array(["a", "b", "c"])}),
    "a preparation that is missing": lambda _, a: a.pop("preparation.fill"),
    "a preparation of another size": lambda _, a: a.update({"preparation.fill": np.ones(7)}),
    "a category that is none": lambda _, a: a.update({"preparation.kept.0": np.array([0, 9])}),
    "columns of another kind": lambda d, _: d["columns"]["inputs"][0].__setitem__(1, "date"),
    "about a number": lambda d, _: d.update(about=3),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_file_is_refused_in_one_line(change, path):
    classifier().save(path)
    rewritten(path, CHANGES[change])
    with pytest.raises(DataError) as raised:
        TabularModel.load(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def as_before(description, arrays):
    """Make the file one of format 1, without a preparation."""
    description["format"] = 1
    for name in [*arrays]:
        if name.startswith("preparation."):
            del arrays[name]


def test_names_in_messages_can_be_seen(path):
    regressor().save(path)
    rewrite(path, lambda _, arrays: arrays.update({"\x1b[31m": SHIFT}))
    with pytest.raises(DataError, match=r"\\x1b\[31m") as raised:
        TabularModel.load(path)
    assert str(raised.value).isprintable()


def test_a_file_of_an_earlier_version_predicts_the_same_and_fills_nothing(path):
    model = classifier()
    model.save(path)
    rewritten(path, as_before)
    loaded = TabularModel.load(path)
    pd.testing.assert_frame_equal(loaded.predictions(ROWS), model.predictions(ROWS))
    for change in ({"size": np.nan}, {"colour": None}):
        with pytest.raises(DataError, match="row 1: the value is missing"):
            loaded.predict(ROWS.assign(**change))


def test_a_file_of_estimators_can_be_read_by_earlier_versions(path):
    classifier().estimator.save(path)
    with np.load(path, allow_pickle=False) as archive:
        assert json.loads(archive[DESCRIPTION].tobytes())["format"] == 1


def test_a_network_that_is_larger_than_the_file_is_not_built(path):
    classifier().save(path)
    sizes = {"hidden_layer_sizes": [9000, 9000]}
    rewritten(path, lambda description, _: description["state"]["model"]["hyperparameters"].update(sizes))
    with pytest.raises(DataError, match="the arrays are too small for 3 inputs, 2 outputs and these layers"):
        TabularModel.load(path)


def test_a_file_that_unpacks_to_more_than_it_is_is_refused(path):
    classifier().save(path)
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr("zeros.npy", bytes(2**20))
    path.write_bytes(packed.getvalue())
    with pytest.raises(DataError, match="it is compressed"):
        TabularModel.load(path)


def test_a_damaged_byte_is_refused_or_changes_no_more_than_numbers(path):
    classifier().save(path)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for place in rng.integers(len(whole), size=40):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        with suppress(DataError):
            assert len(TabularModel.load(path).predictions(ROWS)) == 20
