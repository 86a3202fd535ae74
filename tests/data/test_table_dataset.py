"""Tables become data sets by the roles of their columns."""

import json

import numpy as np
import pandas as pd
import pytest

from hpsearch.data.columns import Columns
from hpsearch.data.sources.csv_file import load_csv, read_rows
from hpsearch.data.table import table_of
from hpsearch.data.table_dataset import Roles, dataset_of
from hpsearch.errors import DataError

FRAME = pd.DataFrame(
    {
        "id": range(40),
        "name": [f"n{number}" for number in range(40)],
        "size": np.linspace(0, 1, 40),
        "zip": [8001.0, None, 8002, 8003] * 10,
        "day": [f"2024-02-{number % 28 + 1:02}" for number in range(40)],
        "at": pd.date_range("2024-03-01T06:30", periods=40, freq="25h"),
        "kind": ["a", "b"] * 20,
    }
)


def made(frame=FRAME, target="kind", **roles):
    return dataset_of(table_of(frame)[0], target, roles=Roles(**roles))


def test_columns_have_the_roles_that_are_named_and_else_those_proposed():
    dataset = made(ignore=["name"], numbers=["id"], categories=["zip"], dates=["day"])
    assert {column.name: column.kind for column in dataset.columns.inputs} == {
        "id": "number", "size": "number", "zip": "code", "day": "date", "at": "date",
    }  # fmt: skip
    row = dict(zip(dataset.feature_names, dataset.x[1].tolist(), strict=True))
    assert [row[f"day.{part}"] for part in ("year", "month", "day", "weekday", "days")] == [2024, 2, 2, 4, 19755]
    assert row["at.hour"] == 7.5
    assert "day.hour" not in row
    assert dataset.columns.inputs[2].categories == ("8001", "8002", "8003", "missing")
    assert row["zip"] == 3


def test_new_rows_may_have_the_ignored_columns_or_not():
    dataset = made(ignore=["name", "id"])
    for frame in (FRAME, FRAME.drop(columns=["name", "id", "kind"])):
        np.testing.assert_array_equal(dataset.columns.encode(frame, "new").x, dataset.x)


def test_codes_are_the_same_however_they_are_written():
    dataset = made(ignore=["name", "id"], categories=["zip"])
    place = dataset.feature_names.index("zip")
    for values in ([8002, 8001], ["8002", " 8001 "], [8002.0, 8001.0]):
        new = FRAME.head(2).assign(zip=values)
        assert dataset.columns.encode(new, "new").x[:, place].tolist() == [1, 0]


def test_a_new_row_without_a_value_is_encoded_as_missing_or_unseen():
    dataset = made(ignore=["name", "id"], categories=["day", "zip"])
    encoded = dataset.columns.encode(FRAME.head(1).assign(day=None, zip=None, size=None, at=pd.NaT), "new")
    row = dict(zip(dataset.feature_names, encoded.x[0].tolist(), strict=True))
    assert (row["zip"], row["day"]) == (3, -1)
    assert np.isnan([row["size"], row["at.year"], row["at.hour"]]).all()
    assert encoded.notes == (
        "column 'day' holds 'missing', and training had only " + ", ".join(f"'2024-02-{d:02}'" for d in range(1, 11))
        + " and 18 more",
    )  # fmt: skip


