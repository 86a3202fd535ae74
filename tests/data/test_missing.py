"""Signs and numbers that stand for missing values."""

import numpy as np
import pandas as pd
import pytest

import hpsearch
from hpsearch.data import DataSettings, load
from hpsearch.data.columns import Columns
from hpsearch.data.reading.missing import proposed_missing
from hpsearch.data.sources.csv_file import read_rows
from hpsearch.data.table import read_table
from hpsearch.errors import DataError, UsageError

NUMBERS = [str(number / 4) for number in range(40)]


def signs_of(target=None, **columns):
    as_read = {name: pd.Series(values, dtype=object if isinstance(values, list) else None)
               for name, values in columns.items()}  # fmt: skip
    return proposed_missing(pd.DataFrame(as_read), target)


@pytest.mark.parametrize("sign", ["?", "-", "Unknown", "k.A.", "#DIV/0!"])
def test_signs_among_numbers_and_dates_are_proposed(sign):
    dates = [f"{day:02}.03.2024" for day in range(1, 29)] + [sign] * 13
    assert signs_of(a=[*NUMBERS, sign], d=dates) == {sign: ["a", "d"]}


@pytest.mark.parametrize("values", [["a", "b", "?"], ["?"] * 5, ["1.5", "2 kg", "?"], ["1.5", "x1", "2"]])
def test_signs_among_other_texts_are_not(values):
    assert signs_of(a=values) == {}


def test_numbers_far_from_all_others_are_proposed():
    values = np.r_[np.linspace(0, 50, 90), [999.0] * 10]
    assert signs_of(a=values) == {"999": ["a"]}
    assert signs_of(a=-values) == {"-999": ["a"]}


@pytest.mark.parametrize(
    "values",
    [
        np.r_[np.linspace(0, 900, 90), [999.0] * 10],  # near the others
        np.r_[np.linspace(0, 50, 98), [999.0] * 2],  # in few rows
        np.r_[np.linspace(0, 50, 90), [1234.0] * 10],  # no code
        np.r_[np.zeros(90), [999.0] * 10],  # two values, of which either may be the odd one
        np.tile([True, False], 50),
    ],
)
def test_other_numbers_are_not(values):
    assert signs_of(a=values) == {}


@pytest.mark.parametrize("target", [None, "b"])
def test_a_code_that_another_column_holds_as_a_number_is_not_proposed(target):
    coded = np.r_[np.linspace(0, 50, 90), [999.0] * 10]
    other = coded if target else np.linspace(900, 999, 100)
    assert signs_of(target, a=coded, b=other) == {}


TABLE = "id;a;joined;y\nk;1,5;01.02.2024;u\nl;-;02.02.2024;v\nm;999;-;u\nk;1.002,5;13.02.2024;v\n"


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text(TABLE)
    return path


def test_they_are_missing_where_they_are_named(csv):
    frame = read_table(csv, missing=["-", "999"]).frame
    assert frame["a"].isna().tolist() == [False, True, True, False]
    assert frame["a"].iloc[3] == 1002.5
    assert frame["joined"].isna().tolist() == [False, False, True, False]


def test_a_table_has_the_fingerprint_of_one_with_empty_values(csv, tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_text(TABLE.replace("-", "").replace("999", ""))
    settings = {"source": "csv", "target": "y"}
    signs, none = (load(DataSettings(path=str(csv), missing=["-", "999"], **settings)),
                   load(DataSettings(path=str(empty), **settings)))  # fmt: skip
    assert signs.fingerprint == none.fingerprint
    assert signs.columns.missing == ("-", "999")


def test_new_rows_are_read_in_the_same_way(csv):
    columns = load(DataSettings(source="csv", path=str(csv), target="y", missing=["-", "999"])).columns
    columns = Columns.of_table(columns.table())
    x = columns.encode(read_rows(csv, columns).frame, "new").x
    frame = pd.DataFrame({"id": ["k"] * 3, "a": [1.5, 999, "-"], "joined": ["01.02.2024", "-", "-"]})
    for rows in (x[:3], columns.encode(frame, "new").x):
        assert np.isnan(rows[:, 0]).tolist() == [False, True, True]
    assert x[3, 0] == np.float32(1002.5)


def test_a_search_and_its_model_know_them(tmp_path):
    rows = [f"{number / 4 if number % 7 else '?'};{'uv'[number > 20]}" for number in range(40)]
    (tmp_path / "some.csv").write_text("a;y\n" + "\n".join(rows))
    data = {"source": "csv", "path": str(tmp_path / "some.csv"), "target": "y", "missing": ["?"]}
    objective = hpsearch.EstimatorObjective(data, model={"estimator": "logistic_regression"})
    found = hpsearch.search(objective, trials=2)
    (tmp_path / "new.csv").write_text("a\n?\n0.5\n9.5\n")
    model = found.best_model
    assert model.predict(read_rows(tmp_path / "new.csv", model.columns).frame)[1:].tolist() == ["u", "v"]


def test_parquet_has_them_too(tmp_path):
    pytest.importorskip("pyarrow")
    path = tmp_path / "some.parquet"
    pd.DataFrame({"a": [1, 999, 3], "b": ["u", "?", "v"], "c": [True, False, True]}).to_parquet(path)
    frame = read_table(path, missing=["?", "999"]).frame
    assert frame.isna().to_numpy().tolist() == [[False] * 3, [True, True, False], [False] * 3]


def test_a_study_of_such_a_table_is_told_what_to_write(csv):
    with pytest.raises(DataError, match=r"if '-' stands for missing values, write missing = \[\"-\"\] in \[data\]"):
        load(DataSettings(source="csv", path=str(csv), target="y", numbers=["a"]))


@pytest.mark.parametrize("value", ["?", [999], ["  "], 3])
def test_other_settings_are_refused(value):
    with pytest.raises(UsageError, match="missing must be a list of texts such as"):
        DataSettings(source="csv", path="some.csv", missing=value)


def test_a_model_file_with_other_signs_is_refused():
    table = Columns.of_numbers(["a"]).table()
    with pytest.raises(ValueError, match="missing values must be text"):
        Columns.of_table(table | {"missing": [3]})
