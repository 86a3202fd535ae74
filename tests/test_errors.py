"""Values in messages are one line of bounded length, whatever they are."""

import numpy as np
import pytest

from hpsearch.errors import quoted


class Shy:
    def __repr__(self):
        raise RuntimeError("no text")


VALUES = {
    "an array": (np.eye(2), "array([[1., 0.], [0., 1.]])"),
    "a text with breaks": ("a\nb", r"'a\nb'"),
    "an object that can't be shown": (Shy(), "Shy that can't be shown"),
    "a large number": (10**5_000, "int too large to show"),
}


@pytest.mark.parametrize("case", VALUES)
def test_values_are_one_line(case):
    value, expected = VALUES[case]
    assert quoted(value) == expected
