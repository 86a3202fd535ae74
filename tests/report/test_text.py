import doctest
import math

import pytest

from hpsearch.report import scales, section, text
from hpsearch.text import shorten


@pytest.mark.parametrize("module", [text, scales, section])
def test_examples_in_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.0, "0"),
        (12, "12"),
        (0.9, "0.9000"),
        (12345.6, "12346"),
        (-0.00123456, "-0.001235"),
        (1e300, "1.000e+300"),
        (math.nan, "–"),
        (math.inf, "∞"),
    ],
)
def test_numbers(number, written):
    assert text.number(number) == written


def test_aligned_numbers_have_the_decimals_of_the_largest():
    write = text.aligned([0.98765, 0.1, math.nan])
    assert [write(each) for each in (0.98765, 0.1, math.nan)] == ["0.9877", "0.1000", "–"]
    assert text.aligned([1e-6, 1.0])(1e-6) == "1.000e-06"  # too far apart for equal decimals


@pytest.mark.parametrize(
    ("anything", "written"),
    [
        (True, "true"),
        (None, "none"),
        ([64, 32], "64, 32"),
        ([], "none"),
        (0.1, "0.1"),
        (1e-6, "1e-06"),
        ({"low": 1}, "low = 1"),
        ("a\nb", "a b"),
        (math.inf, "∞"),
    ],
)
def test_values(anything, written):
    assert text.value(anything) == written


def test_unseen_signs_are_spelled_out_and_others_kept():
    assert text.plain(" a\t\x1b[0m\u202eb\ud800 🚀\n") == "a \\x1b[0m\\u202eb\\ud800 🚀"


def test_shortened_text_keeps_both_ends():
    assert shorten("abcdefghij", 10) == "abcdefghij"
    assert shorten("abcdefghijk", 10) == "abcdef…ijk"


def test_facts_are_escaped_and_sentences_are_not():
    facts = {"name": "<{x}>", "share": 0.12345, "count": 3}
    sentence = text.fill("<b>{name}</b> {share:.2f} {share} {count}", facts, lambda fact: fact.replace("<", "&lt;"))
    assert sentence == "<b>&lt;{x}></b> 0.12 0.1235 3"


def test_a_sentence_can_not_name_a_fact_that_is_not_there():
    with pytest.raises(KeyError):
        text.fill("{absent}", {})


def test_lists_in_sentences():
    assert [text.listing(names) for names in ([], ["a"], ["a", "b"], "abc")] == ["–", "a", "a and b", "a, b and c"]
