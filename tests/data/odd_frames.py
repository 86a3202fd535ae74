"""Data in memory that is odd: columns of every dtype, and things that are hardly tables."""

import datetime as dt
import decimal
import fractions

import numpy as np
import pandas as pd

ROWS = 6


def _objects(*values):
    return pd.Series(list(values), dtype=object)


COLUMNS = {
    "bool": lambda: pd.Series([True, False] * 3),
    "nullable bool": lambda: pd.array([True, None, False] * 2, dtype="boolean"),
    "objects of bool": lambda: _objects(True, None, False, True, np.True_, np.nan),
    "int8": lambda: pd.Series(range(ROWS), dtype="int8"),
    "uint64": lambda: pd.Series([2**64 - 1] * ROWS, dtype="uint64"),
    "nullable int": lambda: pd.array([1, None, 3] * 2, dtype="Int64"),
    "large nullable int": lambda: pd.array([2**62 + 1, 2, 3] * 2, dtype="Int64"),
    "nullable uint": lambda: pd.array([1, 2, 3] * 2, dtype="UInt8"),
    "nullable float": lambda: pd.array([1.5, None, 3] * 2, dtype="Float32"),
    "float16": lambda: pd.Series(np.arange(6), dtype="float16"),
    "big-endian": lambda: pd.Series(np.arange(6).astype(">f8")),
    "longdouble": lambda: pd.Series(np.arange(6), dtype=np.longdouble),
    "infinite": lambda: pd.Series([np.inf, -np.inf, np.nan] * 2),
    "complex": lambda: pd.Series([1j] * ROWS),
    "huge ints": lambda: _objects(*[10**30 + n for n in range(6)]),
    "huger ints": lambda: _objects(*[10**400] * 6),
    "huge ints and none": lambda: _objects(10**400, None, 1, 2, 3, 4),
    "ints and none": lambda: _objects(1, None, 3, 4, 5, 6),
    "decimals": lambda: _objects(*[decimal.Decimal("1.5")] * 5, None),
    "decimals that signal": lambda: _objects(*[decimal.Decimal("sNaN")] * 6),
    "fractions": lambda: _objects(*[fractions.Fraction(1, 3)] * 6),
    "ints and floats": lambda: _objects(1, 2.5, 3, np.nan, np.int8(4), np.float32(5)),
    "numbers and texts": lambda: _objects(1, "two", 3.5, None, "x", True),
    "texts": lambda: pd.Series([" a", "b ", None, "", "  ", "\u202e"]),
    "strings": lambda: pd.array(["a", None, "c"] * 2, dtype="string"),
    "formulas": lambda: pd.Series(["=1+1", "@x", "+1", "-1", "a\x1b[31m", "b\nc"]),
    "bytes": lambda: _objects(b"a", b"\xff", b"", None, b"x", b"y"),
    "categories": lambda: pd.Categorical(["x", "y", None] * 2),
    "categories of numbers": lambda: pd.Categorical([1, 2, 1] * 2),
    "categories of bools": lambda: pd.Categorical([True, False, None] * 2),
    "categories of dates": lambda: pd.Categorical(pd.to_datetime(["2024-01-01"] * 6)),
    "dates": lambda: pd.Series(pd.date_range("2024-01-01", periods=6)),
    "dates in seconds": lambda: pd.Series(np.arange(6).astype("datetime64[s]")),
    "dates with zones": lambda: pd.Series(pd.date_range("2024-01-01", periods=6, tz="Europe/Berlin")),
    "dates of Python": lambda: _objects(*[dt.date(2024, 1, n + 1) for n in range(5)], None),
    "times of Python": lambda: _objects(*[dt.datetime(2024, 1, n + 1, 5) for n in range(5)], pd.NaT),
    "zones mixed": lambda: _objects(dt.datetime(2024, 1, 1), *[dt.datetime(2024, 1, 1, tzinfo=dt.UTC)] * 5),
    "far dates": lambda: _objects(*[dt.date(9999, 12, 31)] * 6),
    "times of day": lambda: _objects(*[dt.time(1, 2)] * 6),
    "periods": lambda: pd.Series(pd.period_range("2024-01", periods=6, freq="M")),
    "periods far away": lambda: pd.Series(pd.PeriodIndex(["0001-01", "9999-12"] * 3, freq="M")),
    "quarters": lambda: pd.Series(pd.PeriodIndex(["2024Q1", None, "2024Q3"] * 2, freq="Q")),
    "durations": lambda: pd.Series(pd.to_timedelta(range(6), unit="s")),
    "durations of Python": lambda: _objects(*[dt.timedelta(1)] * 6),
    "intervals": lambda: pd.cut(pd.Series(range(6)), 2).astype("interval"),
    "categories of intervals": lambda: pd.cut(pd.Series(range(6)), 2),
    "lists": lambda: _objects(*[[1, 2]] * 6),
    "dicts": lambda: _objects(*[{"a": 1}] * 6),
    "arrays": lambda: _objects(*[np.zeros(3)] * 6),
    "a list among texts": lambda: _objects("a", ["b"], "c", "d", "e", "f"),
    "sparse": lambda: pd.Series(pd.arrays.SparseArray([0, 0, 1, 0, 0, 2])),
    "sparse bools": lambda: pd.Series(pd.arrays.SparseArray([True, False, False] * 2)),
    "all missing": lambda: pd.Series([np.nan] * ROWS),
    "all none": lambda: _objects(*[None] * ROWS),
    "none, NaN and NaT": lambda: _objects(None, np.nan, pd.NaT, pd.NA, None, None),
    "classes": lambda: _objects(*[int] * 6),
    "texts of NumPy": lambda: _objects(*np.array(["a", "b", "c"] * 2)),
}
"""Kind of column → function that returns six values."""


