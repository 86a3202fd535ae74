"""Reader of IDX, the file format of MNIST: magic number, sizes, values."""

import gzip
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hpsearch.errors import DataError

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """Read an IDX file of bytes with `dimensions` dimensions, plain or gzipped (detected by its first bytes).

    The header is big-endian: two zero bytes, the type (8), the number of dimensions, and a 4-byte size per dimension.
    The values follow in C order (last dimension fastest).

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".

    Raises
    ------
    DataError
        If the file can't be read, has another type or number of dimensions, or has the wrong length.
    """
    content = _read(path)
    magic = bytes((0, 0, _UNSIGNED_BYTE, dimensions))
    if content[:4] != magic:
        raise DataError(
            f"{path}: an IDX file of bytes with {dimensions} dimension(s) starts with {magic.hex()};"
            f" this one starts with {content[:4].hex() or 'nothing'}"
        )
    start = 4 + 4 * dimensions
    if len(content) < start:
        raise DataError(f"{path}: the IDX header ends after {len(content)} of {start} bytes: the file is cut off")
    shape = [int(size) for size in np.frombuffer(content, dtype=">u4", count=dimensions, offset=4)]
    expected = start + int(np.prod(shape, dtype=object))
    if len(content) != expected:
        wrong = "cut off" if len(content) < expected else "followed by something else"
        raise DataError(
            f"{path}: the header promises {' × '.join(map(str, shape))} values, {expected} bytes in all, and the"
            f" file has {len(content)}: it is {wrong}"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: can't be read: {error}") from error
