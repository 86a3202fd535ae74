"""Text that is safe to show: one line, nothing invisible, bounded length."""

import unicodedata

_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    """One line of the text: white space collapsed; signs that can't be seen or that reorder the text spelled out."""
    return "".join(map(_visible, " ".join(text.split())))


def _visible(sign: str) -> str:
    hidden = unicodedata.category(sign) in {"Cc", "Cs"} or sign in _BIDI
    return f"\\x{ord(sign):02x}" if hidden else sign


def shorten(text: str, length: int) -> str:
    """The text, or its beginning and its end with an ellipsis between them, so that endings still tell names apart."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 3
    return f"{text[: length - 1 - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"