class Strange:
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


def _two(**columns):
    return pd.DataFrame({"n": range(ROWS)} | columns)


DATA = {
    "no columns": lambda: pd.DataFrame(index=range(3)),
    "no rows": lambda: pd.DataFrame({"a": []}),
    "nothing": lambda: None,
    "a number": lambda: 3,
    "a text": lambda: "data.csv",
    "an object": object,
    "a generator": lambda: (n for n in range(3)),
    "names of two levels": lambda: pd.DataFrame(np.eye(2), columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])),
    "names of numbers": lambda: pd.DataFrame(np.eye(3), columns=[0, 1.5, None]),
    "names twice": lambda: pd.DataFrame(np.eye(3), columns=["a", "a ", "b"]),
    "names that are long": lambda: pd.DataFrame(np.eye(2), columns=["a" * 5000, "b"]),
    "names that can't be shown": lambda: pd.DataFrame(np.eye(2), columns=[Strange(), "b"]),
    "names with marks": lambda: pd.DataFrame(np.eye(3), columns=["a\u202e", "b\n", "\x1b[31m"]),
    "names of dates": lambda: pd.DataFrame(np.eye(2), columns=pd.date_range("2024", periods=2)),
    "an index of two levels": lambda: _two().set_index([pd.Index(range(6)), pd.Index(range(6))]),
    "an index with repeats": lambda: _two().set_index(pd.Index([1] * 6)),
    "values that can't be shown": lambda: _two(a=_objects(*[Strange() for _ in range(6)])),
    "many columns": lambda: pd.DataFrame(np.zeros((1, 10_001))),
    "a list of lists": lambda: [[1, 2], [3, 4]],
    "ragged lists": lambda: [[1, 2], [3]],
    "a mapping": lambda: {"a": [1, 2], "b": ["x", "y"]},
    "a ragged mapping": lambda: {"a": [1, 2], "b": ["x"]},
    "a mapping of scalars": lambda: {"a": 1},
    "a structured array": lambda: np.array([(1, "a"), (2, "b")], dtype=[("n", "i4"), ("t", "U3")]),
    "a nested structured array": lambda: np.zeros(2, dtype=[("n", "i4", (2,)), ("t", [("u", "f8")])]),
    "a record array": lambda: np.rec.array([(1, 2.0), (3, 4.0)], dtype=[("a", "i4"), ("b", "f8")]),
    "an array of texts": lambda: np.array([["a", "1"], ["b", "2"]]),
    "an array of bytes": lambda: np.array([[b"a", b"1"], [b"b", b"\xff"]]),
    "an array of objects": lambda: np.array([["a", 1], ["b", None]], dtype=object),
    "an array of dates": lambda: np.array([["2024-01-01", "NaT"]], dtype="M8[D]"),
    "an array of durations": lambda: np.zeros((2, 2), dtype="m8[s]"),
    "a complex array": lambda: np.ones((2, 2)) * 1j,
    "a void array": lambda: np.zeros((2, 2), dtype="V8"),
    "a flat array": lambda: np.arange(3),
    "a cube": lambda: np.zeros((2, 2, 2)),
    "no dimensions": lambda: np.array(3.0),
    "no rows of an array": lambda: np.zeros((0, 3)),
    "no columns of an array": lambda: np.zeros((3, 0)),
    "a masked array": lambda: np.ma.masked_array(np.eye(2), mask=np.eye(2, dtype=bool)),
    "an array big-endian": lambda: np.eye(2).astype(">f8"),
    "a frame big-endian": lambda: pd.DataFrame({"a": np.arange(3).astype(">i4"), "b": np.arange(3).astype(">f8")}),
    "a series": lambda: pd.Series([1, 2, 3], name="a"),
    "a pair": lambda: (np.eye(3), [1, 2, 3]),
    "a pair of frames": lambda: (pd.DataFrame(np.eye(3)), pd.DataFrame({"y": [1, 2, 3]})),
    "a pair of wrong lengths": lambda: (np.eye(3), [1, 2]),
    "a pair with a scalar": lambda: (np.eye(3), 5),
    "a pair with two targets": lambda: (np.eye(3), np.eye(3)),
    "a pair with ragged targets": lambda: (np.eye(3), [[1], [1, 2], [3]]),
    "a pair with a structured target": lambda: (np.eye(3), np.zeros(3, dtype=[("n", "i4")])),
    "a view of more values than memory holds": lambda: np.broadcast_to(np.int8(1), (10**9, 3)),
    "a pair of lists": lambda: ([[1], [2]], ["a", "b"]),
    "a pair with a set": lambda: (np.eye(3), {1, 2, 3}),
    "three parts": lambda: (np.eye(3), [1, 2, 3], [1, 2, 3]),
}
"""Kind of data → function that returns it."""
