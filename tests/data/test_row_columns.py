"""Columns of a table with groups, times and weights."""

import re

import numpy as np
import pandas as pd
import pytest

from hpsearch.data import DataSettings, load
from hpsearch.data.columns import Columns
from hpsearch.data.row_columns import row_columns
from hpsearch.errors import DataError, UsageError
from hpsearch.objectives.source import data_settings


def read(key, values, **other):
    return row_columns(pd.DataFrame({"column": values, **other}), {key: "column"})


def test_groups_are_ranks_of_equal_values():
    assert read("group", ["b", "a", "b"]).groups.tolist() == [1, 0, 1]
    assert read("group", [7, 3, 3]).groups.tolist() == [1, 0, 0]
    assert read("group", ["7", 3, "x"]).groups.tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    "values",
    [
        [3.5, -1, 10],
        ["2024-02-01", "2023-12-31", "2024-10-01"],
        pd.to_datetime(["2024-02-01", "2023-12-31", "2024-10-01"]),
        ["2024-02-01T10:00:00+02:00", "2024-02-01T07:59", "2024-02-01T08:00:01Z"],
    ],
)
def test_times_are_ranks_of_numbers_and_dates(values):
    assert read("time", values).order.tolist() == [1.0, 0.0, 2.0]


def test_equal_times_have_equal_ranks():
    assert read("time", ["2024-02-01", "2024-01-01", "2024-02-01"]).order.tolist() == [1.0, 0.0, 1.0]


def test_weights_are_kept_as_they_are():
    assert read("weight", [0, 2, 0.5]).weights.tolist() == [0.0, 2.0, 0.5]


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("group", ["a", None], "column 'column', row 2: the group is missing, and each row needs one"),
        ("time", ["2024-02-01", "03/04/2024"], "row 2: a time must be a number, or a date .*received '03/04/2024'"),
        ("time", [1.0, np.inf], "row 2: a time must be finite; received 'inf'"),
        ("weight", [1.0, -0.5], "row 2: a weight must be a finite number, at least 0; received '-0.5'"),
        ("weight", [1.0, np.inf], "row 2: a weight must be a finite number"),
        ("weight", ["1", "heavy"], "row 2: a weight must be a finite number, at least 0; received 'heavy'"),
        ("weight", [0, 0], "some weight must be above 0, and all are 0"),
    ],
)
def test_what_a_column_can_not_hold(key, values, message):
    (problem,) = read(key, values).problems
    assert re.search(message, problem)


def test_a_column_that_is_not_there():
    (problem,) = row_columns(pd.DataFrame({"column": [1]}), {"group": "colum"}).problems
    assert problem.startswith("group: unknown column 'colum' (did you mean 'column'?)")


def write(folder, **columns):
    frame = {
        "age": np.arange(40) * 7 % 40 + 0.5,
        "who": np.arange(40) // 2,
        "day": [f"2024-01-{1 + n % 28:02}" for n in range(40)],
    }
    frame |= {"w": np.arange(40) % 3, "bought": ["no", "yes"] * 20}
    path = folder / "table.csv"
    pd.DataFrame(frame | columns).to_csv(path, index=False)
    return str(path)


def settings(path, **keys):
    return DataSettings(source="csv", path=path, target="bought", **keys)


