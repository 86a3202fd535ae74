"""Tables of new rows become the matrix that training had."""

import json
import time

import numpy as np
import pandas as pd
import pytest

from hpsearch.data import DataSettings, load
from hpsearch.data.columns import Column, Columns
from hpsearch.data.sources.csv_file import read_rows
from hpsearch.errors import DataError

ROWS = """size, colour ,open,code,kind
1.5,red,True,1,dog
2,blue,False,x,cat
3,red,False,y,cat
4,blue,True,y,dog
"""
TRAINED = Columns(
    (
        Column("size"),
        Column("colour", "text", ("blue", "red")),
        Column("open", "truth"),
        Column("code", "text", ("1",)),
    ),
    "kind",
)


@pytest.fixture
def dataset(tmp_path):
    (tmp_path / "own.csv").write_text(ROWS)
    return load(DataSettings(source="csv", path=str(tmp_path / "own.csv"), target="kind"))


def rows(**changes):
    return pd.DataFrame(
        {"size": [1, 2], "colour": ["red", "blue"], "open": [True, False], "code": ["1", "1"]} | changes
    )


def test_a_file_is_encoded_as_in_training_whatever_the_order_of_its_columns(tmp_path, dataset):
    columns = Columns.of_table(json.loads(json.dumps(dataset.columns.table())))
    assert columns == dataset.columns
    assert columns.raw_names == dataset.feature_names == ("size", "open", "colour", "code")
    read = read_rows(tmp_path / "own.csv", columns).frame
    np.testing.assert_array_equal(columns.encode(read, "own.csv").x, dataset.x)
    np.testing.assert_array_equal(columns.encode(read[list(read)[::-1]].drop(columns="kind"), "own.csv").x, dataset.x)


def test_a_text_that_looks_like_a_number_stays_text(tmp_path, dataset):
    (tmp_path / "new.csv").write_text("size,colour,open,code\n1,red,FALSE,1\n")
    read = read_rows(tmp_path / "new.csv", dataset.columns).frame
    encoded = dict(zip(dataset.feature_names, dataset.columns.encode(read, "new.csv").x[0].tolist(), strict=True))
    assert (encoded["code"], encoded["colour"], encoded["open"]) == (0, 1, 0)


def test_a_data_set_without_a_table_has_columns_of_numbers():
    iris = load(DataSettings(source="iris"))
    frame = pd.DataFrame(iris.x, columns=list(iris.feature_names))
    np.testing.assert_array_equal(iris.columns.encode(frame, "iris").x, iris.x)


def test_everything_that_is_wrong_is_told_at_once():
    frame = rows(colour=["green", "red"], open=["perhaps", "True"], who=[7, 8]).drop(columns="code")
    with pytest.raises(DataError) as raised:
        TRAINED.encode(frame, "new.csv", ignores_unknown=False)
    message = str(raised.value)
    assert message.startswith("new.csv: does not fit the model: column 'code' is missing; additional column 'who'")
    assert "column 'colour' holds 'green', and training had only 'blue', 'red'" in message
    assert "column 'open', row 1: 'perhaps' is neither true nor false" in message
    assert "\n" not in message


WRONG = {
    "missing value": ({"size": [1, None]}, "column 'size', row 2: the value is missing"),
    "missing text": ({"colour": ["red", None]}, "column 'colour', row 2: the value is missing"),
    "a text": ({"size": ["1", "two"]}, "column 'size', row 2: 'two' is not a number"),
    "dates": ({"size": pd.to_datetime(["2024-05-01", "2024-05-02"])}, "row 1: '2024-05-01 00:00:00' is not a number"),
    "a number that is no truth": ({"open": [1, 2]}, "column 'open', row 2: '2' is neither true nor false"),
    "lists": ({"colour": [["red"], ["blue"]]}, "column 'colour' holds values of type list"),
    "infinite": ({"size": [1e39, 1]}, "column 'size', row 1: the value is infinite"),
}


@pytest.mark.parametrize("case", WRONG)
def test_values_that_cannot_be_used_are_told(case):
    changes, message = WRONG[case]
    with pytest.raises(DataError, match=message):
        TRAINED.encode(rows(**changes), "new.csv", fills=False)


def test_what_may_be_ignored_is_ignored_if_asked():
    frame = rows(colour=["green", "red"], who=[7, 8], kind=["a", "b"])
    encoded = TRAINED.encode(frame, "new.csv", ignores_additional=True)
    np.testing.assert_array_equal(encoded.x, [[1, 1, -1, 0], [2, 0, 1, 0]])
    assert encoded.notes == ("column 'colour' holds 'green', and training had only 'blue', 'red'",)


def test_the_time_grows_with_the_columns_alone():
    frame = pd.DataFrame(np.zeros((1, 5_000)), columns=[f"c{number}" for number in range(5_000)])
    columns = Columns.of_numbers(list(frame))
    started = time.process_time()
    columns.encode(frame, "wide.csv")
    assert time.process_time() - started < 2.0  # 0.5 s; 6 s if each column were looked for among all


def test_a_column_twice_is_told():
    frame = pd.concat([rows(), rows()[["size"]]], axis=1)
    with pytest.raises(DataError, match="column 'size' is there more than once"):
        TRAINED.encode(frame, "new.csv")


@pytest.mark.parametrize(
    "inputs",
    [[], [["a", "magic", []]], [["a", "text", []]], [["a", "number", ["x"]]], [["a", "number", []]] * 2, [[1]]],
)
def test_tables_that_describe_no_columns_are_refused(inputs):
    with pytest.raises((ValueError, TypeError)):
        Columns.of_table({"inputs": inputs, "target": ""})
