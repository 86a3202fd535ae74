"""Odd data in memory ends in one clear line or in a sound table, never in a traceback."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from hpsearch.data.table import table_of
from hpsearch.data.table_dataset import Roles, dataset_of
from tests.combinations import more
from tests.data.odd_frames import COLUMNS, DATA, ROWS
from tests.data.test_odd_files import check_table, outcome


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns_of_every_dtype(kind):
    frame = pd.DataFrame({"n": range(ROWS), "odd": COLUMNS[kind]()})
    result = outcome(table_of, frame)
    if isinstance(result, str):
        assert "column 'odd'" in result
    else:
        check_table(result[0])
        assert getattr(result[0].frame["odd"].dtype, "isnative", True)
        outcome(dataset_of, replace(result[0], frame=result[0].frame.assign(kind=list("abcabc"))), "kind")
        outcome(dataset_of, result[0], "odd")
        assert result[0].frame["odd"].isna().tolist() == frame["odd"].isna().tolist()


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("role", ["", "categories"])
def test_a_frame_is_encoded_as_in_training(kind, role):
    frame = pd.DataFrame({"n": [0.5, 1, 1, 3, 4, 4], " odd ": COLUMNS[kind](), "kind": list("abcabc")})
    roles = Roles(**({role: ["odd"]} if role else {}))
    dataset = outcome(lambda: dataset_of(table_of(frame)[0], "kind", roles=roles))
    if not isinstance(dataset, str):
        encoded = dataset.columns.encode(frame, "the frame")
        np.testing.assert_array_equal(encoded.x, dataset.x)
        assert encoded.notes == ()


def test_categories_of_numbers_are_categories():
    frame = pd.DataFrame({"n": [1.5, 2, 3, 4], "size": pd.Categorical([36, 38, 36, 38]), "kind": list("abab")})
    dataset = dataset_of(table_of(frame)[0], "kind")
    assert dataset.columns.categorical[0].categories == ("36", "38")
    assert dataset_of(table_of(frame.drop(columns="kind"))[0], "size").class_names == ("36", "38")


def test_a_column_of_a_frame_without_names_is_a_target():
    frame = pd.DataFrame(np.eye(3))
    assert table_of(frame, 2)[1] == table_of(frame, np.int64(2))[1] == "2"


@pytest.mark.parametrize("kind", DATA)
def test_data_of_every_kind(kind):
    result = outcome(table_of, DATA[kind]())
    if not isinstance(result, str):
        check_table(result[0])


@pytest.mark.parametrize("part", [0, *map(more, range(1, 10))])
def test_columns_together_are_told_together(part):
    rng = np.random.default_rng(part)
    for _ in range(10):
        kinds = rng.choice(list(COLUMNS), 8, replace=False).tolist()
        frame = pd.DataFrame({kind: COLUMNS[kind]() for kind in kinds})
        result = outcome(table_of, frame)
        alone = {kind for kind in kinds if isinstance(outcome(table_of, frame[[kind]]), str)}
        if isinstance(result, str):
            assert {kind for kind in kinds if f"column {kind!r}" in result} == alone
        else:
            assert not alone
            check_table(result[0])


def test_a_mask_is_missing_values():
    masked = np.ma.masked_array([[1, 2], [3, 4]], mask=[[True, False], [False, False]])
    assert table_of(masked)[0].frame.isna().to_numpy().tolist() == masked.mask.tolist()


def test_columns_of_different_lengths_are_refused():
    assert "is no table" in outcome(table_of, {"a": [1, 2], "b": ["x"]})


def test_sparse_matrices_are_tables_if_they_are_small():
    matrix = scipy.sparse.csr_array(np.eye(3))
    assert table_of(matrix)[0].frame.to_numpy().tolist() == np.eye(3).tolist()
    large = scipy.sparse.csr_array((10**6, 10**3))
    assert "has 1,000,000,000 values" in outcome(table_of, large)


def test_frames_of_polars_are_tables():
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {
            "n": [1, None, 3],
            "x": [1.5, None, 2.5],
            "t": ["a ", None, "c"],
            "b": [True, None, False],
            "d": pl.Series(["2024-01-01", None, "2024-01-03"]).str.to_date(),
            "c": pl.Series(["u", None, "u"], dtype=pl.Categorical),
            "e": pl.Series(["u", None, "v"], dtype=pl.Enum(["u", "v"])),
        }
    )
    table, target = table_of(frame, "t")
    check_table(table)
    assert (target, table.frame["t"].tolist()) == ("t", ["a", None, "c"])
    assert [dtype.kind for dtype in table.frame.dtypes] == list("ffObMOO")
    assert table.frame.isna().sum().tolist() == [1] * 7
    assert table_of(frame.select("n"), frame["x"])[1] == "x"
    assert "give frame.collect()" in outcome(table_of, frame.lazy())
    assert "column 'odd'" in outcome(table_of, pl.DataFrame({"odd": pl.Series([2**100, 1], dtype=pl.Int128)}))
    for odd in ([[1], [2], [3]], [{"a": 1}] * 3, [b"a"] * 3, [object()] * 3):
        result = outcome(table_of, pl.DataFrame({"odd": odd}))
        assert "column 'odd'" in result if isinstance(result, str) else check_table(result[0]) is None
