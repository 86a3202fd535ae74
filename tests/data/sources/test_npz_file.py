import io
import pickle
import zipfile

import numpy as np
import pytest

from hpsearch.data import DataSettings, load
from hpsearch.errors import DataError


def read(path, **settings):
    return load(DataSettings(source="npz", path=str(path), **settings))


def saved(folder, **arrays):
    path = folder / "own.npz"
    np.savez(path, **arrays)
    return path


X, Y = np.arange(12.0).reshape(4, 3), np.array([0, 1, 1, 0])


def with_value(value, dtype=np.float64):
    x = X.astype(dtype)
    x[1, 2] = value
    return x


def test_images_are_flattened_and_labels_named(tmp_path):
    images = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3)
    dataset = read(saved(tmp_path, x=images, kind=np.array([b"z\xc3\xa9", b"a", b"a", b"a"])), target="kind")
    np.testing.assert_array_equal(dataset.x, np.arange(24, dtype=np.float32).reshape(4, 6))
    assert dataset.class_names == ("a", "zé")
    assert dataset.y.tolist() == [1, 0, 0, 0]


def test_a_column_of_targets_will_do_and_the_task_can_be_forced(tmp_path):
    dataset = read(saved(tmp_path, x=X, y=Y[:, np.newaxis]), task="regression")
    assert dataset.task == "regression"
    assert dataset.y.tolist() == [0, 1, 1, 0]


WRONG = {
    "no x": ({"inputs": X, "y": Y}, "unknown array 'x'.*choose from inputs, y"),
    "no y": ({"x": X, "Y": Y}, "unknown array 'y'.*choose from Y, x"),
    "infinite": ({"x": with_value(np.inf), "y": Y}, r"column 'x_2', row 1 \(from 0\): the value is infinite"),
    "beyond float32": ({"x": with_value(1e300), "y": Y}, "too large for float32"),
    "text inputs": ({"x": X.astype(str), "y": Y}, "array 'x' must hold numbers; received <U"),
    "complex inputs": ({"x": X * 1j, "y": Y}, "array 'x' must hold numbers; received complex128"),
    "flat inputs": ({"x": X[:, 0], "y": Y}, r"array 'x' must have the shape \(rows, columns\).*received \(4,\)"),
    "no rows": ({"x": X[:0], "y": Y[:0]}, r"received \(0, 3\)"),
    "lengths": ({"x": X, "y": Y[:3]}, r"array 'y' must have the shape \(4,\).*received \(3,\)"),
    "one-hot target": ({"x": X, "y": np.eye(4)}, r"received \(4, 4\)"),
    "missing target": ({"x": X, "y": np.array([0, np.nan, 1, 2])}, r"array 'y', row 1 .*the value is missing"),
    "target beyond float32": ({"x": X, "y": np.array([0.5, 1, 1e300, 2])}, "target in row 2 .*too large"),
    "date target": ({"x": X, "y": np.array(["2020-01-01"] * 4, dtype="M8[D]")}, "must be numbers or text"),
    "one class": ({"x": X, "y": np.ones(4)}, "at least two classes; the rows hold '1'"),
    "pickled": ({"x": np.array([{}] * 4), "y": Y}, "array 'x' holds Python objects"),
    "inputs that float32 takes for one": ({"x": X * 1e-5 + 1e4, "y": Y}, "column 0 .*differ too little for their size"),
    "numbers that float32 takes for one": (
        {"x": X, "y": 1e15 + 0.5 + 1000 * np.arange(4)},
        "array 'y': the values differ too little",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_told_in_one_line(case, tmp_path):
    arrays, message = WRONG[case]
    path = saved(tmp_path, **arrays)
    with pytest.raises(DataError, match=message) as raised:
        read(path)
    assert str(raised.value).startswith(str(path))
    assert "\n" not in str(raised.value)


def npz_bytes():
    content = io.BytesIO()
    np.savez_compressed(content, x=np.random.default_rng(0).normal(size=(50, 3)), y=np.arange(50) % 2)
    return content.getvalue()


def npy_bytes():
    content = io.BytesIO()
    np.save(content, X)
    return content.getvalue()


def zip_bytes():
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("x.npy", "no array")
    return content.getvalue()


def spoilt_header(before, after):
    """An npz file whose array x has a header of the same length that is no literal of Python."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("x.npy", npy_bytes().replace(before, after))
        archive.writestr("y.npy", npy_bytes())
    return content.getvalue()


DAMAGED = {
    "empty": (b"", "is no npz file"),
    "text": (b"x,y\n1,2\n", "is no npz file"),
    "a pickle": (pickle.dumps({"x": 1}), "is no npz file"),
    "cut off": (npz_bytes()[:-200], "or has been cut off"),
    "overwritten": (npz_bytes()[:300] + bytes(200) + npz_bytes()[500:], "can't be read as an npz file"),
    "one array": (npy_bytes(), "is no npz file.*numpy.savez writes one"),
    "a header without an end": (spoilt_header(b"(", b"["), "can't be read as an npz file"),
    "a header that is no Python": (spoilt_header(b"{'", b"{,"), "can't be read as an npz file"),
    "a header with an indent": (spoilt_header(b"{'d", b"\n \n"), "can't be read as an npz file"),
    "a header that ends in a text": (spoilt_header(b"}", b"'"), "can't be read as an npz file"),
    "another archive": (zip_bytes(), "'x' is no NumPy array"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_another_file_is_refused(case, tmp_path):
    content, message = DAMAGED[case]
    path = tmp_path / "own.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as raised:
        read(path)
    assert "\n" not in str(raised.value)


def with_header(shape, dtype="<f8", rest=b""):
    """An npz file whose array x has this header, and the array y."""
    content, header = io.BytesIO(), io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"shape": shape, "fortran_order": False, "descr": dtype})
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", header.getvalue() + rest)
        archive.writestr("y.npy", npy_bytes())
    return content.getvalue()


BOMBS = {
    "values": (with_header((10**6, 1000), "|u1"), "array 'x' has 1,000,000,000 values, and at most 100,000,000 are"),
    "more than there are": (with_header((1000, 1000)), "array 'x' is cut off: 8,000,000 bytes expected, 128 there"),
    "bytes": (with_header((1000, 1000), rest=bytes(2_000_000)), "array 'x' has 2,000,128 bytes, and at most 1,000,000"),
}


@pytest.mark.parametrize("case", BOMBS)
def test_a_small_file_of_large_arrays_is_refused(case, tmp_path, monkeypatch):
    content, message = BOMBS[case]
    if case == "bytes":
        monkeypatch.setattr("hpsearch.data.sources.npz_file.MOST_ARRAY_BYTES", 1_000_000)
    path = tmp_path / "own.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read(path)


def test_a_file_of_many_members_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("hpsearch.data.reading.unpacking.MOST_DIRECTORY_BYTES", 100)
    with pytest.raises(DataError, match="the list of its members must be at most 100 bytes"):
        read(saved(tmp_path, x=X, y=Y))


def test_bytes_that_are_no_text_stay_different_classes(tmp_path):
    path = saved(tmp_path, x=X, y=np.array([b"\xfe", b"\xff", b"\xfe", b"a"]))
    assert len(read(path).class_names) == 3


def test_no_file(tmp_path):
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(DataError, match="can't be read as an npz file"):
            read(path)
