"""Content of a file, unpacked if it is compressed, in bounded memory."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from hpsearch.data.limits import MOST_DIRECTORY_BYTES, MOST_FILE_BYTES, MOST_PACKING_BYTES
from hpsearch.data.sources.files import check_readable
from hpsearch.errors import DataError, quoted
from hpsearch.text import plain

_CHUNK = 1 << 20
_END = struct.Struct("<4s4H2LH")  # of a zip file: signature, disks, members, size and place of the list, comment

DAMAGED = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
)  # fmt: skip
"""Exceptions raised when unpacking a damaged file."""


def unpacked(path: Path, stream: BinaryIO | None = None) -> tuple[bytes, str]:
    """Return the content of the file at `path`, and the name of its compression, empty if it has none.

    If there is a `stream`, it is read instead, and `path` is its name in messages.

    Raises
    ------
    DataError
        If it can't be read, is damaged, or is larger than `MOST_FILE_BYTES`, packed or unpacked.
    """
    if stream is None:
        check_readable(path)
    packing = ""
    try:
        with path.open("rb") if stream is None else _Content(stream, str(path)) as file:
            size = file.seek(0, 2)
            if size > MOST_FILE_BYTES:
                raise DataError(f"{path}: holds {size:,} bytes, and at most {MOST_FILE_BYTES:,} are read")
            file.seek(0)
            beginning = file.read(max(map(len, PACKINGS)))
            file.seek(0)
            packing, unpack = next((PACKINGS[magic] for magic in PACKINGS if beginning.startswith(magic)), ("", _plain))
            content = unpack(file, MOST_FILE_BYTES + 1)
        _check_packed(content, packing, path)
    except DataError:
        raise
    except MemoryError as error:
        raise DataError(f"{path}: can't be read: there is too little memory for it") from error
    except DAMAGED as error:
        kind = f" as a {packing} file, damaged or cut off" if packing else ""
        reason = plain(getattr(error, "strerror", None) or str(error))
        raise DataError(f"{path}: can't be read{kind}: {reason}") from error
    if len(content) > MOST_FILE_BYTES:
        raise DataError(
            f"{path}: holds more than {MOST_FILE_BYTES:,} bytes when unpacked, and at most so many are read"
        )
    return content, packing


class _Content(io.BytesIO):
    """What a stream held, with its name."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        super().__init__(stream.read(MOST_FILE_BYTES + 1))
        self.name = name
        if len(self.getbuffer()) > MOST_FILE_BYTES:
            raise DataError(f"{name}: holds more than {MOST_FILE_BYTES:,} bytes, and at most so many are read")


def _check_packed(content: bytes, packing: str, path: Path) -> None:
    """Refuse content that is packed again, or in a way that is not read."""
    again = next((name for magic, (name, _) in PACKINGS.items() if packing and content.startswith(magic)), None)
    other = next((name for magic, name in _NOT_READ.items() if content.startswith(magic)), None)
    if again or other:
        read = ", ".join(dict.fromkeys(name for name, _ in PACKINGS.values()))
        raise DataError(
            f"{path}: holds a {again or other} file: unpack it, or pack the table alone, with one of {read}"
        )


_NOT_READ = {
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\x04\x22\x4d\x18": "LZ4",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
}
"""How other compressed files begin → their name."""


def check_members(file: BinaryIO, source: object) -> None:
    """Refuse a zip file whose list of members is large: `zipfile` would read all of it at once.

    Raises
    ------
    DataError
        If it is larger than `MOST_DIRECTORY_BYTES`, or can only be described by Zip64.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_535 - _END.size))
    tail = file.read()
    file.seek(0)
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + _END.size:
        raise zipfile.BadZipFile("the list of its members is missing")
    directory_bytes = _END.unpack_from(tail, place)[5]
    zip64 = tail[:place].rfind(b"PK\x06\x07") == place - 20 >= 0
    if zip64 or directory_bytes > MOST_DIRECTORY_BYTES:
        raise DataError(
            f"{source}: the list of its members must be at most {MOST_DIRECTORY_BYTES:,} bytes long, as of 10,000"
        )


def _plain(file: BinaryIO, most: int) -> bytes:
    return file.read(most)


def _gzip(file: BinaryIO, most: int) -> bytes:
    with gzip.GzipFile(fileobj=file) as stream:
        return stream.read(most)


def _bz2(file: BinaryIO, most: int) -> bytes:
    with bz2.BZ2File(file) as stream:
        return stream.read(most)


def _xz(file: BinaryIO, most: int) -> bytes:
    """Unpack with a limit for the dictionary, which `lzma.LZMAFile` can't set."""
    content, rest = bytearray(), b""
    while rest or (rest := file.read(_CHUNK)):
        decompressor = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_PACKING_BYTES)
        while not decompressor.eof and len(content) < most:
            if decompressor.needs_input and not rest and not (rest := file.read(_CHUNK)):
                raise EOFError("it ends too early")
            content += decompressor.decompress(rest, most - len(content))
            rest = b""
        if len(content) >= most:
            break
        rest = decompressor.unused_data.lstrip(b"\0")  # streams can be padded
    return bytes(content)


def _zip(file: BinaryIO, most: int) -> bytes:
    check_members(file, file.name)
    with zipfile.ZipFile(file) as archive:
        members = [
            each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith("__MACOSX/")
        ]
        names = [member.filename for member in members]
        if "[Content_Types].xml" in names or "mimetype" in names:
            raise DataError(f"{file.name}: is a spreadsheet or document: save the sheet as CSV")
        if len(members) != 1:
            some = ", ".join(quoted(name) for name in sorted(names)[:3])
            raise DataError(
                f"{file.name}: a zip file must hold one file, got {len(members):,}{f': {some}' * bool(some)}"
            )
        with archive.open(members[0]) as stream:
            return stream.read(most)


PACKINGS: Mapping[bytes, tuple[str, Callable[[BinaryIO, int], bytes]]] = {
    b"\x1f\x8b": ("gzip", _gzip),
    b"BZh": ("bzip2", _bz2),
    b"\xfd7zXZ\x00": ("xz", _xz),
    b"PK\x03\x04": ("zip", _zip),
    b"PK\x05\x06": ("zip", _zip),  # an empty one
}
"""How a compressed file begins → its name, and what unpacks at most so many bytes."""
