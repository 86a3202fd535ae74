"""Text files in any encoding, as UTF-8."""

from __future__ import annotations

import codecs
import re

from hpsearch.errors import DataError, UsageError, quoted
from hpsearch.text import plain

BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins as UTF-16's
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
FALLBACK = "cp1252"
"""Encoding of Western European Windows, assumed where a file is not UTF-8."""

_CHUNK = 1 << 20
_CONTROLS = re.compile(rb"[\x01-\x08\x0e-\x1f]")


def check_encoding(key: str, value: object) -> None:
    """Refuse what names no encoding of text that Python knows.

    Raises
    ------
    UsageError
        With key, rule and value.
    """
    try:
        "a".encode(str(value))
        is_encoding = isinstance(value, str)
    except (LookupError, ValueError):
        is_encoding = False
    if not is_encoding:
        raise UsageError(f'{key} must name an encoding, such as "utf-8", "cp1252" or "utf-16", got {quoted(value)}')


def as_utf8(content: bytes, encoding: str | None, source: object) -> tuple[bytes, str]:
    """Return the text as UTF-8 without a byte order mark, and its encoding: the given one, or what it looks like.

    Without a byte order mark it is UTF-8 if it can be, else `FALLBACK`.

    Raises
    ------
    DataError
        If it can't be decoded, holds NULs, or is empty.
    """
    if encoding is None:
        marks = (name for mark, name in BYTE_ORDER_MARKS.items() if content.startswith(mark))
        encoding = next(marks, None) or ("utf-8" if _is_utf8(content) else FALLBACK)
        control = _CONTROLS.search(content) if encoding == FALLBACK and b"\0" not in content else None
        if control:
            raise DataError(f"{source}: is no text: it holds control characters, such as byte {control.start():,}")
    try:
        text = _reencoded(content, encoding).removeprefix(codecs.BOM_UTF8)
    except UnicodeError as error:
        reason = plain(str(error))
        raise DataError(f"{source}: not {encoding} text: {reason}; give the encoding it has") from error
    if not text.strip():
        raise DataError(f"{source}: not a CSV file: it is empty")
    if b"\0" in text:
        raise DataError(
            f"{source}: not a CSV file: it holds NUL bytes; if it is UTF-16, give its encoding, such as utf-16-le"
        )
    return text, encoding


def _is_utf8(content: bytes) -> bool:
    try:
        _reencoded(content, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _reencoded(content: bytes, encoding: str) -> bytes:
    """Decode and encode in pieces: the whole text would need up to four bytes a character."""
    if content.isascii() and encoding in ("utf-8", FALLBACK):
        return content
    decoder = codecs.getincrementaldecoder(encoding)()
    text = bytearray()
    for start in range(0, len(content), _CHUNK):
        text += decoder.decode(content[start : start + _CHUNK], final=start + _CHUNK >= len(content)).encode()
    return bytes(text)
