"""Preparation of tables is that of scikit-learn, fitted on the training rows, and that of earlier versions."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hpsearch.data import Dataset, DataSettings, cross_split, load, split
from hpsearch.data.columns import Column, Columns
from hpsearch.data.folds import Folds
from hpsearch.data.preparation import IMPUTATIONS, Preparation
from hpsearch.data.table import table_of
from hpsearch.data.table_dataset import Roles, dataset_of
from hpsearch.errors import DataError
from tests.people import ROLES, for_hand, people, preparation_by_hand

ROWS = 400


def data_of(frame):
    table, _ = table_of(frame)
    return dataset_of(table, "kind", roles=Roles(**ROLES))


@pytest.mark.parametrize("imputation", IMPUTATIONS)
def test_it_is_what_scikit_learn_makes_of_the_training_rows(imputation):
    frame, numbers = people(), np.arange(ROWS, dtype=np.float32)
    dataset = data_of(frame)
    trained, tested = numbers[:250].astype(int), numbers[250:].astype(int)
    preparation = Preparation.fit(dataset.columns, dataset.x[trained], imputation)
    hand = preparation_by_hand(imputation).fit(for_hand(frame).iloc[trained])
    for rows in (trained, tested):
        expected = hand.transform(for_hand(frame).iloc[rows])
        np.testing.assert_allclose(preparation.apply(dataset.x[rows]), expected, rtol=1e-6)
    assert len(preparation.feature_names) == expected.shape[1]
    assert {"age", "joined.weekday", "age=missing", "joined=missing", "colour=missing", "zip: rare"} <= set(
        preparation.feature_names
    )


def test_a_split_is_prepared_and_scaled_by_its_training_rows():
    frame = people()
    dataset = data_of(frame)
    made = split(dataset, seed=3, repeat=1, imputation="mean")
    marked = Dataset("rows", np.arange(ROWS, dtype=np.float32)[:, None], dataset.y, dataset.task, ("row",), ("a", "b"))
    rows = [part.ravel().astype(int) for part in _parts(split(marked, seed=3, repeat=1, scaling="none"))]
    hand = make_pipeline(preparation_by_hand("mean"), StandardScaler()).fit(for_hand(frame).iloc[rows[0]])
    for part, places in zip(_parts(made), rows, strict=True):
        np.testing.assert_allclose(part, hand.transform(for_hand(frame).iloc[places]), atol=1e-4)


def _parts(made):
    return made.x_train, made.x_validation, made.x_test


def test_values_of_other_rows_change_nothing_of_a_training():
    dataset = data_of(people())
    marked = Dataset("rows", np.arange(ROWS, dtype=np.float32)[:, None], dataset.y, dataset.task, ("row",), ("a", "b"))
    rows = [part.ravel().astype(int) for part in _parts(split(marked, seed=3, scaling="none"))]
    x = dataset.x.copy()
    x[np.concatenate(rows[1:])] = x[rows[1][0]]
    changed = Dataset(
        "x", x, dataset.y, dataset.task, dataset.feature_names, dataset.class_names, columns=dataset.columns
    )
    np.testing.assert_array_equal(split(changed, seed=3).x_train, split(dataset, seed=3).x_train)


def test_each_fold_is_prepared_by_its_own_training_rows():
    made = cross_split(data_of(people()), folds=Folds(3), seed=0)
    for each in (*made.folds, made.whole):
        assert np.isfinite(each.x_train).all()
        np.testing.assert_allclose(each.x_train.mean(axis=0), 0, atol=1e-5)


def test_what_training_did_not_have():
    columns = Columns((Column("a"), Column("b", "text", tuple(f"t{n:03}" for n in range(200)))))
    codes = np.repeat(np.arange(150), 2)
    x = np.stack([np.arange(300), codes], axis=1).astype(np.float32)
    frequent = np.concatenate([x, np.tile([[0, 7]], (50, 1))]).astype(np.float32)
    rare = Preparation.fit(columns, frequent)
    assert rare.feature_names[-1] == "b: rare"
    assert len(rare.feature_names) == 1 + 100
    matrix = rare.apply(np.array([[np.nan, -1], [1, 199], [1, 7]], dtype=np.float32))
    assert matrix[:, -1].tolist() == [1, 1, 0]
    assert matrix[2, rare.feature_names.index("b=t007")] == 1
    assert matrix[0, 0] == np.median(frequent[:, 0])
    few = Preparation.fit(columns, frequent[:100])
    assert few.apply(np.array([[1, -1], [1, 199]], dtype=np.float32))[:, 1:].sum() == 0


def test_a_column_without_a_value_in_the_training_rows_is_filled_by_zero():
    preparation = Preparation.fit(Columns.of_numbers(["a", "b"]), np.array([[1, np.nan], [2, np.nan]], np.float32))
    assert preparation.apply(np.array([[np.nan, 5]], np.float32)).tolist() == [[1.5, 5, 0]]
    assert preparation.feature_names == ("a", "b", "b=missing")


def test_nothing_is_filled_by_the_preparation_of_earlier_versions():
    with pytest.raises(DataError, match="a value of 'b' is missing"):
        Preparation.plain(Columns.of_numbers(["a", "b"])).apply(np.array([[1, np.nan]], np.float32))


def test_complete_tables_are_what_they_were(tmp_path):
    """The fingerprint was computed by the version before tables with missing values."""
    colours = ["red", "blue", "green", "grey"]
    lines = [
        f"{(n * 37 % 101) / 8},{colours[n * n % 7 % 4]},{n % 3 == 0},{'dog' if n * 5 % 11 < 5 else 'cat'}"
        for n in range(60)
    ]
    (tmp_path / "own.csv").write_text("\n".join(["size,colour,open,kind", *lines]))
    dataset = load(DataSettings(source="csv", path=str(tmp_path / "own.csv"), target="kind"))
    assert dataset.fingerprint == "931b740742dd2c7973026a4874207f47af7a9a879072b4826f0ff6824e860084"
    frame = pd.read_csv(tmp_path / "own.csv")
    matrix = pd.concat(
        [frame[["size", "open"]], pd.get_dummies(frame["colour"], prefix_sep="=", prefix="colour")], axis=1
    )
    plain = Dataset(
        "own", matrix.to_numpy(np.float32), dataset.y, dataset.task, tuple(matrix.columns), dataset.class_names
    )
    assert plain.fingerprint == dataset.fingerprint
    for one, other in zip(_parts(split(plain, seed=1)), _parts(split(dataset, seed=1)), strict=True):
        np.testing.assert_array_equal(one, other)


CHANGES = {
    "a gap": lambda frame: frame.assign(size=frame["size"].where(frame.index != 7)),
    "a category": lambda frame: frame.assign(colour=frame["colour"].where(frame.index != 7, "pink")),
    "a code": lambda frame: frame.assign(zip=frame["zip"].where(frame.index != 7, 7)),
    "a date": lambda frame: frame.assign(joined=frame["joined"].where(frame.index != 7, pd.Timestamp(0))),
    "a name": lambda frame: frame.rename(columns={"size": "length"}),
}


def test_the_fingerprint_covers_what_is_missing_and_the_categories():
    frame = people()
    assert data_of(frame).fingerprint == data_of(people()).fingerprint
    prints = {data_of(change(frame)).fingerprint for change in (lambda same: same, *CHANGES.values())}
    assert len(prints) == len(CHANGES) + 1


def test_plain_arrays_hold_all_of_it():
    dataset = data_of(people())
    preparation = Preparation.fit(dataset.columns, dataset.x)
    arrays = preparation.arrays()
    assert all(not array.dtype.hasobject for array in arrays.values())
    again = Preparation.of_arrays(dataset.columns, arrays)
    np.testing.assert_array_equal(again.apply(dataset.x), preparation.apply(dataset.x))


@pytest.mark.parametrize(
    "change",
    [
        {"preparation.fill": np.zeros(3)},
        {"preparation.fill": np.full(9, np.inf)},
        {"preparation.indicated": np.zeros(9)},
        {"preparation.rare": np.zeros(1, bool)},
        {"preparation.kept.0": np.array([1, 0])},
        {"preparation.kept.0": np.array([0, 99])},
        {"preparation.kept.0": np.array([-1, 0])},
        {"preparation.kept.0": np.array([0.0, 1.0])},
    ],
)
def test_arrays_that_do_not_suit_the_columns_are_refused(change):
    dataset = data_of(people())
    arrays = Preparation.fit(dataset.columns, dataset.x).arrays()
    with pytest.raises(DataError):
        Preparation.of_arrays(dataset.columns, {**arrays, **change})
