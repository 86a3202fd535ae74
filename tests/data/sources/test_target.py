import numpy as np
import pytest

from hpsearch.data.sources.target import MAX_CLASSES, encode_target
from hpsearch.errors import DataError

INFERRED = {
    "text": (np.array(["b", "a", "b"]), ("a", "b"), [1, 0, 1]),
    "text of Python": (np.array(["b", "a", "ä", "b"], dtype=object), ("a", "b", "ä"), [1, 0, 2, 1]),
    "numbers as text": (np.array(["10", "9"]), ("10", "9"), [0, 1]),
    "true and false": (np.array([True, False]), ("False", "True"), [1, 0]),
    "whole numbers": (np.array([10, 9, 10], dtype=np.uint8), ("9", "10"), [1, 0, 1]),
    "whole floats": (np.array([1.0, -1.0]), ("-1", "1"), [1, 0]),
    "the most classes": (np.arange(MAX_CLASSES), tuple(map(str, range(MAX_CLASSES))), list(range(MAX_CLASSES))),
    "infinite": (np.array([np.inf, 1.0]), ("1", "inf"), [1, 0]),  # refused later, with its line
    "more than the most": (np.arange(MAX_CLASSES + 1), (), list(range(MAX_CLASSES + 1))),
    "fractions": (np.array([0.5, 1.0]), (), [0.5, 1.0]),
}


@pytest.mark.parametrize("case", INFERRED)
def test_the_task_is_inferred(case):
    values, classes, expected = INFERRED[case]
    y, task, class_names = encode_target(values, None, "here")
    assert class_names == classes
    assert task == ("classification" if classes else "regression")
    assert y.dtype == (np.int64 if classes else np.float32)
    assert y.tolist() == expected


def test_the_task_can_be_forced():
    assert encode_target(np.array([0, 1, 2]), "regression", "here")[1] == "regression"
    y, task, class_names = encode_target(np.array([0.5, 0.25]), "classification", "here")
    assert (y.tolist(), task, class_names) == ([1, 0], "classification", ("0.25", "0.5"))


def test_what_is_no_target_is_refused():
    with pytest.raises(DataError, match="here: regression needs numbers; received text such as 'a'"):
        encode_target(np.array(["a", "b"]), "regression", "here")
    with pytest.raises(DataError, match="here: a class must have at most 1,000 characters, got 'xxx"):
        encode_target(np.array(["a"] * 9_999 + ["x" * 1_000_000], dtype=object), None, "here")  # as U, 40 GB
    with pytest.raises(DataError, match="here: a target must be numbers or text; received object"):
        encode_target(np.array(["a", 1], dtype=object), None, "here")
    with pytest.raises(DataError, match="here: a target must be numbers or text; received complex128"):
        encode_target(np.array([1j, 2]), None, "here")
