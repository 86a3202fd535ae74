"""Text that is safe to show: one line, nothing invisible, bounded length."""

_IGNORABLE = (  # printable to Python, but nothing shows them: of Unicode's Default_Ignorable_Code_Point
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2065, 0x2065),
    (0x3164, 0x3164),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
)


def plain(text: str) -> str:
    """One line of the text: white space collapsed; signs that can't be seen or that reorder the text spelled out."""
    return visible(" ".join(text.split()))


def visible(text: str) -> str:
    r"""Return one line of the text as `plain` does, with every space kept: a line's layout, or a cell's padding.

    >>> visible("  a\x1b[31m\nb\u202e")
    '  a\\x1b[31m b\\u202e'
    """
    return text if text.isascii() and text.isprintable() else "".join(map(_visible, text))


def _visible(sign: str) -> str:
    if sign.isspace():
        return " "
    if sign.isprintable() and not any(low <= ord(sign) <= high for low, high in _IGNORABLE):
        return sign
    return sign.encode("unicode_escape").decode("ascii")


def short(key: str) -> str:
    """Return a key as messages show it: one line of at most 100 characters."""
    return shorten(plain(key), 100)


def shorten(text: str, length: int) -> str:
    """The text, or its beginning and its end with an ellipsis between them, so that endings still tell names apart."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 3
    return f"{text[: length - 1 - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"
