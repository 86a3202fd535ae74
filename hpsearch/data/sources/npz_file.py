"""Loader of npz files with inputs in "x" and the target in "y" or another array."""

import math
import os
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.dataset import Dataset, not_finite
from hpsearch.data.labels import class_values
from hpsearch.data.limits import MOST_ARRAY_BYTES, MOST_ARRAY_NUMBERS
from hpsearch.data.reading.unpacking import check_members
from hpsearch.data.sources.files import check_readable, located
from hpsearch.data.sources.float32 import BLURRED, first_blurred
from hpsearch.data.sources.target import encode_target, to_float32
from hpsearch.errors import DataError, choose_from

INPUTS, TARGET = "x", "y"
_EXPECTED = " as an npz file of numbers and text"

UNREADABLE = (
    OSError, EOFError, ValueError, KeyError, TypeError, RuntimeError, MemoryError, zlib.error, zipfile.BadZipFile,
    SyntaxError, tokenize.TokenError,  # of a header that is no literal of Python
)  # fmt: skip
"""Exceptions raised when reading a damaged or foreign npz file."""


def load_npz(
    path: str | os.PathLike[str],
    target: str | None = None,
    task: str | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Load the npz file at `path`: "x" of shape (rows, …), flattened to (rows, columns), and a target (rows,).

    A relative path starts from `folder`, or from the current folder if None; the data set is named by the path alone.

    Pickled objects are refused. See `encode_target` for the target.

    Raises
    ------
    DataError
        If the file is invalid; the message names file and array, and row and column of a value that is not finite.
    """
    name, path = str(located(path)), located(path, folder)
    key = target or TARGET
    x, y = _read(path, key)
    x, y = _as_inputs(x, f"{path}: array {INPUTS!r}"), _as_target(y, len(x), f"{path}: array {key!r}")
    labels, task, class_names = encode_target(y, task, f"{path}: array {key!r}")
    return Dataset(
        name=name,
        x=x,
        y=labels,
        task=task,
        feature_names=tuple(f"{INPUTS}_{column}" for column in range(x.shape[1])),
        class_names=class_names,
        class_values=class_values(y) if class_names else None,
    )


def _read(path: Path, key: str) -> tuple[NDArray[Any], NDArray[Any]]:
    check_readable(path, _EXPECTED)
    try:
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise DataError(f"{path}: is no npz file, or has been cut off: numpy.savez writes one")
            _check_sizes(file, (INPUTS, key), path)
            with np.load(file, allow_pickle=False) as archive:
                return _array(archive, INPUTS, path), _array(archive, key, path)
    except DataError:
        raise
    except UNREADABLE as error:
        raise DataError(f"{path}: can't be read{_EXPECTED}: {error}") from error


def _check_sizes(file: BinaryIO, keys: Iterable[str], path: Path) -> None:
    """Refuse arrays that are too large by what their headers say: a small file can unpack to many times its size."""
    check_members(file, path)
    with zipfile.ZipFile(file) as archive:
        for key in {*keys, *(f"{key}.npy" for key in keys)} & set(archive.namelist()):
            with archive.open(key) as member:
                _check_header(member, archive.getinfo(key).file_size, f"{path}: array {key.removesuffix('.npy')!r}")
    file.seek(0)


def _check_header(member: IO[bytes], unpacked: int, source: str) -> None:
    """Refuse a header of too many values, or of more than the member holds."""
    if unpacked > MOST_ARRAY_BYTES:
        raise DataError(f"{source} has {unpacked:,} bytes, and at most {MOST_ARRAY_BYTES:,} are read")
    beginning = member.read(np.lib.format.MAGIC_LEN)
    read_header = _HEADERS.get(beginning)
    if read_header is None:  # no array, or one with names of fields: refused later
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on headers by Python 2
        shape, _, dtype = read_header(member)
    number = math.prod(shape)
    if number > MOST_ARRAY_NUMBERS:
        raise DataError(f"{source} has {number:,} values, and at most {MOST_ARRAY_NUMBERS:,} are read")
    if not dtype.hasobject and number * dtype.itemsize > unpacked:
        raise DataError(f"{source} is cut off: {number * dtype.itemsize:,} bytes expected, {unpacked:,} there")


_HEADERS: Mapping[bytes, Callable[[IO[bytes]], tuple[tuple[int, ...], bool, np.dtype[Any]]]] = {
    np.lib.format.magic(1, 0): np.lib.format.read_array_header_1_0,
    np.lib.format.magic(2, 0): np.lib.format.read_array_header_2_0,
}


def _array(archive: Any, key: str, path: Path) -> NDArray[Any]:
    if key not in archive.files:
        raise DataError(f"{path}: {choose_from('array', key, archive.files)}")
    try:
        array: object = archive[key]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise DataError(f"{path}: array {key!r} holds Python objects: save numbers or text instead") from error
    if not isinstance(array, np.ndarray):  # an archive member in another format
        raise DataError(f"{path}: {key!r} is no NumPy array: numpy.savez writes them")
    return array


def _as_inputs(x: NDArray[Any], source: str) -> NDArray[np.float32]:
    if x.dtype.kind not in "biuf":
        raise DataError(f"{source} must hold numbers; received {x.dtype}")
    if x.ndim < 2 or x.size == 0:
        raise DataError(f"{source} must have the shape (rows, columns), with at least one of each; received {x.shape}")
    exact = x.reshape(len(x), -1)
    rounded = to_float32(exact)
    blurred = first_blurred(exact, rounded)
    if blurred is not None:
        raise DataError(f"{source}, column {blurred} (from 0): {BLURRED}")
    return rounded


def _as_target(y: NDArray[Any], rows: int, source: str) -> NDArray[Any]:
    if y.shape not in ((rows,), (rows, 1)):
        raise DataError(f"{source} must have the shape ({rows},), one for each row of {INPUTS!r}; received {y.shape}")
    y = y.reshape(rows)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        row = int(np.flatnonzero(~np.isfinite(y))[0])
        raise DataError(f"{source}, row {row} (from 0): {not_finite(y[row])}")
    # Escape bytes that are not UTF-8: as "?" they would all be one class.
    return np.char.decode(y, "utf-8", "backslashreplace") if y.dtype.kind == "S" else y
