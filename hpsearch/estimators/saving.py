"""A saved estimator's file: npz, of arrays, and of bytes that hold the rest as JSON. Nothing is pickled."""

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
from hpsearch.errors import DataError, UsageError

DESCRIPTION = "hpsearch_estimator"
"""Name of the array with the JSON text; where it is missing, the file is not ours."""

FORMAT = 1
"""To be raised whenever a file could no longer be read by the version before."""

UNREADABLE = (*npz_file.UNREADABLE, IndexError, AttributeError, OverflowError)
"""What reading, or making sense of, a damaged or foreign file may raise."""


def damaged(path: str | os.PathLike[str], error: Exception) -> DataError:
    """The error to raise for one of `UNREADABLE`, in one line."""
    return DataError(f"{path}: can't be read as a saved hpsearch estimator: {' '.join(str(error).split())}")


def write(path: str | os.PathLike[str], description: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the file, under exactly the name that `path` gives.

    Raises
    ------
    UsageError
        If JSON has no type for something in `description`, or `path` is no path.
    DataError
        If the file can't be written.
    """
    try:
        file_path = Path(os.fsdecode(path))
    except TypeError as error:
        raise UsageError(f"path must be the name of a file, got {path!r}") from error
    try:
        text = json.dumps({"format": FORMAT, **description}, default=_plain)
    except TypeError as error:
        raise UsageError(f"{path}: {error}") from error
    try:
        with file_path.open("wb") as file:
            # No name is one of the function's own arguments, which a type checker can't know.
            np.savez(file, **{DESCRIPTION: np.frombuffer(text.encode(), np.uint8), **arrays})  # type: ignore[arg-type]
    except (OSError, ValueError) as error:
        raise DataError(f"{path!s}: can't be written: {getattr(error, 'strerror', None) or error}") from error


def _plain(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"a saved estimator holds numbers, text, true, false and None; got {value!r}")


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Description and arrays of a file that `write` wrote.

    Raises
    ------
    DataError
        If it can't be read, is damaged, or not such a file.
    """
    try:
        with Path(path).open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise DataError(f"{path}: is no saved hpsearch estimator, or has been cut off: it is no npz file")
            file.seek(0)
            arrays = _arrays_of(file)
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


def _arrays_of(file: BinaryIO) -> dict[str, NDArray[Any]]:
    with warnings.catch_warnings(), np.load(file, allow_pickle=False) as archive:
        warnings.simplefilter("ignore")  # of headers as Python 2 wrote them; such an array is refused by its type
        return {name: archive[name] for name in archive.files}
