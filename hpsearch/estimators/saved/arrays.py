"""Arrays of an archive, checked before they are read."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from hpsearch.errors import DataError, quoted


def array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    """Return an array of the archive, after checking that it has the size in its header.

    Raises
    ------
    DataError
        If it has another size, or holds anything but numbers.
    """
    data = archive.read(name)
    file = io.BytesIO(data)
    version = npy.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise DataError(f"the array {quoted(name)} has an unknown version")
    shape, _, dtype = (npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0)(file)
    if dtype.hasobject or dtype.subdtype or (dtype.names is None and dtype.kind not in "biuf") or not dtype.itemsize:
        raise DataError(f"the array {quoted(name)} does not hold numbers")
    size = dtype.itemsize
    for length in shape:
        size *= length
    if size != len(data) - file.tell() or any(length < 0 for length in shape):
        raise DataError(f"the array {quoted(name)} is not as large as it says")
    loaded: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return loaded
