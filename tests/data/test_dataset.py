import numpy as np
import pytest

from hpsearch.data import Dataset
from hpsearch.errors import DataError


def make(**changes):
    parts = {
        "name": "toy",
        "x": np.arange(8, dtype=np.float32).reshape(4, 2),
        "y": np.array([0, 1, 0, 1]),
        "task": "classification",
        "feature_names": ("a", "b"),
        "class_names": ("no", "yes"),
    }
    return Dataset(**(parts | changes))


def regression(y):
    return {"task": "regression", "class_names": (), "y": np.array(y, dtype=np.float32)}


def with_value(value):
    x = np.zeros((4, 2), dtype=np.float32)
    x[2, 1] = value
    return x


WRONG = {
    "a column without values": ({"x": np.full((4, 2), np.nan, np.float32)}, "column 'a' has no value in any row"),
    "infinite input": ({"x": with_value(-np.inf)}, r"column 'b', row 2 \(from 0\): the value is infinite"),
    "float64": ({"x": np.zeros((4, 2))}, "must be float32 .*received float64"),
    "one axis": ({"x": np.zeros(4, dtype=np.float32)}, r"received float32 of shape \(4,\)"),
    "too few names": ({"feature_names": ("a",)}, r"of shape \(rows, 1\)"),
    "no columns": ({"x": np.zeros((4, 0), dtype=np.float32), "feature_names": ()}, "at least 1"),
    "lengths": ({"y": np.array([0, 1])}, r"y must have shape \(4,\).*received \(2,\)"),
    "label type": ({"y": np.zeros(4)}, "y must be int64 for classification; received float64"),
    "label range": ({"y": np.array([0, 1, 2, 1])}, r"labels must lie in 0\.\.1.*received 0\.\.2"),
    "negative label": ({"y": np.array([0, 1, -1, 1])}, r"received -1\.\.1"),
    "one class": ({"y": np.ones(4, dtype=np.int64)}, "at least two classes; the rows hold 'yes'"),
    "no rows": ({"x": np.zeros((0, 2), dtype=np.float32), "y": np.zeros(0, dtype=np.int64)}, "hold none"),
    "missing target": (regression([1, 2, np.nan, 3]), r"target in row 2 \(from 0\): the value is missing"),
    "infinite target": (regression([1, np.inf, 2, 3]), r"target in row 1 \(from 0\): the value is infinite"),
    "constant target": (regression([7, 7, 7, 7]), "a target that varies; it is 7 in all 4 rows"),
    "task": ({"task": "clasification"}, "did you mean 'classification'"),
    "test set": (
        {"test": (with_value(np.inf), np.array([0, 1, 0, 1]))},
        r"toy \(test\): column 'b', row 2 \(from 0\)",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_content_that_cannot_be_used_is_told_in_one_line(case):
    changes, message = WRONG[case]
    with pytest.raises(DataError, match=message) as raised:
        make(**changes)
    assert "\n" not in str(raised.value)


def test_arrays_are_read_only_but_the_callers_are_not():
    x = np.zeros((4, 2), dtype=np.float32)
    dataset = make(x=x, test=(x, np.array([0, 1, 1, 0])))
    for array in (dataset.x, dataset.y, *dataset.test):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    x[0] = 1


CHANGES = {
    "a missing input": {"x": with_value(np.nan)},
    "an input": {"x": np.arange(1, 9, dtype=np.float32).reshape(4, 2)},
    "a label": {"y": np.array([1, 1, 0, 1])},
    "a feature name": {"feature_names": ("a", "c")},
    "a class name": {"class_names": ("no", "maybe")},
    "the task": regression([0, 1, 0, 1]),
    "a test set": {"test": (np.ones((1, 2), dtype=np.float32), np.array([0]))},
}


def test_the_fingerprint_is_that_of_the_content_alone():
    assert make().fingerprint == make(name="elsewhere").fingerprint
    assert make(x=np.asfortranarray(make().x)).fingerprint == make().fingerprint
    prints = {make(**changes).fingerprint for changes in ({}, *CHANGES.values())}
    assert len(prints) == len(CHANGES) + 1
