"""File format of saved estimators: npz with the arrays, and the rest as JSON bytes. Nothing is pickled."""

import json
import os
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hpsearch.data.sources import npz_file
from hpsearch.data.sources.files import check_readable, located
from hpsearch.errors import DataError, UsageError
from hpsearch.text import plain, shorten

DESCRIPTION = "hpsearch_estimator"
"""Name of the array with the JSON text; files without it are not saved estimators."""

FORMAT = 2
"""Newest format version that can be read. A file has the lowest one that describes it."""

WITH_PREPARATION = 2
"""Format version of models with a fitted preparation of their tables."""

_LONGEST = 100  # characters of the name of a class
_LONGEST_REASON = 700  # characters of what is wrong with a file

UNREADABLE = (*npz_file.UNREADABLE, IndexError, AttributeError, OverflowError)
"""Exceptions raised when reading or interpreting a damaged or foreign file."""


def damaged(path: str | os.PathLike[str], error: Exception) -> DataError:
    """Return a one-line error for one of `UNREADABLE`."""
    return DataError(
        f"{path}: can't be read as a saved hpsearch estimator: {shorten(plain(str(error)), _LONGEST_REASON)}"
    )


def write(
    path: str | os.PathLike[str], description: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], version: int = 1
) -> None:
    """Write the file, of a format `version`, to exactly `path`, without adding a suffix.

    Raises
    ------
    UsageError
        If a value in `description` has no JSON type, or `path` is not a path.
    DataError
        If the file can't be written.
    """
    try:
        file_path = Path(os.fsdecode(path))
    except TypeError as error:
        raise UsageError(f"path must be the name of a file, got {path!r}") from error
    try:
        text = json.dumps({"format": version, **description}, default=_to_builtin)
    except TypeError as error:
        raise UsageError(f"{path}: {error}") from error
    try:
        with file_path.open("wb") as file:
            # No array is named like an argument of np.savez, which a type checker can't verify.
            np.savez(file, **{DESCRIPTION: np.frombuffer(text.encode(), np.uint8), **arrays})  # type: ignore[arg-type]
    except (OSError, ValueError) as error:
        raise DataError(f"{path!s}: can't be written: {getattr(error, 'strerror', None) or error}") from error


def _to_builtin(value: Any) -> Any:
    """Convert NumPy's numbers and arrays to Python's."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"a saved estimator holds numbers, text, true, false and None; got {value!r}")


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return description and arrays of a file written by `write`.

    Raises
    ------
    DataError
        If the file can't be read, is damaged, or is not a saved estimator.
    """
    check_readable(located(path))
    try:
        with located(path).open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise DataError(f"{path}: is no saved hpsearch estimator, or has been cut off: it is no npz file")
            _check_unpacked(path, file)
            arrays = _read_arrays(file)
        if DESCRIPTION not in arrays:
            raise DataError(f"{path}: is no saved hpsearch estimator: it has no array {DESCRIPTION!r}")
        description = json.loads(arrays.pop(DESCRIPTION).tobytes())
        if description["format"] > FORMAT:
            raise DataError(f"{path}: was saved by a newer hpsearch; this one reads up to format {FORMAT}")
    except DataError:
        raise
    except UNREADABLE as error:
        raise damaged(path, error) from error
    return description, arrays


def _check_unpacked(path: str | os.PathLike[str], file: BinaryIO) -> None:
    """Refuse a file whose members are larger than itself: `write` packs nothing, and a small one could fill memory."""
    with zipfile.ZipFile(file) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > file.seek(0, os.SEEK_END):
        raise DataError(f"{path}: is no saved hpsearch estimator: it is compressed")
    file.seek(0)


def check_class(path: str | os.PathLike[str], description: Mapping[str, Any], name: str) -> None:
    """Check that the file at `path` holds an estimator of the class `name`.

    Raises
    ------
    DataError
        If it is of another class, or does not say of which.
    """
    saved = description.get("estimator")
    if saved is None:
        raise DataError(f"{path}: is no saved hpsearch estimator: it does not say of which class")
    if saved != name:
        saved = shorten(plain(str(saved)), _LONGEST)
        raise DataError(f"{path}: holds an estimator of class {saved}, load it with {saved}.load, not {name}.load")


def _read_arrays(file: BinaryIO) -> dict[str, NDArray[Any]]:
    with warnings.catch_warnings(), np.load(file, allow_pickle=False) as archive:
        warnings.simplefilter("ignore")  # on headers by Python 2; such arrays are refused by their dtype
        return {name: archive[name] for name in archive.files}