def test_a_file_with_groups_and_weights(tmp_path):
    dataset = load(settings(write(tmp_path), group="who", weight="w"))
    assert dataset.feature_names[:1] == ("age",)
    assert not {"who", "w"} & set(dataset.feature_names)
    assert dataset.groups.tolist() == [n // 2 for n in range(40)]
    assert dataset.weights.tolist() == [n % 3 for n in range(40)]
    assert dataset.columns.additional == ("who", "w")


def test_the_time_is_no_input(tmp_path):
    dataset = load(settings(write(tmp_path), time="day"))
    assert dataset.feature_names == ("age", "who", "w")
    assert dataset.order.tolist() == [n % 28 for n in range(40)]


def test_a_group_may_hold_what_an_input_may_not(tmp_path):
    """A text in every row, and a text among numbers, are refused in inputs."""
    path = write(tmp_path, who=["x1", *map(str, range(39))])
    assert len(set(load(settings(path, group="who")).groups.tolist())) == 40


def test_an_error_names_the_line(tmp_path):
    path = write(tmp_path, w=[1.0] * 39 + [-1.0])
    with pytest.raises(DataError, match="column 'w', line 41: a weight must be"):
        load(settings(path, weight="w"))


def test_all_problems_of_a_file_are_in_one_message(tmp_path):
    path = write(tmp_path, w=[-1.0] * 40)
    with pytest.raises(DataError, match="unknown column 'whom'") as refusal:
        load(settings(path, weight="w", group="whom", ignore=["nothing"]))
    for part in ("column 'w', line 2: a weight must be", "ignore: unknown column 'nothing'"):
        assert part in str(refusal.value)


def test_a_time_in_dates_is_an_input_too(tmp_path):
    dataset = load(settings(write(tmp_path), time="day", dates=["day"]))
    assert any(name.startswith("day") for name in dataset.feature_names)
    assert dataset.order.tolist() == [n % 28 for n in range(40)]
    assert "day" not in dataset.columns.additional


def test_a_group_can_be_ignored_and_have_no_other_role(tmp_path):
    path = write(tmp_path)
    assert load(settings(path, group="who", ignore=["who"])).columns.additional == ("who",)
    with pytest.raises(DataError, match="column 'who' is named in group and in categories"):
        load(settings(path, group="who", categories=["who"]))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"group": "bought"}, "group must name another column than target; received 'bought' for both"),
        ({"group": "w", "weight": "w"}, "weight must name another column than group; received 'w' for both"),
        (
            {"group": "who", "time": "day"},
            "group and time exclude each other: .*received group = 'who' and time = 'day'",
        ),
        ({"group": 3}, "group must be text; received 3"),
        ({"time": "day", "validation": "3 x 5-fold"}, 'write "5-fold"'),
    ],
)
def test_keys_that_do_not_fit_together(keys, message):
    with pytest.raises(UsageError, match=message):
        settings("table.csv", **keys)


@pytest.mark.parametrize("key", ["group", "time", "weight"])
def test_other_sources_have_no_columns(key):
    with pytest.raises(UsageError, match=f"{key} is for source 'csv' only; received 'a' with 'digits'"):
        DataSettings(**{key: "a"})


def test_new_rows_need_no_such_column_and_may_have_it(tmp_path):
    columns = load(settings(write(tmp_path), group="who", weight="w", time=None)).columns
    assert Columns.of_table(columns.table()) == columns
    new = pd.DataFrame({"age": [1.0], "day": ["2024-01-02"]})
    with_others = columns.encode(new.assign(who=3, w=1, bought="no"), "new")
    assert columns.encode(new, "new").x.tolist() == with_others.x.tolist()
    with pytest.raises(DataError, match="additional column 'other'"):
        columns.encode(new.assign(other=1), "new")


def test_columns_without_them_are_stored_as_before(tmp_path):
    assert "additional" not in load(settings(write(tmp_path))).columns.table()


def test_a_frame_of_python_takes_the_keys_too():
    frame = pd.DataFrame({"age": np.arange(40) * 7 % 40 + 0.5, "who": np.arange(40) // 2, "w": np.arange(40) % 3 + 0.5})
    frame["bought"] = ["no", "yes"] * 20
    data = data_settings({"frame": frame, "target": "bought", "group": "who", "weight": "w"})
    assert data.dataset.feature_names == ("age",)
    assert data.dataset.groups.tolist() == [n // 2 for n in range(40)]
    assert data.content == {"source": "frame", "group": "who", "weight": "w"}
    assert data_settings(data.dataset).content == {"source": "frame", "group": True, "weight": True}