WRONG = {
    "what can teach nothing": ({}, r"columns 'id' .*, 'name' .*: write ignore = \[\"id\", \"name\"\] in \[data\]"),
    "an unknown column": ({"ignore": ["nam"]}, "ignore: unknown column 'nam' .did you mean 'name'"),
    "the target": ({"categories": ["kind"]}, "categories must not name the target 'kind'"),
    "two roles": ({"ignore": ["id"], "numbers": ["id"]}, "column 'id' is named in ignore and in numbers"),
    "text as numbers": ({"numbers": ["name"]}, r"column 'name', row 0 \(from 0\): 'n0' is not a number"),
    "text as dates": ({"dates": ["name"]}, "column 'name', row 0 .*'n0' is not a date such as 2024-03-01"),
    "nothing left": ({"ignore": [*FRAME.columns[:-1]]}, "no column is left beside the target 'kind'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_in_one_line(case):
    roles, message = WRONG[case]
    with pytest.raises(DataError, match=message) as raised:
        made(**roles)
    assert "\n" not in str(raised.value)


def test_all_that_is_wrong_is_told_at_once():
    frame = FRAME.assign(size=FRAME["size"].where(FRAME.index > 0, np.inf), kind=["a", None, "b", None] * 10)
    with pytest.raises(DataError) as raised:
        made(frame, ignore=["nothing"])
    parts = [
        "unknown column 'nothing'",
        'ignore = ["id", "name"',
        "infinite",
        "the target is missing in row 1 (from 0)",
    ]
    assert all(part in str(raised.value) for part in parts)
    assert "row 9 (from 0) and 15 more: leave these rows out" in str(raised.value)


@pytest.mark.parametrize("target", [[True, False] * 20, [1, 2] * 20, np.linspace(0, 1, 40) ** 2, ["x", "y"] * 20])
def test_targets_of_each_kind(target):
    dataset = made(FRAME.assign(kind=target), ignore=["id", "name"])
    names = ("False", "True") if target[0] is True else tuple(map(str, sorted(set(target))))
    assert dataset.class_names == (() if dataset.task == "regression" else names)
    assert len(dataset.y) == 40


def test_a_target_of_dates_is_refused():
    with pytest.raises(DataError, match="a target must be numbers or text"):
        made(target="at", ignore=["id", "name"])


@pytest.mark.parametrize(
    ("name", "days", "new"),
    [
        ("day", [f"{n + 1:02}-Mar-24" for n in range(28)], "05-Apr-24"),
        ("day", [f"{n + 1} March 1999" for n in range(28)], "5 Apr 2024"),
        ("day", [f"03/{n + 1:02}/24" for n in range(28)], "04/05/24"),
        ("date", [f"202403{n + 1:02}" for n in range(28)], "20240405"),
    ],
)
def test_new_rows_have_other_forms_of_dates_too(name, days, new, tmp_path):
    rows = "".join(f"{day},{'ab'[n % 2]}\n" for n, day in enumerate(days))
    (tmp_path / "own.csv").write_text(f"{name},kind\n{rows}")
    columns = load_csv(tmp_path / "own.csv", "kind").columns
    assert columns.inputs[0].kind == "date"
    again = Columns.of_table(json.loads(json.dumps(columns.table())))
    for written in (new, "2024-04-05"):
        (tmp_path / "new.csv").write_text(f"{name}\n{written}\n")
        assert again.encode(read_rows(tmp_path / "new.csv", again).frame, "new").x[0, :3].tolist() == [2024, 4, 5]


def codes_file(tmp_path, **columns):
    path = tmp_path / "own.csv"
    frame = pd.DataFrame({"zip": ["01", "02", "10"] * 8, "x": range(24), "kind": ["a", "b"] * 12} | columns)
    frame.sample(frac=1, random_state=0).to_csv(path, index=False)
    return path


def test_codes_are_categories_also_of_new_rows(tmp_path):
    columns = load_csv(codes_file(tmp_path), "kind").columns
    assert columns.inputs[0].categories == ("01", "02", "10")
    (tmp_path / "new.csv").write_text("zip,x\n10,1\n02,3\n")
    rows = columns.encode(read_rows(tmp_path / "new.csv", columns).frame, "new")
    assert rows.x[:, 1].tolist() == [2, 1]
    assert rows.notes == ()


def test_codes_that_are_named_as_numbers_stay_numbers_also_of_new_rows(tmp_path):
    dataset = load_csv(codes_file(tmp_path), "kind", numbers=["zip"])
    earlier = load_csv(codes_file(tmp_path, zip=[1, 2, 10] * 8), "kind")
    assert dataset.fingerprint == earlier.fingerprint
    (tmp_path / "new.csv").write_text("zip,x\n10,1\n02,3\n")
    rows = dataset.columns.encode(read_rows(tmp_path / "new.csv", dataset.columns).frame, "new")
    assert rows.x[:, 0].tolist() == [10, 2]


@pytest.mark.parametrize("role", ["target", "group", "weight", "time"])
def test_codes_in_another_role_are_read_as_before(role, tmp_path):
    keys = {"target": "zip"} if role == "target" else {"target": "kind", role: "zip"}
    path = codes_file(tmp_path)
    dataset = load_csv(path, **keys, numbers=[])
    assert dataset.fingerprint == load_csv(codes_file(tmp_path, zip=[1, 2, 10] * 8), **keys).fingerprint


def test_new_rows_have_dates_in_the_form_of_training(tmp_path):
    (tmp_path / "own.csv").write_text("day,kind\n" + "".join(f"02/{n + 1:02}/2024,{'ab'[n % 2]}\n" for n in range(28)))
    columns = load_csv(tmp_path / "own.csv", "kind").columns
    again = Columns.of_table(json.loads(json.dumps(columns.table())))
    assert again == columns
    for written, month_and_day in (("03/02/2024", [3, 2]), ("2024-03-02", [3, 2])):
        (tmp_path / "new.csv").write_text(f"day\n{written}\n")
        assert again.encode(read_rows(tmp_path / "new.csv", again).frame, "new").x[0, 1:3].tolist() == month_and_day
    (tmp_path / "new.csv").write_text("day\n03/02/2024\n13/02/2024\n")
    with pytest.raises(DataError, match=r"column 'day', row 2: '13/02/2024' is not a date"):
        again.encode(read_rows(tmp_path / "new.csv", again).frame, "new.csv")
    with pytest.raises(ValueError, match="no such form"):
        Columns.of_table({**columns.table(), "date_forms": {"day": "%d-%d-%Y"}})
