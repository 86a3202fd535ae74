import doctest
import json
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
        (0.9, "0.900"),
        (12345.6, "12346"),
        (-0.00123456, "−0.00123"),
        (1e300, "1.00e+300"),
        (math.nan, "–"),
        (math.inf, "∞"),
    ],
)
def test_numbers(number, written):
    assert text.number(number) == written


def test_aligned_numbers_have_the_decimals_of_the_largest():
    write = text.aligned([0.98765, 0.1, math.nan])
    assert [write(each) for each in (0.98765, 0.1, math.nan)] == ["0.988", "0.100", "–"]
    assert text.aligned([1e-6, 1.0])(1e-6) == "1.00e-06"  # too far apart for equal decimals


@pytest.mark.parametrize(
    ("value", "uncertainty", "written"),
    [
        (0.966789, 0.0038, "0.9668"),
        (-0.00131, 0.0036, "−0.0013"),
        (-0.00001, 0.0036, "0.0000"),
        (0.5, 0.0996, "0.50"),
        (0.5, 0.0994, "0.500"),
        (4567.8, 123, "4570"),
        (2.645e-9, 1.7e-10, "2.64e-09"),
        (0.12345, math.nan, "0.123"),
        (0.12345, 0.0, "0.123"),
        (math.inf, 0.1, "∞"),
        (math.nan, 0.1, "–"),
    ],
)
def test_a_number_has_two_digits_of_its_uncertainty(value, uncertainty, written):
    assert text.measured(value, uncertainty) == written


def test_a_measured_fact_is_written_with_its_digits_and_stored_with_all():
    facts = {"mean": text.Measured(0.966789, 0.0038), "share": text.Measured(0.966789, 0.0038, percent=True)}
    assert text.fill("{mean} {share} {share:bare}", facts) == "0.9668 96.68 % 96.68"
    assert json.dumps(facts["mean"]) == "0.966789"


@pytest.mark.parametrize(
    ("anything", "written"),
    [
        (True, "true"),
        (None, "none"),
        ([64, 32], "64, 32"),
        ([], "none"),
        (0.1, "0.1"),
        (1234567, "1234567"),
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
    assert sentence == "<b>&lt;{x}></b> 0.12 0.123 3"


def test_a_sentence_can_not_name_a_fact_that_is_not_there():
    with pytest.raises(KeyError):
        text.fill("{absent}", {})


def test_lists_in_sentences():
    assert [text.listing(names) for names in ([], ["a"], ["a", "b"], "abc")] == ["–", "a", "a and b", "a, b and c"]
