"""Proposed roles of columns."""

import tomllib
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from hpsearch.data.roles import describe_columns, ignore_line, to_be_ignored

ROWS = 300
TEXTS = [f"text {n}" for n in range(ROWS)]


def described(target=None, **columns):
    table = SimpleNamespace(name="own.csv", frame=pd.DataFrame(columns))
    return describe_columns(table, target)


shuffled = np.random.default_rng(0).permutation(ROWS)
with_gaps = np.arange(ROWS).astype(float)
with_gaps[5] = np.nan

ROLES = {
    "ascending": (np.arange(ROWS) * 3, "ignored", "ascending order"),
    "order_id": (shuffled, "ignored", "named like an id"),
    "customerNo": (with_gaps, "ignored", "named like an id"),
    "uuid": (TEXTS, "ignored", "a different text in every row, such as 'text 0'"),
    "comment": (TEXTS[:200] + TEXTS[:100], "ignored", "200 different texts in 300 rows"),
    "constant": ([7] * ROWS, "ignored", "7 in every row"),
    "empty": ([None] * ROWS, "ignored", "no value in any row"),
    "rank": (shuffled, "number", "300 different numbers"),
    "size": (np.arange(ROWS) + 0.5, "number", "300 different numbers"),
    "stars": (np.arange(ROWS) % 5, "number", "5 different numbers"),
    "id": (np.arange(ROWS) % 5, "number", "5 different numbers"),
    "two_or_missing": ([2.5, None] * 150, "number", "2.5 in every row that has a value"),
    "open": (np.arange(ROWS) % 2 == 0, "category", "true or false"),
    "maybe": ([True, False, None] * 100, "category", "true or false"),
    "colour": (["red", "blue", None] * 100, "category", "2 different texts"),
    "only_or_missing": (["x", None] * 150, "category", "'x' in every row that has a value"),
    "town": (TEXTS[:150] * 2, "category", "150 different texts, of which the rare ones share"),
    "day": (pd.date_range("2024-01-01", periods=ROWS), "date", "from 2024-01-01 to 2024-10-26"),
}


@pytest.mark.parametrize("name", ROLES)
def test_each_column_has_a_role_with_its_reason(name):
    values, role, reason = ROLES[name]
    (column,) = described(**{name: values})
    assert (column.name, column.role) == (name, role)
    assert reason in column.reason


def test_the_target_is_none_of_them():
    roles = {each.name: each.role for each in described(target="kind", kind=TEXTS, size=with_gaps + 0.5)}
    assert roles == {"kind": "target", "size": "number"}


def test_few_rows_are_no_id_because_they_ascend():
    assert described(number=[1, 2, 3])[0].role == "number"
    assert described(id=[1, 2, 3])[0].role == "ignored"


def test_one_message_names_all_that_are_to_be_ignored_and_the_line_to_write():
    proposals = described(**{name: ROLES[name][0] for name in ("ascending", "uuid", "constant", "size")})
    message = to_be_ignored(proposals, named={"constant"})
    assert all(part in message for part in ("'ascending' (", "'uuid' (", 'ignore = ["ascending", "uuid"]'))
    assert "constant" not in message
    assert "\n" not in message
    assert to_be_ignored(proposals, named={"constant", "ascending", "uuid"}) == ""


def test_the_line_is_toml_whatever_the_names():
    names = ['the "name"', "a\\b", "größe", "tab\tnew\nline"]
    assert tomllib.loads(ignore_line(names)) == {"ignore": names}
    assert "\n" not in ignore_line(names)
