"""Text that is safe to show: whatever it was made of."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.text import plain, visible

HARMFUL = {
    "escape sequence": "\x1b[31mred\x1b[0m",
    "link": "\x1b]8;;http://evil.example\x07text\x1b]8;;\x07",
    "C1 control": "\x9b31m\x90q",
    "bell, backspace, delete": "\a\b\x7f",
    "bidirectional": "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "zero width": "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e",
    "fillers": "\u115f\u1160\u3164\uffa0",
    "tags": "\U000e0001\U000e0041\U000e007f",
    "lone surrogate": "\ud800\udfff",
}


@pytest.mark.parametrize("kind", HARMFUL)
def test_harmful_signs_are_spelled_in_ascii(kind):
    shown = visible(HARMFUL[kind])
    assert shown == plain(HARMFUL[kind])
    assert shown.isascii()
    assert shown.isprintable()


def test_every_sign_that_python_can_not_print_is_spelled_and_the_usual_ones_stay():
    for sign in map(chr, range(sys.maxunicode + 1)):
        shown = visible(sign)
        assert shown.isprintable(), hex(ord(sign))
        if unicodedata.category(sign)[0] in "LNPS" and sign.isprintable() and len(shown) > 1:
            assert ord(sign) in {0x115F, 0x1160, 0x3164, 0xFFA0}
    assert visible("naïve 中 🚀 ❤️ − × … α'\"<>&\\") == "naïve 中 🚀 ❤️ − × … α'\"<>&\\"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_no_line_break_is_left(end):
    assert plain(f"a{end}b") == "a b"
    assert visible(f"  a{end}b  ").split() == ["a", "b"]
    assert len(visible(f"a{end}b").splitlines()) == 1


@given(st.text())
def test_spaces_are_kept_or_collapsed_and_what_is_clean_stays(text):
    clean = visible(text)
    assert visible(clean) == clean
    assert [sign.isspace() for sign in text].count(True) == clean.count(" ")
    assert plain(text) == " ".join(clean.split())
